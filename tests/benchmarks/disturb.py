"""What limits and an idle fault plan cost: ``python tests/benchmarks/disturb.py``.

The same server with and without them, side by side, under the same load in rounds that alternate; told are
ratios to the plain server in the same round: of requests a second, and of the processor's time that a request
takes (which is steadier where others share the machine). "plain again" is what the machine makes of nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from bench import ask, body, free_port, load, server, understudy
from pace import _cpu

LIMITS = ("--rpm", "100000000", "--tpm", "100000000000")
VARIANTS: dict[str, tuple[str, ...]] = {
    "limits": LIMITS,
    "limits that are felt": ("--rpm", "30000000", "--tpm", "1500000000"),
    "limits, concurrency": (*LIMITS, "--concurrency", "1000"),
    "idle fault": ("--fault", "rate_limit@nth=1000000000"),
    "fault of another model": ("--fault", "rate_limit@model=another"),
    "limits, idle fault": (*LIMITS, "--fault", "rate_limit@nth=1000000000"),
    "plain again": (),
}
SCENARIOS = {
    "JSON": body(),
    "stream, 31 events": body(stream=True, max_tokens=28),
}


class Rates(NamedTuple):
    """One run: requests a second, and seconds of the processor a request."""

    requests: float
    cost: float


def ratios(name: str, *, fresh: bool, rounds: int, seconds: int, only: list[str]) -> Iterator[str]:
    """Yield a row for each variant."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as open_servers:
        content = Path(folder) / "body.json"
        content.write_text(json.dumps(SCENARIOS[name], separators=(",", ":")))
        servers = {}
        for variant, options in {"plain": (), **VARIANTS}.items():
            if variant == "plain" or not only or variant in only:
                port = free_port()
                process = open_servers.enter_context(server([*understudy(port), *options], port))
                servers[variant] = (port, process.pid)
                ask(port, content.read_bytes())
                load(port, content, 1, fresh=fresh)
        found: dict[str, list[Rates]] = {variant: [] for variant in servers}
        for number in range(rounds):
            order = list(servers) if number % 2 else list(reversed(servers))  # to be last is no advantage
            for variant in order:
                found[variant].append(_run(*servers[variant], content, seconds, fresh=fresh))
    bodies = "each new" if fresh else "equal"
    for variant, rates in found.items():
        pairs = list(zip(rates, found["plain"], strict=True))
        told = _spread([mine.requests / plain.requests for mine, plain in pairs])
        cost = statistics.median(rate.cost for rate in rates) * 1e6
        costs = _spread([mine.cost / plain.cost for mine, plain in pairs])
        yield f"| {name} | {bodies} | {variant} | {told} | {cost:.1f} us | {costs} |"


def _run(port: int, pid: int, content: Path, seconds: int, *, fresh: bool) -> Rates:
    before = _cpu(pid)
    rate = load(port, content, seconds, fresh=fresh)
    return Rates(rate, (_cpu(pid) - before) / (rate * seconds))


def _spread(shares: list[float]) -> str:
    return f"{statistics.median(shares):.3f} ({min(shares):.3f} to {max(shares):.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--fresh", action="store_true", help="each body is a new one")
    parser.add_argument("--only", action="append", default=[], metavar="VARIANT", choices=[*VARIANTS])
    parser.add_argument("--scenario", action="append", default=[], choices=[*SCENARIOS])
    options = parser.parse_args()
    print("| scenario | bodies | variant | requests/s, of plain | processor a request | of plain |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in options.scenario or SCENARIOS:
        rows = ratios(
            name, fresh=options.fresh, rounds=options.rounds, seconds=options.seconds, only=options.only
        )
        for row in rows:
            print(row, flush=True)


if __name__ == "__main__":
    main()
