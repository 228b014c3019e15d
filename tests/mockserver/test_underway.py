"""A client that leaves before the end: by closing, by losing what it read from, by being cancelled."""

from __future__ import annotations

import asyncio
import gc
import math
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest

from understudy.mockserver.clock import RealClock, VirtualClock
from understudy.mockserver.engine import Engine
from understudy.mockserver.generation.source import generated
from understudy.mockserver.journal import Reply
from understudy.mockserver.settings import Settings
from understudy.mockserver.transport import async_transport, transport
from understudy.mockserver.wire import Cut, Head, Request, Send, Step, Wait

BOUND = 20.0  # seconds that anything here may take before it counts as never
CHUNKED = Head(200, [(b"content-type", b"text/event-stream")])


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


class Performing(Engine):
    """An engine whose replies are *steps*."""

    def __init__(self, steps: Iterable[Step]) -> None:
        super().__init__(Settings(), lambda settings: generated(settings.seed))
        self.steps = steps

    def handle(self, request: Request, now: float) -> Reply:
        return super().handle(request, now)._replace(steps=self.steps)

    @property
    def outcomes(self) -> list[str]:
        return [entry.outcome for entry in self.journal]


@pytest.mark.parametrize(
    ("rest", "outcome"),
    [
        ([Send(b"b")], "sent"),
        ([Wait(1), Send(b"b")], "client left"),
        ([Send(b"b"), Cut()], "cut"),
        ([Send(b"b" * 2_000_000)], "client left"),
    ],
)
def test_a_client_that_closes_early(library: Any, rest: list[Step], outcome: str) -> None:
    engine = Performing([CHUNKED, Send(b"a"), *rest])
    with (
        library.Client(transport=transport(engine, library, clock=VirtualClock())) as client,
        client.stream("GET", "http://understudy/") as response,
    ):
        pieces = response.iter_raw()
        assert next(pieces) == b"a"
        assert engine.outcomes == ["open"]

    assert engine.outcomes == [outcome]


def test_steps_that_raise_while_the_client_leaves(library: Any) -> None:
    def steps() -> Iterable[Step]:
        yield from [CHUNKED, Send(b"a")]
        raise LookupError("a fault of the user's own")

    engine = Performing(steps())
    with library.Client(transport=transport(engine, library)) as client:
        response = client.send(client.build_request("GET", "http://understudy/"), stream=True)
        with pytest.raises(LookupError, match="the user's own"):
            response.close()

    assert engine.outcomes == ["failed"]


@pytest.mark.parametrize("read", [False, True])
def test_a_reply_that_is_thrown_away_ends_before_the_next_request(library: Any, read: bool) -> None:
    engine = Performing([CHUNKED, Send(b"a"), Wait(1), Send(b"b")])
    with library.Client(transport=transport(engine, library, clock=VirtualClock())) as client:
        response = client.send(client.build_request("GET", "http://understudy/"), stream=True)
        assert not read or next(response.iter_raw()) == b"a"
        del response
        gc.collect()
        client.get("http://understudy/")

    assert engine.outcomes == ["client left", "sent"]


def test_a_task_that_is_cancelled_has_left(library: Any) -> None:
    engine = Performing([CHUNKED, Send(b"a"), Wait(math.inf)])

    async def main() -> None:
        door = async_transport(engine, library)
        async with library.AsyncClient(transport=door, timeout=None) as client:
            task = asyncio.ensure_future(client.get("http://understudy/"))
            await asyncio.sleep(0.05)
            assert not task.done()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())

    assert engine.outcomes == ["client left"]


# --- one reads, another closes --------------------------------------------------------------------


class Held(RealClock):
    """A clock that tells when somebody waits, whom only the test lets go on."""

    def __init__(self) -> None:
        self.waited_for, self.over = threading.Event(), threading.Event()

    def sleep(self, seconds: float) -> None:
        self.waited_for.set()
        assert self.over.wait(BOUND)

    async def asleep(self, seconds: float) -> None:
        self.waited_for.set()
        await anyio.sleep(math.inf)


@contextmanager
def a_chunk_then_silence() -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the URL of a server that sends an ``a``, and what makes it send the rest."""
    rest = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
                assert rest.wait(BOUND)
                connection.sendall(b"1\r\nb\r\n")  # never the last: so that the client has still to read

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/", rest.set
        thread.join(BOUND)


def closed_while_read(library: Any, door: Any, url: str, rest: Callable[[], None]) -> list[Any]:
    """Return what a thread reads while another closes: pieces, then the error. *rest* ends its wait."""
    got: list[Any] = []
    begun = threading.Event()
    with library.Client(transport=door, timeout=BOUND) as client:
        response = client.send(client.build_request("GET", url), stream=True)

        def read() -> None:
            try:
                for piece in response.iter_raw():
                    got.append(piece)
                    begun.set()
            except library.TransportError as error:
                got.append(repr(error))

        reader = threading.Thread(target=read)
        reader.start()
        assert begun.wait(BOUND)
        if isinstance(getattr(door, "clock", None), Held):
            assert door.clock.waited_for.wait(BOUND)
        response.close()
        rest()
        reader.join(BOUND)
        assert not reader.is_alive()
    return got


def test_a_thread_that_reads_what_another_closes_fails_with_its_wait_as_over_a_socket(library: Any) -> None:
    clock = Held()
    engine = Performing([CHUNKED, Send(b"a"), Wait(1), Send(b"b"), Cut()])
    door = transport(engine, library, clock=clock)

    ours = closed_while_read(library, door, "http://understudy/", clock.over.set)
    with a_chunk_then_silence() as (url, rest):
        real = closed_while_read(library, library.HTTPTransport(), url, rest)

    assert ours == real == [b"a", "ReadError('[Errno 9] Bad file descriptor')"]
    assert engine.outcomes == ["client left"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("seconds", [1.0, math.inf])
def test_a_task_that_reads_what_another_closes_fails_at_once(
    library: Any, seconds: float, backend: str
) -> None:
    pytest.importorskip(backend)
    engine = Performing([CHUNKED, Send(b"a"), Wait(seconds), Send(b"b"), Cut()])
    got: list[Any] = []

    async def main() -> None:
        clock = Held()
        async with library.AsyncClient(transport=async_transport(engine, library, clock=clock)) as client:
            response = await client.send(client.build_request("GET", "http://understudy/"), stream=True)

            async def read() -> None:
                try:
                    async for piece in response.aiter_raw():
                        got.append(piece)
                except library.TransportError as error:
                    got.append(repr(error))

            with anyio.fail_after(BOUND):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(read)
                    while not clock.waited_for.is_set():
                        await anyio.sleep(0)
                    await response.aclose()

    anyio.run(main, backend=backend)

    assert got == [b"a", "ReadError('')"]
    assert engine.outcomes == ["client left"]


def test_what_comes_after_a_close_is_not_read(library: Any) -> None:
    engine = Performing([CHUNKED, Send(b"a"), Send(b"b")])
    with library.Client(transport=transport(engine, library)) as client:
        response = client.send(client.build_request("GET", "http://understudy/"), stream=True)
        pieces = response.iter_raw()
        assert next(pieces) == b"a"
        response.close()

        with pytest.raises(library.ReadError, match="Bad file descriptor"):
            next(pieces)

    assert engine.outcomes == ["sent"]
