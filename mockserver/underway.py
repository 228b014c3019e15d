"""A reply on its way to a client in this process, and how that ends: once, in whatever way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import RLock

from understudy.mockserver.clock import Clock
from understudy.mockserver.delivery import CLOSED, Broken, Event
from understudy.mockserver.journal import Handler, Outcome, Reply
from understudy.mockserver.wire import Cut, Send, Step, Wait

UNDER_WAY = 1024 * 1024  # bytes that a network takes off a server's hands before the client reads them


class Exchange:
    """One reply under way. The engine hears once how it ended: an exception out of a ``with`` is an end.

    One may read while another closes: the read fails then, once the wait it is in has ended. *wake* ends
    that wait early.
    """

    def __init__(
        self,
        engine: Handler,
        reply: Reply,
        delivered: Callable[[Iterator[Step]], Iterator[Event]],
        clock: Clock,
    ) -> None:
        self._engine, self._reply, self._clock = engine, reply, clock
        self.entry = reply.entry
        self._steps = iter(reply.steps)
        self.events = self._watched(delivered(self._steps))
        self.wake: Callable[[], object] = lambda: None
        self._lock = RLock()  # steps are pulled by one thread at a time
        self._open = True
        self._left = self._waits = self._cut = False

    def _watched(self, events: Iterator[Event]) -> Iterator[Event]:
        while (event := self._next(events)) is not None:
            yield event

    def _next(self, events: Iterator[Event]) -> Event | None:
        with self._lock:
            self._waits = False
            if self._left:
                return CLOSED
            try:
                event = next(events, None)
            except Exception:  # of the steps themselves: ours, or a fault of the user's own
                self.end("failed")
                raise
            if event is None:
                self.end("sent")
            self._waits = isinstance(event, Wait)
            self._cut = isinstance(event, Broken) and event.by == "server"
            return event

    def end(self, outcome: Outcome) -> None:
        """Tell the engine; what came first counts."""
        with self._lock:
            if self._open:
                self._open = False
                self._engine.close(self._reply, outcome, self._clock.now())

    def leave(self) -> None:
        """The client closes. What was due by now has left the server all the same."""
        with self._lock:
            if not self._open:
                return
            self._left = True
            try:
                self.end("client left" if self._waits else _left_behind(self._steps))
            except Exception:
                self.end("failed")
                raise
            if self._waits:
                self.wake()

    def drop(self) -> None:
        """Nobody can read on or close. A finalizer says so, and may take no locks: the end comes later."""
        if self._open:
            _dropped.append(self)

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.end("cut" if self._cut else "client left")


def _left_behind(steps: Iterator[Step]) -> Outcome:
    size = 0
    for step in steps:
        if isinstance(step, Cut):
            return "cut"
        size += len(step.data) if isinstance(step, Send) else 0
        if size > UNDER_WAY or (isinstance(step, Wait) and step.seconds > 0):
            return "client left"
    return "sent"


_dropped: deque[Exchange] = deque()


def leave_dropped() -> None:
    """End the exchanges whose replies were thrown away half read, as if the client had closed them."""
    while _dropped:
        with suppress(Exception):  # of the steps, which nobody waits for; or another thread was faster
            _dropped.popleft().leave()
