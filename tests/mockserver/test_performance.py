"""Steps on the wire, seen on raw sockets: cuts, stalls, lengths that lie, and clients that leave."""

from __future__ import annotations

import asyncio
import gc
import math
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from understudy.mockserver.app import App
from understudy.mockserver.journal import Entry, Outcome, Reply
from understudy.mockserver.performance import PIECE, Performance
from understudy.mockserver.protocol import JoiningProtocol
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Cut, Head, Request, Send, Step, Wait

BOUND = 20.0  # seconds that anything here may take before it counts as never
OK = Head(200, [(b"content-type", b"text/event-stream")])
ASKED = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"


def sized(length: int) -> Head:
    return Head(200, [(b"content-type", b"application/json"), (b"content-length", b"%d" % length)])


@dataclass
class Stage:
    """An engine whose every reply is what *steps* makes, served; and what its journal would say."""

    steps: Callable[[], Iterable[Step]]
    settings: Settings = Settings()  # noqa: RUF009  (frozen)
    ended: list[Outcome] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None
    address: tuple[str, int] = ("", 0)

    def handle(self, request: Request, now: float) -> Reply:
        self.loop = asyncio.get_running_loop()
        return Reply(Entry(0, now, request), iter(self.steps()))

    def close(self, reply: Reply, outcome: Outcome, now: float) -> Entry:
        self.ended.append(outcome)
        reply.entry.outcome = outcome
        return reply.entry

    def ask(self, data: bytes = ASKED) -> socket.socket:
        client = socket.create_connection(self.address, timeout=BOUND)
        client.sendall(data)
        return client

    def tasks(self) -> list[str]:
        """Return the coroutines that the server runs, without those of uvicorn itself."""
        if self.loop is None:
            return []
        names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks(self.loop)]
        return [name for name in names if not name.startswith("Server.")]


@contextmanager
def stage(steps: Callable[[], Iterable[Step]] | Iterable[Step], **known: Any) -> Iterator[Stage]:
    made = Stage(steps if callable(steps) else lambda: steps)
    with serving(App(made, **known)) as url:  # type: ignore[arg-type]
        host, _, port = url.removeprefix("http://").removesuffix("/v1").partition(":")
        made.address = host, int(port)
        yield made


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + BOUND
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def heard(client: socket.socket) -> tuple[bytes, str]:
    """Return all that comes, and how the connection ended: FIN or RST."""
    data = b""
    try:
        while piece := client.recv(65_536):
            data += piece
    except ConnectionResetError:
        return data, "RST"
    return data, "FIN"


@pytest.mark.parametrize(("reset", "end"), [(False, "FIN"), (True, "RST")])
@pytest.mark.parametrize("waits", [(), (Wait(0.01),)], ids=["at once", "after a wait"])
def test_a_cut_before_the_head_sends_nothing(reset: bool, end: str, waits: tuple[Step, ...]) -> None:
    with stage([*waits, Cut(reset)]) as made, made.ask() as client:
        assert heard(client) == (b"", end)
        until(lambda: made.ended == ["cut"])
        until(lambda: made.tasks() == [])


@pytest.mark.parametrize(("reset", "end"), [(False, "FIN"), (True, "RST")])
@pytest.mark.parametrize(
    "body",
    [
        [Send(b"data: 1\n\n"), Send(b"data: 2\n\n")],
        [Send(b"data: 1\n\n"), Wait(0.01), Send(b"data: 2\n\n")],
        [Send(b"data: 1\n\n"), Send(b"data: 2\n\n"), Wait(0.01)],
    ],
    ids=["together", "apart", "then a wait"],
)
def test_a_cut_in_a_stream_comes_after_what_was_sent(reset: bool, end: str, body: list[Step]) -> None:
    with stage([OK, *body, Cut(reset), Send(b"never")]) as made, made.ask() as client:
        data, seen = heard(client)

    assert seen == end
    assert data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"data: 1\n\n" in data
    assert b"data: 2\n\n" in data
    assert b"0\r\n\r\n" not in data  # the last chunk
    assert b"never" not in data
    assert made.ended == ["cut"]


@pytest.mark.parametrize(("reset", "end"), [(False, "FIN"), (True, "RST")])
def test_a_cut_after_the_head_leaves_the_head(reset: bool, end: str) -> None:
    with stage([OK, Cut(reset)]) as made, made.ask() as client:
        data, seen = heard(client)

    assert seen == end
    assert data.endswith(b"transfer-encoding: chunked\r\n\r\n")


