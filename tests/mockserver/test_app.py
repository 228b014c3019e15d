"""The ASGI shell, over real sockets: it reads, performs, and lets go."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from understudy.mockserver import app, clock
from understudy.mockserver.app import ADMIN, LARGE, App
from understudy.mockserver.chat import Answer, ChatRequest, Choice
from understudy.mockserver.engine import Engine
from understudy.mockserver.errors import ApiError
from understudy.mockserver.journal import Entry, Outcome, Reply
from understudy.mockserver.performance import PIECE
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Head, Request, Send, Step, Wait, raw

LIMIT = 1_000
BOUND = 20.0  # seconds that anything here may take before it counts as never
KEY = {"authorization": "Bearer sk-1"}
CHAT = "/v1/chat/completions"
GOOD = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}).encode()
OK = Head(200, [(b"content-type", b"text/plain")])


def echo(chat: ChatRequest) -> Answer:
    return Answer(
        (Choice({"role": "assistant", "content": str(chat.messages[-1]["content"]), "refusal": None}),)
    )


@dataclass
class Scripted:
    """What an app asks of an engine: here every reply is the same *steps*."""

    steps: Sequence[Step]
    settings: Settings = Settings()  # noqa: RUF009  (frozen)
    seen: list[Request] = field(default_factory=list)

    def handle(self, request: Request, now: float) -> Reply:
        self.seen.append(request)
        return Reply(Entry(len(self.seen), now, request), iter(self.steps))

    def refuse(self, request: Request, error: ApiError, now: float) -> Reply:
        return Reply(
            Entry(0, now, request, error.status), (Head(error.status, raw(error.headers)), Send(error.body()))
        )

    def close(self, reply: Reply, outcome: Outcome, now: float) -> Entry:
        reply.entry.outcome = outcome
        return reply.entry


@dataclass
class Door:
    """A served app: where it listens, and what it logged."""

    host: str
    port: int
    log: list[Entry]
    loops: list[asyncio.AbstractEventLoop]

    @contextmanager
    def connection(self) -> Iterator[HTTPConnection]:
        connection = HTTPConnection(self.host, self.port, timeout=BOUND)
        try:
            yield connection
        finally:
            connection.close()

    def socket(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=BOUND)

    def ended(self) -> Entry:
        """Return the first entry that was logged, once it was."""
        until(lambda: bool(self.log))
        return self.log[0]


def until(true: Callable[[], bool]) -> None:
    """Return when *true* is; fail after BOUND seconds."""
    end = time.monotonic() + BOUND
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@contextmanager
def door(engine: Any, **known: Any) -> Iterator[Door]:
    log: list[Entry] = []
    loops: list[asyncio.AbstractEventLoop] = []

    def hear(entry: Entry) -> None:
        loops.append(asyncio.get_running_loop())
        log.append(entry)

    with serving(App(engine, log=hear, **known)) as url:
        host, _, port = url.removeprefix("http://").removesuffix("/v1").partition(":")
        yield Door(host, int(port), log, loops)


@pytest.fixture(scope="module")
def shared() -> Iterator[Door]:
    with door(
        Engine(Settings(body_limit=LIMIT), lambda settings: echo), clock=lambda: 1_700_000_000.9
    ) as made:
        yield made


def post(connection: HTTPConnection, body: Any, **known: Any) -> HTTPResponse:
    connection.request("POST", CHAT, body, KEY, **known)
    return connection.getresponse()


def read_all(client: socket.socket) -> bytes:
    """Return everything until the other side closes."""
    data = b""
    while piece := client.recv(65_536):
        data += piece
    return data


def frames(data: bytes) -> list[bytes]:
    """Return the chunks of a chunked body, as each was written."""
    _, _, rest = data.partition(b"\r\n\r\n")
    found = []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        found.append(rest[:length])
        rest = rest[length + 2 :]
    return found[:-1]


RAW = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-1\r\n"


def test_a_request_is_answered_with_the_clock_s_time(shared: Door) -> None:
    with shared.connection() as connection:
        response = post(connection, GOOD)
        document = json.loads(response.read())

    assert response.status == 200
    assert document["choices"][0]["message"]["content"] == "hi"
    assert document["created"] == 1_700_000_000


def test_a_body_may_come_in_pieces(shared: Door) -> None:
    with shared.socket() as client:
        client.sendall(RAW + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(GOOD))
        for place in range(len(GOOD)):
            client.sendall(GOOD[place : place + 1])
        data = read_all(client)

    assert data.startswith(b"HTTP/1.1 200 ")


def test_a_chunked_request_is_read(shared: Door) -> None:
    with shared.connection() as connection:
        response = post(connection, iter([GOOD[:10], GOOD[10:]]), encode_chunked=True)

        assert json.loads(response.read())["choices"][0]["message"]["content"] == "hi"


@pytest.mark.parametrize("size", [LIMIT + 1, 4 * LIMIT, 1_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused_and_the_client_can_read_it(
    shared: Door, size: int, chunked: bool
) -> None:
    body = b" " * size

    with shared.connection() as connection:
        response = post(
            connection, iter([body[:700], body[700:]]) if chunked else body, encode_chunked=chunked
        )
        error = json.loads(response.read())["error"]

    assert (response.status, error["code"]) == (413, "request_too_large")
    assert str(LIMIT) in error["message"]


@pytest.mark.parametrize("size", [0, 1])
def test_the_limit_itself_is_allowed(shared: Door, size: int) -> None:
    with shared.connection() as connection:
        response = post(connection, GOOD + b" " * (LIMIT - len(GOOD) + size))
        response.read()

    assert response.status == (413 if size else 200)


def test_a_refused_body_is_not_kept(shared: Door) -> None:
    with shared.connection() as connection:
        post(connection, b" " * (2 * LIMIT)).read()
    until(lambda: shared.log[-1].status == 413)

    assert shared.log[-1].request.body == b""


def test_a_connection_serves_on_after_errors(shared: Door) -> None:
    statuses = []
    with shared.connection() as connection:
        for body in (b"no json", b"{}", b" " * 2 * LIMIT, GOOD, b"\xff", GOOD):
            response = post(connection, body)
            response.read()
            statuses.append(response.status)

    assert statuses == [400, 400, 413, 200, 400, 200]


@pytest.mark.parametrize("path", ["/healthz", "/v1/models/gpt-4o", "/nowhere"])
def test_head_has_the_headers_of_get_and_no_body(shared: Door, path: str) -> None:
    with shared.connection() as connection:
        connection.request("GET", path, headers=KEY)
        response = connection.getresponse()
        length = len(response.read())
        connection.request("HEAD", path, headers=KEY)
        head = connection.getresponse()

        assert head.read() == b""
        assert head.status == response.status
        if response.status == 200:
            assert head.headers["content-length"] == str(length)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/models/gpt-4o", "gpt-4o"),
        ("/v1/models/ft%3Agpt-4o%3Aacme%2Fteam%3A%3Ax", "ft:gpt-4o:acme/team::x"),
        ("/v1/models/100%2525?limit=1", "100%25"),
    ],
)
def test_the_id_in_a_path_is_decoded_once(shared: Door, path: str, name: str) -> None:
    with shared.connection() as connection:
        connection.request("GET", path, headers=KEY)

        assert json.loads(connection.getresponse().read())["id"] == name


def test_requests_sent_ahead_are_answered_in_order(shared: Door) -> None:
    get = b"GET /v1/models/%s HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n"
    with shared.socket() as client:
        client.sendall(get % b"one" + b"\r\n" + get % b"two" + b"connection: close\r\n\r\n")
        data = read_all(client)

    assert data.count(b"HTTP/1.1 200 ") == 2
    assert data.index(b'"one"') < data.index(b'"two"')


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x00garbage\r\n\r\n", b"GET\r\n\r\n", b"\0" * 1_000 + b"\r\n\r\n"]
)
def test_garbage_is_a_400_and_the_server_lives(shared: Door, garbage: bytes) -> None:
    with shared.socket() as client:
        client.sendall(garbage)
        assert read_all(client).startswith(b"HTTP/1.1 400 ")

    with shared.connection() as connection:
        assert post(connection, GOOD).status == 200


@pytest.mark.parametrize("origin", [None, "https://page.example"])
def test_a_page_of_another_origin_may_read_the_reply(shared: Door, origin: str | None) -> None:
    with shared.connection() as connection:
        connection.request("POST", CHAT, GOOD, {**KEY, **({"origin": origin} if origin else {})})
        response = connection.getresponse()
        response.read()

    assert response.headers.get_all("access-control-allow-origin") == (["*"] if origin else None)


def test_a_preflight_of_a_browser_is_answered_once(shared: Door) -> None:
    with shared.connection() as connection:
        connection.request("OPTIONS", CHAT, headers={"origin": "https://page.example"})
        response = connection.getresponse()
        response.read()

    assert response.status == 200
    assert response.headers.get_all("access-control-allow-origin") == ["*"]


@pytest.mark.parametrize(
    ("steps", "written"),
    [
        ([OK, Send(b"a"), Send(b"b"), Send(b"c")], [b"abc"]),
        ([OK, Send(b"a"), Wait(0.01), Send(b"b"), Wait(0.01), Send(b"c")], [b"a", b"b", b"c"]),
        ([OK, Send(b"a"), Send(b"b"), Wait(0.01), Send(b"c"), Send(b"d")], [b"ab", b"cd"]),
        ([OK, Wait(0.01), Send(b"a"), Wait(0.01)], [b"a"]),
        ([Wait(0.01), OK, Send(b"a")], [b"a"]),
        ([OK, Send(b"a"), Wait(0.0), Send(b"b")], [b"a", b"b"]),
        ([OK], []),
    ],
)
def test_what_falls_due_together_leaves_in_one_write(steps: list[Step], written: list[bytes]) -> None:
    with door(Scripted(steps)) as made, made.socket() as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        data = read_all(client)

        assert frames(data) == written
        assert made.ended().outcome == "sent"


def test_a_reply_takes_at_least_as_long_as_its_waits() -> None:
    with (
        door(Scripted([OK, Send(b"a"), Wait(0.1), Send(b"b"), Wait(0.1)])) as made,
        made.connection() as connection,
    ):
        start = time.monotonic()
        connection.request("GET", "/")
        connection.getresponse().read()

    assert time.monotonic() - start >= 0.19


def test_a_wait_longer_than_the_patience_is_no_dawdling_of_the_client() -> None:
    steps = [OK, Send(b"a"), Wait(0.3), Send(b"b")]
    with door(Scripted(steps), patience=0.1) as made, made.connection() as connection:
        connection.request("GET", "/")

        assert connection.getresponse().read() == b"ab"
        assert made.ended().outcome == "sent"


def test_a_large_reply_comes_whole() -> None:
    body = bytes(range(256)) * (12 * PIECE // 256) + b"end"
    with door(Scripted([OK, Send(body)])) as made, made.connection() as connection:
        connection.request("GET", "/")

        assert connection.getresponse().read() == body
        assert made.ended().outcome == "sent"


def working(loop: asyncio.AbstractEventLoop) -> list[str]:
    """Return the coroutines that run in *loop*, without those of the server itself."""
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks(loop)]
    return [name for name in names if not name.startswith("Server.")]


@pytest.mark.parametrize(
    "steps",
    [
        [OK, Send(b"a"), Wait(3_600)],
        [OK, *([Send(b"a"), Wait(0.01)] * 100_000)],
        [OK, Send(b"a" * 64 * 2**20)],
    ],
    ids=["in a wait", "between waits", "in a large piece"],
)
def test_a_client_that_leaves_ends_its_reply(steps: list[Step]) -> None:
    with door(Scripted(steps)) as made:
        with made.socket() as client:
            client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert client.recv(1_000).startswith(b"HTTP/1.1 200")

        assert made.ended().outcome == "client left"
        until(lambda: working(made.loops[0]) == [])


def test_a_client_that_leaves_while_asking_is_not_answered() -> None:
    engine = Scripted([OK])
    with door(engine) as made:
        with made.socket() as client:
            client.sendall(RAW + b"content-length: 100\r\n\r\nabc")
        with made.connection() as connection:
            connection.request("GET", "/")
            connection.getresponse().read()
        until(lambda: working(made.loops[0]) == [])

    assert [request.method for request in engine.seen] == ["GET"]
    assert len(made.log) == 1


def test_a_client_that_never_ends_its_request_is_let_go() -> None:
    with door(Scripted([OK]), patience=0.2) as made, made.socket() as client:
        client.sendall(RAW + b"content-length: 100\r\n\r\nabc")
        data = read_all(client)

        assert data.startswith(b"HTTP/1.1 408 ")
        assert made.ended().status == 408
        until(lambda: working(made.loops[0]) == [])


def test_a_client_that_does_not_read_is_let_go() -> None:
    with door(Scripted([OK, Send(b"x" * 64 * 2**20)]), patience=0.2) as made, made.socket() as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")

        assert made.ended().outcome == "timed out"
        until(lambda: working(made.loops[0]) == [])


def test_a_reply_that_breaks_while_it_is_sent_has_failed() -> None:
    def broken() -> Iterator[Step]:
        yield OK
        raise RuntimeError("no more steps")

    class Breaking(Scripted):
        def handle(self, request: Request, now: float) -> Reply:
            return Reply(Entry(0, now, request), broken())

    with door(Breaking([])) as made, made.socket() as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        read_all(client)

        assert made.ended().outcome == "failed"


def test_many_clients_are_served_side_by_side() -> None:
    with door(Scripted([OK, Send(b"a"), Wait(0.2), Send(b"b")])) as made:
        clients = [made.socket() for _ in range(50)]
        try:
            for client in clients:
                client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            assert [frames(read_all(client)) for client in clients] == [[b"a", b"b"]] * 50
        finally:
            for client in clients:
                client.close()


def test_it_can_be_mounted_in_an_application_of_the_users() -> None:
    own = Starlette(routes=[Mount("/fake", App(Engine(Settings(), lambda settings: echo)))])

    with TestClient(own) as client:
        reply = client.get("/fake/v1/models/gpt-4o", headers={"authorization": "Bearer sk-any"})

    assert reply.json()["id"] == "gpt-4o"


def test_it_lives_and_ends_with_the_server_that_hosts_it() -> None:
    with TestClient(App(Engine(Settings(), lambda settings: echo))) as client:
        assert client.get("/healthz").json() == {"status": "ok"}


@dataclass
class Slow(Scripted):
    """An engine that takes its time for a large request, and to be administered: until a small one has been
    answered."""

    small_was_answered: threading.Event = field(default_factory=threading.Event)

    def handle(self, request: Request, now: float) -> Reply:
        long = len(request.body) > LARGE or ADMIN in request.path
        answered = not long or self.small_was_answered.wait(BOUND)
        return Reply(Entry(0, now, request), (OK, Send(b"in time" if answered else b"kept waiting")))


@pytest.mark.parametrize("speed", [0.0, -1.0, 0.0009, 1_000_001, float("inf"), float("nan")])
def test_a_speed_that_is_none_is_named(speed: float) -> None:
    with pytest.raises(ValueError, match=r"^speed is .+, expected 0.001 to 1000000: 2 halves every wait"):
        App(Engine(Settings(), lambda settings: echo), speed=speed)


def test_a_speed_may_be_what_the_factor_of_a_scaled_clock_may_be() -> None:
    assert (app.SLOWEST, app.FASTEST) == (clock.SLOWEST, clock.FASTEST)


@pytest.mark.parametrize("name", ["patience", "stall_limit"])
@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_seconds_that_are_none_are_named(name: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name} is .+, expected seconds above 0"):
        App(Engine(Settings(), lambda settings: echo), **{name: seconds})


@pytest.mark.parametrize(
    ("path", "body"),
    [(CHAT, b" " * (LARGE + 1)), ("/__understudy/rules", b"{}"), ("/ns/a/__understudy/rules", b"{}")],
)
def test_what_takes_its_time_keeps_nobody_waiting(path: str, body: bytes) -> None:
    engine = Slow([])
    with door(engine) as place, place.connection() as large, place.connection() as small:
        large.request("POST", path, body, KEY)
        said_meanwhile = post(small, GOOD).read()
        engine.small_was_answered.set()

        assert (said_meanwhile, large.getresponse().read()) == (b"in time", b"in time")
