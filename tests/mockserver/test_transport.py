"""The engine as a transport: what comes out of it is what comes off a socket."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from importlib import import_module
from typing import Any

import pytest

from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.clock import RealClock, VirtualClock
from understudy.mockserver.engine import Engine
from understudy.mockserver.faults.rules import fault
from understudy.mockserver.generation.source import generated
from understudy.mockserver.journal import Reply
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings
from understudy.mockserver.transport import async_transport, transport
from understudy.mockserver.wire import Cut, Head, Request, Send, Step, Wait

NOW = 1_800_000_000.0
KEY = {"authorization": "Bearer sk-test"}
CHUNKED = Head(200, [(b"content-type", b"text/event-stream")])
SIZED = Head(200, [(b"content-length", b"10")])


def question(**members: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], **members}


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


def get(library: Any, transport: Any, timeout: float | None = 30.0) -> tuple[list[bytes], str]:
    """Return the pieces of the body, and what the reading ended with."""
    got: list[bytes] = []
    try:
        with (
            library.Client(transport=transport, timeout=timeout) as client,
            client.stream("GET", "http://understudy/healthz") as response,
        ):
            got.extend(response.iter_raw())
    except library.TransportError as error:
        return got, repr(error)
    return got, "whole"


def aget(library: Any, transport: Any, timeout: float | None = 30.0) -> tuple[list[bytes], str]:
    got: list[bytes] = []

    async def read() -> str:
        try:
            async with (
                library.AsyncClient(transport=transport, timeout=timeout) as client,
                client.stream("GET", "http://understudy/healthz") as response,
            ):
                async for piece in response.aiter_raw():
                    got.append(piece)
        except library.TransportError as error:
            return repr(error)
        return "whole"

    return got, asyncio.run(read())


# --- the same bytes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [question(), question(stream=True, stream_options={"include_usage": True}), question(n=0), {"model": 1}],
)
def test_the_bytes_are_those_of_the_served_url(library: Any, body: dict[str, Any]) -> None:
    def ask(client: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
        response = client.post("/chat/completions", json=body, headers=KEY)
        response.headers["date"] = "now"  # a server's is in real time
        headers = [
            (k, v) for k, v in response.headers.items() if k not in ("transfer-encoding", "connection")
        ]
        return response.status_code, response.content, headers

    with (
        serving(App(build(Settings(seed=7)), clock=lambda: NOW)) as url,
        library.Client(base_url=url) as client,
    ):
        served = ask(client)
    door = transport(build(Settings(seed=7)), library, clock=VirtualClock(NOW))
    with library.Client(base_url="http://understudy/v1", transport=door) as client:
        in_process = ask(client)

    async def async_ask() -> bytes:
        door = async_transport(build(Settings(seed=7)), library, clock=VirtualClock(NOW))
        async with library.AsyncClient(base_url="http://understudy/v1", transport=door) as client:
            content: bytes = (await client.post("/chat/completions", json=body, headers=KEY)).content
            return content

    assert in_process == served
    assert asyncio.run(async_ask()) == served[1]


def test_path_query_and_headers_arrive_as_over_a_socket(library: Any) -> None:
    engine = build(Settings())
    with serving(App(engine)) as url:
        library.get(f"{url}/models/a%20b?x=%20y&z", headers={"X-Custom": "Ä".encode()})
    with library.Client(transport=transport(engine, library)) as client:
        client.get("http://understudy/v1/models/a%20b?x=%20y&z", headers={"X-Custom": "Ä".encode()})

    served, direct = (entry.request for entry in engine.journal)
    assert (direct.path, direct.query) == (served.path, served.query) == ("/v1/models/a b", b"x=%20y&z")
    assert direct.header(b"x-custom") == served.header(b"x-custom")
    assert {name for name, _ in direct.headers} == {name for name, _ in served.headers}


def test_the_date_is_by_the_clock_of_the_door(library: Any) -> None:
    clock, engine = VirtualClock(NOW), Performing([Wait(3), SIZED, Send(b"0123456789")])
    with library.Client(transport=transport(engine, library, clock=clock)) as client:
        dates = [client.get("http://understudy/").headers["date"] for _ in range(2)]

    assert dates == ["Fri, 15 Jan 2027 08:00:03 GMT", "Fri, 15 Jan 2027 08:00:06 GMT"]
    (_, entry) = engine.journal
    assert list(entry.headers) == SIZED.headers


def test_a_body_over_the_limit_is_refused(library: Any) -> None:
    engine = build(Settings(body_limit=100))
    with library.Client(transport=transport(engine, library)) as client:
        response = client.post("http://understudy/v1/chat/completions", content=b" " * 101, headers=KEY)

    assert response.status_code == 413
    assert response.json()["error"]["code"] == "request_too_large"


# --- the same ends --------------------------------------------------------------------------------


def over_a_socket(steps: list[Step]) -> str:
    """Perform *steps* once on a socket of our own, byte by byte as HTTP/1.1 has it; return the URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    sized = any(isinstance(step, Head) and step.headers[0][0] == b"content-length" for step in steps)

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            while b"\r\n\r\n" not in connection.recv(65_536):
                pass
            for step in steps:
                perform(connection, step)

    def perform(connection: socket.socket, step: Step) -> None:
        if isinstance(step, Head):
            named = [*step.headers, *([] if sized else [(b"transfer-encoding", b"chunked")])]
            lines = b"".join(name + b": " + value + b"\r\n" for name, value in named)
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n")
        elif isinstance(step, Send):
            data = step.data
            connection.sendall(data if sized else b"%x\r\n%s\r\n" % (len(data), data))
        elif isinstance(step, Cut):
            if step.reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        elif step.seconds == math.inf:
            connection.recv(1)  # silent until the client gives up

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def elsewhere(library: Any, read: Callable[..., Any], url: str) -> Any:
    """Return the library's own transport, which asks at *url* whatever is asked for."""

    class Elsewhere(library.HTTPTransport if read is get else library.AsyncHTTPTransport):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            request.url = library.URL(url)
            return super().handle_request(request)

        async def handle_async_request(self, request: Any) -> Any:
            request.url = library.URL(url)
            return await super().handle_async_request(request)

    return Elsewhere()


