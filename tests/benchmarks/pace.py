"""How well the pace is kept under load: ``python tests/benchmarks/pace.py``.

500 streams at once, 50 events a second each, from one server process. Told is by how much the gaps
between events miss 20 ms, and the achieved rate as a ratio to the one asked for. The listener is a
process of its own, and its own lateness counts against the server.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from understudy.mockserver.app import App
from understudy.mockserver.chat import Answer, ChatRequest, Choice
from understudy.mockserver.engine import Engine
from understudy.mockserver.pacing.pace import read_pace
from understudy.mockserver.serve import listen, run
from understudy.mockserver.settings import Settings

BOUND = 300  # seconds
BODY = b'{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"how long?"}]}'
REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-1\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


def serve(port: int, events: int, rate: float, jitter: str | None) -> None:
    def words(chat: ChatRequest) -> Answer:
        message = {"role": "assistant", "content": "word " * (events - 3), "refusal": None}
        return Answer((Choice(message),))

    pace = read_pace(ttft="0.5", tps=rate, jitter=jitter)
    engine = Engine(Settings(pace=pace), lambda settings: words)
    gc.freeze()  # as understudy serve does
    gc.set_threshold(20_000, 20, 20)
    run(App(engine), listen("127.0.0.1", port), lambda: print("ready", flush=True))


class Listener(asyncio.Protocol):
    """Notes when each event of one stream arrives."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        self.seen += [time.perf_counter()] * data.count(b"data: {")

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


async def streams(port: int, count: int, spread: float) -> list[list[float]]:
    """Return when the events of each stream arrived; the streams start evenly within *spread* seconds."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    listeners = []
    for number in range(count):
        await asyncio.sleep(max(0.0, start + spread * number / count - loop.time()))
        _, listener = await loop.create_connection(Listener, "127.0.0.1", port)
        listeners.append(listener)
    await asyncio.wait_for(asyncio.gather(*(listener.ended for listener in listeners)), BOUND)
    return [listener.seen for listener in listeners]


@contextmanager
def server(port: int, events: int, rate: float, jitter: str | None) -> Iterator[int]:
    command = [sys.executable, __file__, "--serve", str(port), "--events", str(events), "--rate", str(rate)]
    core = ["taskset", "-c", "0"] if (os.cpu_count() or 1) > 1 else []
    process = subprocess.Popen(
        [*core, *command, *(["--jitter", jitter] if jitter else [])], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=10)


def measure(port: int, options: argparse.Namespace) -> str:
    with server(port, options.events, options.rate, options.jitter) as pid:
        gc.disable()  # the listener only adds to lists
        began, busy, own = time.perf_counter(), _cpu(pid), time.process_time()
        seen = asyncio.run(streams(port, options.streams, options.spread))
        took = time.perf_counter() - began
        share, own = (_cpu(pid) - busy) / took, (time.process_time() - own) / took
    whole = [times for times in seen if len(times) == options.events]
    gap = 1.0 / options.rate
    errors = sorted(abs(later - earlier - gap) for times in whole for earlier, later in pairwise(times))
    rates = sorted((len(times) - 1) / (times[-1] - times[0]) / options.rate for times in whole)
    if not errors:
        sys.exit(f"no stream came whole: {sorted({len(times) for times in seen})} events")
    return (
        f"{len(whole)} of {options.streams} streams whole, {options.events} events at {options.rate:g}/s, "
        f"started within {options.spread:g} s\n"
        f"error of the gaps ({gap * 1000:.0f} ms): p50 {_ms(errors, 0.5)}, p99 {_ms(errors, 0.99)}, "
        f"max {_ms(errors, 1)}\n"
        f"rate achieved / asked: median {statistics.median(rates):.4f}, worst {rates[0]:.4f}\n"
        f"the server was busy {share:.0%} of the time, the listener {own:.0%}"
    )


def _ms(errors: list[float], share: float) -> str:
    return f"{errors[min(len(errors) - 1, int(len(errors) * share))] * 1000:.2f} ms"


def _cpu(pid: int) -> float:
    """Return the seconds of processor time that *pid* has used; 0 where that is not told."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--events", type=int, default=500, help="of each stream, [DONE] not counted")
    parser.add_argument("--rate", type=float, default=50.0, help="events a second of each stream")
    parser.add_argument("--jitter", help="as understudy serve --jitter; the error then tells nothing")
    parser.add_argument("--spread", type=float, default=1.0, help="seconds in which the streams start")
    parser.add_argument("--serve", type=int, metavar="PORT", help="be the server")
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve, options.events, options.rate, options.jitter)
        return
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, set(range(1, os.cpu_count() or 1)))
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    listener.close()
    print(measure(port, options))


if __name__ == "__main__":
    import uvloop  # the listener has to be quick; not everywhere

    uvloop.install()
    main()
