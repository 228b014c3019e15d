"""Cases without end, a served engine to throw them at, and what must be left of it afterwards.

The same cases every time, in seconds. Other cases, for longer: ``UNDERSTUDY_FUZZ_SECONDS=60 pytest tests/fuzz``
gives each test so many; a case that fails is printed, and the seed with it (``UNDERSTUDY_FUZZ_SEED`` begins there).
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import struct
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.engine import Engine
from understudy.mockserver.journal import Entry
from understudy.mockserver.protocol import JoiningProtocol
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings

SECONDS = float(os.environ.get("UNDERSTUDY_FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("UNDERSTUDY_FUZZ_SEED", "0"))
BOUND = 30.0  # seconds after which anything here counts as never
FDS = Path("/proc/self/fd")
RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
MOST_READ = 256 * 1024

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Tell me of Zürich."}]}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
BODIES: tuple[dict[str, Any], ...] = (
    CHAT,
    CHAT | {"stream": True},
    CHAT | {"stream": True, "stream_options": {"include_usage": True}, "n": 3},
    CHAT | {"tools": TOOLS, "tool_choice": "required", "stream": True},
    CHAT | {"response_format": {"type": "json_object"}, "max_tokens": 7},
)


SETTINGS = Settings(
    journal_entries=20, journal_bytes=32 * 1024, stored_entries=20, body_limit=64 * 1024, fault_header=True
)


def fuzzed(strategy: st.SearchStrategy[Any], judge: Callable[[Any], None], examples: int) -> None:
    """Judge *examples* cases of *strategy*, always the same; others as well while SECONDS last."""
    known: dict[str, Any] = {
        "max_examples": examples, "deadline": None, "database": None, "suppress_health_check": list(HealthCheck),
        "phases": [Phase.explicit, Phase.generate, *([Phase.shrink] if SECONDS else [])],
    }  # fmt: skip

    def run(number: int) -> None:
        @seed(number)
        @settings(**known)
        @given(strategy)
        def cases(case: Any) -> None:
            judge(case)

        cases()

    end, number = time.monotonic() + SECONDS, SEED
    while True:
        try:
            run(number)
        except BaseException:
            print(f"UNDERSTUDY_FUZZ_SEED={number}")  # noqa: T201
            raise
        number += 1
        if time.monotonic() >= end:
            return


@dataclass
class Door:
    """A served engine: where, on which loop, and what it has logged."""

    engine: Engine
    address: tuple[str, int] = ("", 0)
    loops: set[asyncio.AbstractEventLoop] = field(default_factory=set)
    traces: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: set[str] = field(default_factory=set)

    def log(self, entry: Entry) -> None:
        self.loops.add(asyncio.get_running_loop())
        self.traces += [entry.trace] if entry.trace else []
        self.outcomes[entry.outcome] += 1
        self.faults.add(entry.fault.partition(":")[0])

    def answers(self) -> None:
        """Fail unless a good request is answered, as a document and as a stream."""
        for body, ending in ((BODIES[0], b"}\n"), (BODIES[1], b"data: [DONE]\n\n")):
            connection = HTTPConnection(*self.address, timeout=BOUND)
            try:
                connection.request(
                    "POST", "/v1/chat/completions", json.dumps(body), {"authorization": "Bearer sk-1"}
                )
                with connection.getresponse() as reply:
                    assert reply.status == 200
                    assert reply.read().rstrip().endswith(ending.rstrip())
            finally:
                connection.close()

    def tasks(self) -> int:
        (loop,) = self.loops
        with suppress(RuntimeError):  # they changed while they were counted
            return len(asyncio.all_tasks(loop))
        return sys.maxsize

    def visit(self, pieces: tuple[bytes, ...], leaving: str) -> None:
        """Send *pieces*, each on its own, and go: ``wait`` reads to the end, ``end`` says before that this was all,
        ``half`` reads some and closes, ``close`` leaves at once, ``reset`` not in good order."""
        with socket.create_connection(self.address, timeout=BOUND) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                for piece in pieces:
                    client.sendall(piece)
                if leaving == "end":
                    client.shutdown(socket.SHUT_WR)
                if leaving in ("end", "wait"):
                    while client.recv(65_536):
                        pass
                elif leaving == "half":
                    _read_some(client)
            except TimeoutError:
                raise  # the server hangs
            except OSError:  # servers may end what is wrong while it still comes
                pass
            if leaving == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def is_well(self) -> None:
        """Fail unless it still answers, nothing has broken in it, and what it keeps is within its bounds."""
        self.answers()
        assert self.traces == []
        assert self.outcomes["failed"] == 0
        assert len(self.engine.journal) <= SETTINGS.journal_entries
        assert self.engine.journal.size <= SETTINGS.journal_bytes


def _read_some(client: socket.socket) -> None:
    client.settimeout(0.01)
    read = 0
    with suppress(TimeoutError):
        while read < MOST_READ and (got := len(client.recv(4_096))):
            read += got


class Watched(App):
    """Keeps what breaks in the application itself; the server would only say so on its log."""

    def __init__(self, engine: Engine, traces: list[str], **known: Any) -> None:
        super().__init__(engine, **known)
        self.traces = traces

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        except Exception:
            self.traces.append(traceback.format_exc())
            raise


@contextmanager
def opened() -> Iterator[Door]:
    door = Door(build(SETTINGS))
    app = Watched(door.engine, door.traces, log=door.log, speed=1e6, stall_limit=0.01, patience=BOUND)
    with serving(app) as url:
        host, _, port = url.removeprefix("http://").removesuffix("/v1").partition(":")
        door.address = host, int(port)
        door.answers()
        yield door
        door.is_well()
        until(lambda: len(app._patience) == 0, "clients are still looked after")


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + BOUND
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.005)


def files() -> int:
    """Return how many files and sockets this process has open; 0 where that is not told."""
    return len(list(FDS.iterdir())) if FDS.is_dir() else 0


def connections() -> int:
    """Return how many connections this process still holds as a server, open or not."""
    gc.collect()
    return sum(type(one) is JoiningProtocol for one in gc.get_objects())


@st.composite
def cut(draw: st.DrawFn, data: bytes) -> tuple[bytes, ...]:
    """*data* in up to five pieces, and not always all of it."""
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    end = len(data) if draw(st.sampled_from([True, True, True, False])) else draw(st.integers(0, len(data)))
    return tuple(data[a:b] for a, b in zip([0, *places], [*places, end], strict=True) if a < b)


@st.composite
def mangled(draw: st.DrawFn, data: bytes) -> bytes:
    """*data* with up to three places where bytes are lost, doubled, exchanged or thrown in."""
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        other = draw(
            st.sampled_from([b"", data[start:end] * 2, data[start:end][::-1], b"\r\n", b"\n\n", b"data: "])
            | st.binary(max_size=20)
        )
        data = data[:start] + other + data[end:]
    return data


@pytest.fixture(scope="session")
def fuzz() -> Any:
    """What the tests here share: ``fuzz.run``, ``fuzz.opened``, ``fuzz.cut`` …"""
    return SimpleNamespace(
        run=fuzzed,
        opened=opened,
        until=until,
        files=files,
        connections=connections,
        cut=cut,
        mangled=mangled,
        bodies=BODIES,
    )