def test_a_cut_in_a_large_body_lets_out_what_came_before() -> None:
    body = b"x" * (3 * PIECE)
    with stage([sized(4 * PIECE), Send(body), Cut()]) as made, made.ask() as client:
        data, end = heard(client)

    assert end == "FIN"
    assert data.partition(b"\r\n\r\n")[2] == body
    assert made.ended == ["cut"]


def test_the_next_connection_is_served_after_a_cut() -> None:
    replies = iter([[Cut(reset=True)], [sized(2), Send(b"ok"), Cut()]])
    with stage(lambda: next(replies)) as made:
        with made.ask() as client:
            assert heard(client) == (b"", "RST")
        with made.ask() as client:
            assert heard(client)[0].endswith(b"\r\n\r\nok")


def test_a_cut_takes_what_was_asked_ahead_with_it() -> None:
    with stage([OK, Send(b"a"), Wait(0.05), Cut()]) as made, made.ask(ASKED + ASKED) as client:
        data, end = heard(client)

        assert (data.count(b"HTTP/1.1 "), end) == (1, "FIN")
        until(lambda: made.tasks() == [])


def test_a_client_that_asked_ahead_and_left_is_noticed() -> None:
    with stage([OK, Send(b"a"), Wait(math.inf)]) as made:
        with made.ask(ASKED + ASKED) as client:
            assert client.recv(1_000)

        until(lambda: "client left" in made.ended)
        until(lambda: made.tasks() == [])


@pytest.mark.parametrize("steps", [[Wait(math.inf)], [OK, Wait(math.inf)], [OK, Send(b"a"), Wait(math.inf)]])
def test_a_stall_lasts_until_the_client_leaves_whatever_the_patience(steps: list[Step]) -> None:
    with stage(steps, patience=0.05) as made:
        with made.ask() as client:
            client.settimeout(0.5)  # ten times the patience
            with pytest.raises(TimeoutError):
                heard(client)
            assert made.ended == []

        until(lambda: made.ended == ["client left"])
        until(lambda: made.tasks() == [])


@pytest.mark.parametrize("head", [[], [OK]], ids=["before the head", "after the head"])
def test_a_stall_ends_at_its_limit(head: list[Step]) -> None:
    with stage([*head, Wait(math.inf), Cut()], stall_limit=0.1) as made, made.ask() as client:
        data, end = heard(client)

        assert end == "FIN"
        assert (b"HTTP/1.1 200" in data) == bool(head)
        assert b"500" not in data
        until(lambda: made.ended == ["timed out"])


def test_a_wait_with_an_end_is_no_stall() -> None:
    with stage([OK, Wait(0.2), Send(b"a")], stall_limit=0.01) as made, made.ask() as client:
        assert client.recv(1_000)
        until(lambda: made.ended == ["sent"])