ENDS: list[list[Step]] = [
    [Cut()],
    [Wait(0), Cut(reset=True)],
    [Wait(math.inf)],
    [SIZED, Cut()],
    [SIZED, Send(b"abc"), Cut()],
    [SIZED, Send(b"abc"), Wait(math.inf)],
    [SIZED, Send(b"0123456789"), Cut()],
    [SIZED, Send(b"0123456789abc"), Cut()],
    [CHUNKED, Cut()],
    [CHUNKED, Send(b"abc"), Cut()],
    [CHUNKED, Send(b"abc"), Wait(math.inf)],
]


@pytest.mark.parametrize("steps", ENDS, ids=str)
@pytest.mark.parametrize("read", [get, aget], ids=["sync", "async"])
def test_a_broken_reply_raises_what_a_socket_raises(
    library: Any, steps: list[Step], read: Callable[..., Any]
) -> None:
    make = transport if read is get else async_transport

    real = read(library, elsewhere(library, read, over_a_socket(steps)), timeout=0.3)
    ours = read(library, make(Performing(steps), library, clock=VirtualClock()), timeout=0.3)

    assert ours == real


@pytest.mark.parametrize("read", [get, aget], ids=["sync", "async"])
def test_a_reset_before_anything_else_refuses_the_connection(library: Any, read: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    make = transport if read is get else async_transport
    engine = Performing([Cut(reset=True)])

    ours = read(library, make(engine, library))

    assert ours == read(library, elsewhere(library, read, f"http://127.0.0.1:{port}/"))
    assert engine.outcomes == ["cut"]


@pytest.mark.parametrize("read", [get, aget], ids=["sync", "async"])
def test_a_reset_in_the_middle(library: Any, read: Callable[..., Any]) -> None:
    # not beside a real one: whether what was sent before a reset is still read is up to the kernel
    make = transport if read is get else async_transport

    got, end = read(library, make(Performing([CHUNKED, Send(b"abc"), Cut(reset=True)]), library))

    assert got == [b"abc"]
    assert end.startswith("ReadError(")


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        ([SIZED, Send(b"0123456789")], "sent"),
        ([CHUNKED, Send(b"a"), Wait(1), Send(b"b")], "sent"),
        ([Cut()], "cut"),
        ([CHUNKED, Send(b"a"), Cut(reset=True)], "cut"),
        ([SIZED, Send(b"abc")], "cut"),
        ([CHUNKED, Send(b"a"), Wait(math.inf)], "client left"),
        ([Wait(math.inf)], "client left"),
    ],
)
@pytest.mark.parametrize("read", [get, aget], ids=["sync", "async"])
def test_the_journal_hears_how_it_ended(
    library: Any, steps: list[Step], outcome: str, read: Callable[..., Any]
) -> None:
    engine = Performing(steps)
    make = transport if read is get else async_transport

    read(library, make(engine, library, clock=VirtualClock()))

    assert engine.outcomes == [outcome]


