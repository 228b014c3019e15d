"""What minutes of waiting cost in virtual time: ``python tests/benchmarks/virtual.py``.

The official client, in process, sync, under asyncio and under trio: refused twice and told to wait 20
seconds each time, a window of 60 seconds that is full, ten minutes of silence and a timeout of 30 seconds. Told is
how much real time a call takes, and what the client waited.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import httpx2
import openai
import trio

from understudy.mockserver.build import build
from understudy.mockserver.engine import Engine
from understudy.mockserver.faults.rules import fail, fault
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.settings import Settings
from understudy.mockserver.transport import async_transport, transport
from understudy.mockserver.virtual import virtual_time

KNOWN = {"api_key": "sk-a", "base_url": "http://understudy/v1", "timeout": 30}
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
STREAM = {**BODY, "stream": True}


def refused() -> Engine:
    return build(Settings(faults=(fail(429, retry_after=20, times=2),)))


def full() -> Engine:
    """Return an engine that lets one such request through a minute: what it uses is all there is."""
    engine = build(Settings())
    at_once(engine, BODY, 1)
    (entry,) = engine.journal
    assert entry.usage is not None
    return build(Settings(limits=(Limit(tokens_per_minute=entry.usage["total_tokens"]),)))


def silent(name: str) -> Engine:
    return build(Settings(faults=(fault(name),)))


# name -> the engine, what is asked, how often
CASES: dict[str, tuple[Callable[[], Engine], dict[str, Any], int]] = {
    "429, 20 s, twice": (refused, BODY, 1),
    "60 s TPM window": (full, BODY, 2),
    "stall before the head, timeout 30 s": (partial(silent, "stall_before_head"), BODY, 1),
    "stall amid a stream, timeout 30 s": (partial(silent, "stall_midstream"), STREAM, 1),
}


def at_once(engine: Engine, body: dict[str, Any], times: int) -> None:
    http = httpx2.Client(transport=transport(engine, httpx2))
    with openai.OpenAI(**KNOWN, http_client=http) as client:  # type: ignore[arg-type]
        for _ in range(times):
            with suppress(openai.APITimeoutError):
                list(client.chat.completions.create(**body))


async def later(engine: Engine, body: dict[str, Any], times: int) -> None:
    http = httpx2.AsyncClient(transport=async_transport(engine, httpx2))
    async with openai.AsyncOpenAI(**KNOWN, http_client=http) as client:  # type: ignore[arg-type]
        for _ in range(times):
            with suppress(openai.APITimeoutError):
                made = await client.chat.completions.create(**body)
                if body.get("stream"):
                    _ = [chunk async for chunk in made]


WAYS: dict[str, Callable[[Engine, dict[str, Any], int], None]] = {
    "sync": at_once,
    "asyncio": lambda *case: asyncio.run(later(*case)),
    "trio": lambda *case: trio.run(later, *case),
}


def measure(way: str, name: str, rounds: int) -> str:
    make, body, times = CASES[name]
    took, elapsed, waits = [], 0.0, ""
    for _ in range(rounds + 1):
        engine = make()
        start = time.perf_counter()
        with virtual_time() as line:
            WAYS[way](engine, body, times)
        took.append((time.perf_counter() - start) * 1000)
        elapsed, waits = line.elapsed, ", ".join(f"{seconds:.3f}" for seconds in line.seconds)
    took = sorted(took[1:])  # the first imports what the client needs
    return (
        f"{name:36} {way:8} {elapsed:8.3f} s in {statistics.median(took):6.2f} ms (worst {took[-1]:6.2f})  "
        f"waits: {waits or 'none'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    print(f"openai {openai.__version__}; {options.rounds} rounds, the client made anew in each")
    for name in CASES:
        for way in WAYS:
            print(measure(way, name, options.rounds))


if __name__ == "__main__":
    main()