def test_time_can_run_faster() -> None:
    with stage([Wait(3_600.0), OK, Send(b"a")], speed=36_000.0) as made, made.ask() as client:
        assert client.recv(1_000)
        until(lambda: made.ended == ["sent"])


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan])
def test_a_wait_that_is_none_only_parts_what_is_written(seconds: float) -> None:
    with stage([OK, Send(b"a"), Wait(seconds), Send(b"b")]) as made, made.ask() as client:
        until(lambda: made.ended == ["sent"])
        data = b""
        while not data.endswith(b"0\r\n\r\n"):
            data += client.recv(1_000)

    assert data.endswith(b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n")


def test_being_late_once_makes_nothing_later() -> None:
    """What the steps take to decide is taken off the waits that follow."""

    def steps() -> Iterator[Step]:
        yield OK
        time.sleep(1.4)
        for number in range(15):
            yield Wait(0.1)
            yield Send(b"%d" % number)

    with stage(steps) as made, made.ask():
        start = time.monotonic()
        until(lambda: made.ended == ["sent"])
        took = time.monotonic() - start

    assert 1.4 < took < 2.8  # 1.5; were waits counted from the step before, 2.9


def test_a_body_shorter_than_promised_ends_with_the_connection() -> None:
    with stage([sized(10), Send(b"abc"), Wait(0.0)]) as made, made.ask() as client:
        data, end = heard(client)

    assert data.endswith(b"content-length: 10\r\n\r\nabc")
    assert end == "FIN"
    assert made.ended == ["cut"]


def test_of_a_body_longer_than_promised_goes_what_was_promised() -> None:
    steps = [sized(4), Send(b"abc"), Wait(0.0), Send(b"def"), Wait(0.0), Send(b"ghi")]
    with stage(steps) as made, made.ask() as client:
        until(lambda: made.ended == ["sent"])
        data = client.recv(1_000)
        client.sendall(ASKED)  # the connection is kept

        assert data.endswith(b"content-length: 4\r\n\r\nabcd")
        assert client.recv(1_000).startswith(b"HTTP/1.1 200 ")


def test_head_is_answered_without_the_body_it_promises() -> None:
    ask = b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\n"
    with stage([sized(10), Wait(0.0), Send(b"0123456789")]) as made, made.ask(ask) as client:
        until(lambda: made.ended == ["sent"])

        assert client.recv(1_000).endswith(b"content-length: 10\r\n\r\n")


def test_steps_are_pulled_only_when_they_fall_due() -> None:
    """A body without end does not fill the memory, and it ends when its client goes."""
    pulled = count()
    closed = threading.Event()

    def endless() -> Iterator[Step]:
        try:
            yield OK
            while True:
                next(pulled)
                yield Send(b"x" * 1024)
        finally:
            closed.set()

    with stage(endless) as made:
        with made.ask() as client:
            assert client.recv(1_000)
            with made.ask() as other:  # others are served beside it
                assert other.recv(1_000)
        until(lambda: made.ended == ["client left"] * 2)
        assert closed.wait(BOUND)

    assert next(pulled) < 1024 * 1024  # a gigabyte


@pytest.mark.parametrize(
    ("last", "outcome"), [(Cut(), "failed"), (Cut(reset=True), "failed"), (Wait(math.inf), "timed out")]
)
def test_a_server_that_cannot_cut_is_told_and_the_entry_says_so(last: Step, outcome: str) -> None:
    made = Stage(lambda: [OK, Send(b"a"), last])
    entries: list[Entry] = []
    sent: list[Any] = []
    asked = [{"type": "http.request", "body": b"{}"}]

    async def receive() -> Any:
        if asked:
            return asked.pop()
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
    with pytest.raises(Exception, match="leaves that to itself"):
        asyncio.run(App(made, stall_limit=0.01, log=entries.append)(scope, receive, send))  # type: ignore[arg-type]

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert made.ended == [outcome]
    assert "this server leaves that to itself" in entries[0].note


def files() -> int:
    """Return how many files and sockets this process has open; 0 where that is not told."""
    place = Path("/proc/self/fd")
    return len(list(place.iterdir())) if place.is_dir() else 0


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_of_a_thousand_clients_that_leave_nothing_is_left(reset: bool) -> None:
    steps: list[Step] = [OK, *([Send(b"data: 1\n\n"), Wait(0.02)] * 50), Wait(math.inf)]
    with stage(steps, patience=0.4) as made:
        before = files()
        for _ in range(10):
            with ExitStack() as leaving:
                clients = [leaving.enter_context(made.ask()) for _ in range(100)]
                for client in clients:
                    assert client.recv(100)
                    if reset:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        until(lambda: len(made.ended) == 1_000)
        until(lambda: made.tasks() == [])
        until(lambda: files() <= before + 1)
        gc.collect()

        assert made.ended == ["client left"] * 1_000
        assert [one for one in gc.get_objects() if isinstance(one, Performance)] == []


def test_a_kept_connection_that_its_client_resets_is_forgotten() -> None:
    def kept() -> int:
        gc.collect()
        return sum(isinstance(one, JoiningProtocol) for one in gc.get_objects())

    before = kept()
    with stage([sized(2), Send(b"ok")]) as made:
        with made.ask() as client:
            while not client.recv(1_000).endswith(b"ok"):
                pass
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        until(lambda: kept() <= before)  # not only when a kept connection would have been closed


def test_no_timer_is_left_on_the_loop() -> None:
    """On asyncio's own loop, which can be asked for its timers."""

    async def left() -> list[asyncio.TimerHandle]:
        asked = [{"type": "http.request", "body": b"{}"}]
        gone = asyncio.Event()

        async def receive() -> Any:
            if asked:
                return asked.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                loop.call_later(0.01, gone.set)

        loop = asyncio.get_running_loop()
        scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
        made = Stage(lambda: [OK, Send(b"a"), Wait(3_600)])
        await App(made, patience=0.1)(scope, receive, send)  # type: ignore[arg-type]
        assert made.ended == ["client left"]
        await asyncio.sleep(0.2)  # the one timer that looks after all clients ends by itself
        timers: list[asyncio.TimerHandle] = loop._scheduled  # type: ignore[attr-defined]
        return [timer for timer in timers if not timer.cancelled()]

    loop = asyncio.SelectorEventLoop()
    try:
        assert loop.run_until_complete(left()) == []
    finally:
        loop.close()
