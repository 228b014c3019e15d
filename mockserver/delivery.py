"""A reply as its client lives to see it: what the network and the client's own patience make of the steps.

Pure: shells that stand in for a network perform what comes out of ``deliver``. Kinds and words of the
failures are those of httpx 0.28 and httpx2 2.16 over a real socket; a test holds them side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from understudy.mockserver.wire import Cut, Head, Send, Step, Wait


class Broken(NamedTuple):
    """The client's read fails: *kind* names the exception of its library. *by* is who gave up first."""

    kind: Literal["ConnectError", "RemoteProtocolError", "ReadError", "ReadTimeout"]
    message: str
    by: Literal["server", "client"] = "server"


Event: TypeAlias = "Head | Send | Wait | Broken"

_REFUSED = Broken("ConnectError", "[Errno 111] Connection refused")
_NO_HEAD = Broken("RemoteProtocolError", "Server disconnected without sending a response.")
_RESET = Broken("ReadError", "[Errno 104] Connection reset by peer")
_TIMED_OUT = Broken("ReadTimeout", "timed out", by="client")
CLOSED = Broken("ReadError", "[Errno 9] Bad file descriptor", by="client")  # by one, while another reads
_TOO_EARLY = "peer closed connection without sending complete message body"


def deliver(
    steps: Iterable[Step], patience: float, now: Callable[[], float], bodiless: bool = False
) -> Iterator[Event]:
    """Yield what reaches a client that waits at most *patience* seconds for the next bytes.

    Steps fall due by *now* (seconds), from the first on: a client that took its time finds there what has
    come meanwhile. Ends after ``Broken``, and when the body is complete. *bodiless*: a reply to HEAD,
    whose content-length promises nothing.

    A reset that is the very first step refuses the connection: only a server has to accept it first.
    """
    body: _Body | None = None
    begun = False
    due = asked = now()  # asked: when the client began to wait for the next bytes
    for step in steps:
        if isinstance(step, Wait):
            due += step.seconds
            left = min(due, asked + patience) - now()
            if left > 0:
                yield Wait(left)
            if due >= asked + patience:
                yield _TIMED_OUT
                return
        elif isinstance(step, Cut):
            yield _broken_off(step, begun, body)
            return
        elif isinstance(step, Head):
            body = _Body(step, bodiless)
            yield step
            asked = now()
        elif body is not None and (data := body.take(step.data)):
            yield Send(data)
            asked = now()
        if body is not None and body.complete:
            return
        begun = True
    if body is None or body.expected is not None:
        yield _NO_HEAD if body is None else body.cut_short()


def _broken_off(cut: Cut, begun: bool, body: _Body | None) -> Broken:
    if cut.reset:
        return _RESET if begun else _REFUSED
    return _NO_HEAD if body is None else body.cut_short()


class _Body:
    """How much of the body has come, and how much is expected (bytes; None: until the end)."""

    def __init__(self, head: Head, bodiless: bool) -> None:
        told = [value for name, value in head.headers if name == b"content-length"]
        self.expected = int(told[0]) if told and told[0].isdigit() else None
        if bodiless or head.status in (204, 304):
            self.expected = 0
        self.received = 0

    @property
    def complete(self) -> bool:
        return self.received == self.expected

    def take(self, data: bytes) -> bytes:
        """Return what of *data* belongs to this body: clients leave what is beyond its length unread."""
        if self.expected is not None:
            data = data[: self.expected - self.received]
        self.received += len(data)
        return data

    def cut_short(self) -> Broken:
        if self.expected is None:
            return Broken("RemoteProtocolError", f"{_TOO_EARLY} (incomplete chunked read)")
        how = f"(received {self.received} bytes, expected {self.expected})"
        return Broken("RemoteProtocolError", f"{_TOO_EARLY} {how}")
