"""Understudy as it comes, beside a bare ASGI app on the same uvicorn: ``python tests/benchmarks/bench.py``.

Every figure is a ratio from rounds that alternate between the two, in one run: these machines are
noisy, and a number of one run says little beside a number of another. The load comes from a second
process (``wrk``); where the machine has two cores, the server gets one and the load the other.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from understudy.contracts import check_request

HERE = Path(__file__).parent
PATH = "/v1/chat/completions"
QUESTION = "Request @@@@@@@@: how does a small team test the code that calls a language model?"


def tool(number: int) -> dict[str, Any]:
    properties = {
        "city": {"type": "string", "description": "City and country, e.g. Oslo, Norway"},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
    }
    return {
        "type": "function",
        "function": {
            "name": f"get_forecast_{number}",
            "description": f"Weather forecast for a place, source number {number}",
            "parameters": {"type": "object", "properties": properties, "required": ["city", "unit"]},
        },
    }


def body(**members: Any) -> dict[str, Any]:
    messages = [
        {"role": "system", "content": "You are a helpful assistant. Answer briefly."},
        {"role": "user", "content": QUESTION},
    ]
    return {"model": "gpt-4o-mini", "messages": messages, "temperature": 0.2, **members}


TOOLS = [tool(number) for number in range(8)]
SCENARIOS: dict[str, dict[str, Any]] = {
    "JSON": body(),
    "JSON, 8 tools": body(tools=TOOLS),
    "stream, 31 events": body(stream=True, max_tokens=28),
    "stream, 31 events, 8 tools": body(stream=True, max_tokens=28, tools=TOOLS, tool_choice="none"),
}


def pinned(core: int) -> list[str]:
    return ["taskset", "-c", str(core)] if (os.cpu_count() or 1) > 1 and shutil.which("taskset") else []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(command: list[str], port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run *command* until the block ends; yield once *port* is open."""
    process = subprocess.Popen(
        [*pinned(0), *command],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_port(port)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)


def await_port(port: int) -> None:
    for _ in range(20_000):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.001)
        else:
            return
    raise RuntimeError(f"nothing listens on {port}")


def understudy(port: int) -> list[str]:
    return [sys.executable, "-m", "understudy.mockserver", "serve", "--port", str(port)]


def bare(port: int) -> list[str]:
    options = ["--port", str(port), "--log-level", "critical", "--no-access-log", "--lifespan", "off"]
    return [sys.executable, "-m", "uvicorn", "bare_app:app", "--app-dir", str(HERE), *options]


def ask(port: int, content: bytes) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{PATH}",
        content,
        {"content-type": "application/json", "authorization": "Bearer sk-benchmark"},
    )
    with urllib.request.urlopen(request) as response:
        reply: bytes = response.read()
        return reply


def load(port: int, content: Path, seconds: int, *, fresh: bool) -> float:
    """Return requests a second. Raises RuntimeError when any of them failed."""
    environment = {**os.environ, "BENCH_BODY": str(content), **({"BENCH_FRESH": "1"} if fresh else {})}
    command = [*pinned(1), "wrk", "-t1", "-c32", f"-d{seconds}", "-s", str(HERE / "post.lua")]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{PATH}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    result = next(line for line in done.stderr.splitlines() if line.startswith("RESULT")).split()
    if int(result[2]):
        raise RuntimeError(f"{result[2]} requests failed: {done.stdout}")
    return float(result[1])


def throughput(rounds: int, seconds: int) -> Iterator[str]:
    yield "| scenario | bodies | Understudy req/s | bare req/s | ratio (median, min to max) |"
    yield "| --- | --- | --- | --- | --- |"
    with tempfile.TemporaryDirectory() as folder:
        for name, document in SCENARIOS.items():
            yield from _scenario(name, document, Path(folder), rounds, seconds)


