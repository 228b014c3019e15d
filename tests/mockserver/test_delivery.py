"""What a client gets of a reply: all of it, or what its library would raise."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from understudy.mockserver.delivery import Broken, Event, deliver
from understudy.mockserver.wire import Cut, Head, Send, Step, Wait

STREAM = Head(200, [(b"content-type", b"text/event-stream")])
SIZED = Head(200, [(b"content-length", b"5")])
TIMED_OUT = Broken("ReadTimeout", "timed out", by="client")
INCOMPLETE = Broken(
    "RemoteProtocolError",
    "peer closed connection without sending complete message body (incomplete chunked read)",
)


def short(received: int) -> Broken:
    words = f"sending complete message body (received {received} bytes, expected 5)"
    return Broken("RemoteProtocolError", f"peer closed connection without {words}")


class Watch:
    """A clock that a test sets."""

    at = 0.0

    def now(self) -> float:
        return self.at


def run(steps: list[Step], bodiless: bool = False) -> list[Event]:
    """Return what a client gets that waits for ten seconds, and is never busy."""
    clock, got = Watch(), []
    for event in deliver(steps, 10, clock.now, bodiless):
        if isinstance(event, Wait):
            clock.at += event.seconds
        got.append(event)
    return got


@pytest.mark.parametrize(
    ("steps", "got"),
    [
        ([STREAM, Send(b"a"), Wait(1), Send(b"b")], [STREAM, Send(b"a"), Wait(1), Send(b"b")]),
        ([SIZED, Send(b"hello")], [SIZED, Send(b"hello")]),
        ([SIZED, Send(b"hello!!")], [SIZED, Send(b"hello")]),
        ([SIZED, Send(b"hello"), Wait(99), Cut()], [SIZED, Send(b"hello")]),
        ([SIZED, Send(b"hel")], [SIZED, Send(b"hel"), short(3)]),
        ([SIZED, Send(b"hel"), Cut()], [SIZED, Send(b"hel"), short(3)]),
        ([STREAM, Cut()], [STREAM, INCOMPLETE]),
        ([STREAM, Send(b"a"), Cut(reset=True)], [STREAM, Send(b"a"), Broken("ReadError", "[Errno 104] Connection reset by peer")]),
        ([Cut(reset=True)], [Broken("ConnectError", "[Errno 111] Connection refused")]),
        ([Wait(0), Cut(reset=True)], [Broken("ReadError", "[Errno 104] Connection reset by peer")]),
        ([Cut()], [Broken("RemoteProtocolError", "Server disconnected without sending a response.")]),
        ([], [Broken("RemoteProtocolError", "Server disconnected without sending a response.")]),
        ([Wait(math.inf)], [Wait(10), TIMED_OUT]),
        ([Wait(4), Wait(7), STREAM], [Wait(4), Wait(6), TIMED_OUT]),
        ([Wait(4), STREAM, Wait(7), Send(b"")], [Wait(4), STREAM, Wait(7)]),
        ([STREAM, Wait(7), Send(b""), Wait(7)], [STREAM, Wait(7), Wait(3), TIMED_OUT]),
        ([STREAM, Wait(7), Send(b"a"), Wait(7)], [STREAM, Wait(7), Send(b"a"), Wait(7)]),
        ([Head(204, [(b"content-length", b"5")])], [Head(204, [(b"content-length", b"5")])]),
        ([Head(200, [(b"content-length", b"five")]), Send(b"a")], [Head(200, [(b"content-length", b"five")]), Send(b"a")]),
    ],
)  # fmt: skip
def test_ten_seconds_of_patience(steps: list[Step], got: list[Event]) -> None:
    assert run(steps) == got


def test_a_client_that_takes_its_time_finds_what_has_come_meanwhile() -> None:
    clock = Watch()
    events = deliver([STREAM, Wait(4), Send(b"a"), Wait(4), Send(b"b"), Wait(11), Send(b"c")], 10, clock.now)

    assert next(events) == STREAM
    clock.at = 6.0  # busy with the head
    assert next(events) == Send(b"a")
    assert next(events) == Wait(2)
    clock.at = 8.0
    assert next(events) == Send(b"b")
    clock.at = 12.0  # and with the piece: of the 11 seconds 7 are left, which it has the patience for
    assert next(events) == Wait(7)
    clock.at = 19.0
    assert list(events) == [Send(b"c")]


def test_a_reply_to_head_owes_no_body() -> None:
    assert run([SIZED], bodiless=True) == [SIZED]


def test_without_patience_a_stall_is_for_ever() -> None:
    steps = deliver([STREAM, Wait(math.inf)], math.inf, Watch().now)

    assert [next(steps), next(steps)] == [STREAM, Wait(math.inf)]


def test_it_is_lazy() -> None:
    def endless() -> Iterator[Step]:
        yield STREAM
        while True:
            yield Send(b"x")

    steps = deliver(endless(), 10, Watch().now)

    assert [next(steps) for _ in range(3)] == [STREAM, Send(b"x"), Send(b"x")]