@pytest.mark.parametrize("served", [False, True])
@pytest.mark.parametrize(("name", "status"), [("reset_before_head", 0), ("reset_midstream", 200)])
def test_the_status_is_that_of_the_head_that_was_sent(
    library: Any, name: str, status: int, served: bool
) -> None:
    engine = build(Settings(faults=(fault(name),)))
    with ExitStack() as open_now:
        url = open_now.enter_context(serving(App(engine))) if served else "http://understudy/v1"
        door = library.HTTPTransport() if served else transport(engine, library)
        client = open_now.enter_context(library.Client(transport=door))
        with pytest.raises(library.TransportError):
            client.post(f"{url}/chat/completions", json=question(stream=True), headers=KEY)

    (entry,) = engine.journal
    assert (entry.outcome, entry.status, bool(entry.headers)) == ("cut", status, bool(status))


@pytest.mark.parametrize("before", [[], [CHUNKED, Send(b"a")]])
@pytest.mark.parametrize("read", [get, aget], ids=["sync", "async"])
def test_steps_that_raise(library: Any, before: list[Step], read: Callable[..., Any]) -> None:
    def steps() -> Iterable[Step]:
        yield from before
        raise LookupError("a fault of the user's own")

    engine = Performing(steps())
    make = transport if read is get else async_transport

    with pytest.raises(LookupError, match="the user's own"):
        read(library, make(engine, library))

    assert engine.outcomes == ["failed"]


def test_a_stall_without_a_timeout_says_so_instead_of_hanging(library: Any) -> None:
    engine = Performing([Wait(math.inf)])
    with (
        library.Client(transport=transport(engine, library), timeout=None) as client,
        pytest.raises(RuntimeError, match="stalls for ever and the client has no read timeout"),
    ):
        client.get("http://understudy/")

    assert engine.outcomes == ["client left"]


# --- as soon as it is due -------------------------------------------------------------------------


def test_events_arrive_when_they_are_due(library: Any) -> None:
    clock = VirtualClock(NOW)
    engine = Performing([Wait(2), CHUNKED, Send(b"a"), Wait(4), Send(b"b"), Send(b"c")])
    with (
        library.Client(transport=transport(engine, library, clock=clock)) as client,
        client.stream("GET", "http://understudy/") as response,
    ):
        head = clock.now() - NOW
        arrived = [(piece, clock.now() - NOW) for piece in response.iter_raw()]

    assert head == 2
    assert arrived == [(b"a", 2), (b"b", 6), (b"c", 6)]


def test_real_time_is_waited_for(library: Any) -> None:
    clock = RealClock()
    start = clock.now()

    got, end = get(library, transport(Performing([CHUNKED, Wait(0.05), Send(b"a")]), library))

    assert (got, end) == ([b"a"], "whole")
    assert clock.now() - start >= 0.045


def test_a_slow_client_of_many_pieces_holds_one_at_a_time(library: Any) -> None:
    performed: list[int] = []

    def steps() -> Iterable[Step]:
        yield CHUNKED
        for number in range(1_000):
            performed.append(number)
            yield Send(b"x")

    with (
        library.Client(transport=transport(Performing(steps()), library)) as client,
        client.stream("GET", "http://understudy/") as response,
    ):
        pieces = response.iter_raw()
        next(pieces)
        assert performed == [0]


def test_the_library_is_a_module() -> None:
    with pytest.raises(TypeError, match="the module httpx or httpx2, not <module 'json'"):
        transport(build(Settings()), json)


def test_the_core_names_neither_library() -> None:
    names = vars(import_module("understudy.mockserver.transport"))

    assert "httpx" not in names
    assert "httpx2" not in names