def _scenario(name: str, document: dict[str, Any], folder: Path, rounds: int, seconds: int) -> Iterator[str]:
    content, reply = folder / "body.json", folder / "reply"
    content.write_text(json.dumps(document, separators=(",", ":")))
    port, other, joined = free_port(), free_port(), free_port()
    with server(understudy(port), port):
        reply.write_bytes(ask(port, content.read_bytes()))
        with (
            server(bare(other), other, BARE_REPLY=str(reply)),
            server(bare(joined), joined, BARE_REPLY=str(reply), BARE_JOINED="1"),
        ):
            for target in (port, other, joined):
                load(target, content, 1, fresh=True)
            for fresh in (True, False):
                yield _row(
                    name, "each new" if fresh else "equal", port, other, content, rounds, seconds, fresh
                )
            if document.get("stream"):
                yield _row(
                    f"{name}; bare in one write", "each new", port, joined, content, rounds, seconds, True
                )


def _row(
    name: str, bodies: str, port: int, other: int, content: Path, rounds: int, seconds: int, fresh: bool
) -> str:
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(load(port, content, seconds, fresh=fresh))
        theirs.append(load(other, content, seconds, fresh=fresh))
    ratios = [mine / its for mine, its in zip(ours, theirs, strict=True)]
    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return f"| {name} | {bodies} | {statistics.median(ours):,.0f} | {statistics.median(theirs):,.0f} | {spread} |"


def contract_cost(rounds: int) -> str:
    """Return the time of ``check_request`` on 8 tools and 10 messages, beside ``json.loads`` of the bytes."""
    messages = [{"role": "user" if turn % 2 == 0 else "assistant", "content": QUESTION} for turn in range(10)]
    content = json.dumps(body(messages=messages, tools=TOOLS))
    document = json.loads(content)
    ratios = []
    for _ in range(rounds):
        checking = timeit.timeit(lambda: check_request(document), number=2_000)
        reading = timeit.timeit(lambda: json.loads(content), number=2_000)
        ratios.append(checking / reading)
    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return f"check_request, 8 tools and 10 messages ({len(content)} bytes): {spread} of json.loads"


def start_up(rounds: int) -> str:
    """Return the time from starting the process to an open port, beside the bare app's."""
    with tempfile.NamedTemporaryFile() as reply:
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(_seconds_to_listen(understudy(port := free_port()), port, reply.name))
            theirs.append(_seconds_to_listen(bare(port := free_port()), port, reply.name))
    ratio = statistics.median(mine / its for mine, its in zip(ours, theirs, strict=True))
    return (
        f"start to listening: {statistics.median(ours):.2f} s, bare {statistics.median(theirs):.2f} s, "
        f"ratio {ratio:.2f}"
    )


def _seconds_to_listen(command: list[str], port: int, reply: str) -> float:
    start = time.perf_counter()
    with server(command, port, BARE_REPLY=reply):
        return time.perf_counter() - start


def memory(requests: int) -> str:
    """Return the resident memory after a warm-up and after *requests* more, each with a new body."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, server(understudy(port), port) as process:
        content = Path(folder) / "body.json"
        content.write_text(json.dumps(SCENARIOS["JSON"]))
        sent, figures = 0.0, []
        for goal in (requests / 10, requests / 2, requests):
            while sent < goal:
                sent += 5 * load(port, content, 5, fresh=True)
            figures.append(f"{_resident(process.pid):.1f} MB after {sent:,.0f} requests")
    return "memory: " + ", ".join(figures)


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="alternating rounds of each row")
    parser.add_argument("--seconds", type=int, default=2, help="length of one load")
    parser.add_argument("--requests", type=int, default=100_000, help="requests of the memory test")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("the load generator is missing: apt-get install wrk")
    print(contract_cost(options.rounds * 2 + 1), flush=True)
    for line in throughput(options.rounds, options.seconds):
        print(line, flush=True)
    print(start_up(options.rounds * 2 + 1), flush=True)
    print(memory(options.requests), flush=True)


if __name__ == "__main__":
    main()
