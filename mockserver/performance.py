"""A reply on its way out: its steps are pulled one by one, and performed when they fall due.

A shell. It decides nothing about a reply: pace and faults are in the steps. Waits count from the
moment the performance began, not from the step before, so that being late once makes nothing later.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from understudy.mockserver.journal import Outcome, Reply
from understudy.mockserver.patience import Deadline, Patience
from understudy.mockserver.wire import Head, Send, Wait

if TYPE_CHECKING:
    from starlette.types import Message, Receive
    from starlette.types import Send as ASGISend

PIECE = 256 * 1024  # bytes; a client that reads slowly holds one piece of a reply, not all
STALL_LIMIT = 900.0  # seconds
_LEFT_TO_IT = (
    "the connection was to be cut here; this server leaves that to itself: the client may have seen a 500, "
    "or, behind Starlette's BaseHTTPMiddleware, a stream that ends in good order"
)


class ConnectionCut(Exception):
    """Raised for a server that cannot break a connection off, so that it drops it in its own way."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(_LEFT_TO_IT)
        self.outcome: Outcome = outcome


class Door(NamedTuple):
    """The way to one client. *cut* breaks the connection off (True: by a reset); None: it cannot."""

    receive: Receive
    send: ASGISend
    cut: Callable[[bool], None] | None = None


class Performance:
    """*reply*, performed at *door*.

    The client has *patience* for each piece. Waits take a *speed*-th of their seconds. One without end
    lasts *stall_limit* (real seconds) for a client that stays: then the connection is closed.
    """

    def __init__(
        self,
        reply: Reply,
        door: Door,
        deadline: Deadline,
        patience: Patience,
        speed: float = 1.0,
        stall_limit: float = STALL_LIMIT,
    ) -> None:
        self._reply = reply
        self._door = door
        self._deadline = deadline
        self._patience = patience
        self._speed = speed
        self._stall_limit = stall_limit
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()
        self._promised: int | None = None  # bytes of content-length that are still to come
        self._gone: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def run(self) -> Outcome:
        """Perform the steps, and return how that ended; those that fall due together leave in one write.

        Raises ConnectionCut for a cut where the server cannot do it, and what the steps raise.
        """
        try:
            return await self._run()
        finally:
            if self._gone is not None:
                self._gone.cancel()

    async def _run(self) -> Outcome:
        pieces: list[bytes] = []
        size = 0
        for step in self._reply.steps:
            if isinstance(step, Send):
                pieces.append(step.data)
                size += len(step.data)
                if size <= PIECE:
                    continue
            elif isinstance(step, Head):
                await self._begin(step)
                continue
            if pieces and not await self._write(b"".join(pieces)):
                return "client left"
            pieces, size = [], 0
            if isinstance(step, Wait):
                ended = await self._pause(step.seconds)
                if ended is not None:
                    return ended
            elif not isinstance(step, Send):
                return self._cut(step.reset, "cut")
        return await self._end(b"".join(pieces))

    async def _begin(self, head: Head) -> None:
        entry = self._reply.entry
        entry.status, entry.headers = head  # a fault may have changed them
        if entry.request.method != "HEAD":
            for name, value in head.headers:
                if name == b"content-length" and value.isdigit():
                    self._promised = int(value)
        await self._door.send(start_message(head))

    async def _end(self, data: bytes) -> Outcome:
        """Send the last of the body. One that is shorter than the head said ends with the connection."""
        data = self._kept(data)
        if not self._promised:
            await self._door.send(body_message(data, more=False))
            return "sent"
        await self._door.send(body_message(data, more=True))
        return self._cut(False, "cut")

    async def _write(self, data: bytes) -> bool:
        """Send *data* in pieces, with patience for each; return False when the client has left."""
        gone, send = self._watch(), self._door.send
        data = self._kept(data)
        for start in range(0, len(data), PIECE):
            if gone.done():
                return False
            await send(body_message(data[start : start + PIECE], more=True))
            if len(data) > PIECE:
                self._patience.renew(self._deadline)
                await asyncio.sleep(0)  # a client that reads fast must not keep the others waiting
        return True

    def _kept(self, data: bytes) -> bytes:
        """Return as much of *data* as the head has promised; a client would not read on beyond it."""
        if self._promised is None:
            return data
        data = data[: self._promised]
        self._promised -= len(data)
        return data

    async def _pause(self, seconds: float) -> Outcome | None:
        """Wait until *seconds* after the former step was due; return how that ended the reply, or None."""
        gone, loop = self._watch(), self._loop
        endless = seconds == math.inf
        wait = self._stall_limit if endless else max(0.0, seconds / self._speed)
        self._due += wait
        self._patience.renew(self._deadline, beyond=wait)
        if self._due <= loop.time():
            await asyncio.sleep(0)  # late already; but others have their turn
        elif not gone.done():
            self._waiter = waiter = loop.create_future()
            timer = loop.call_at(self._due, _wake, waiter)
            try:
                await waiter
            finally:
                timer.cancel()
        if gone.done():
            return "client left"
        return self._cut(False, "timed out") if endless else None

    def _cut(self, reset: bool, outcome: Outcome) -> Outcome:
        if self._door.cut is None:
            entry = self._reply.entry
            entry.note = f"{entry.note}; {_LEFT_TO_IT}" if entry.note else _LEFT_TO_IT
            raise ConnectionCut("failed" if outcome == "cut" else outcome)
        self._door.cut(reset)
        return outcome

    def _watch(self) -> asyncio.Task[None]:
        """Return the task that ends when the client leaves. Started late: most replies need none."""
        if self._gone is None:
            self._gone = asyncio.ensure_future(_disconnected(self._door.receive))
            self._gone.add_done_callback(self._left)
        return self._gone

    def _left(self, _: asyncio.Task[None]) -> None:
        if self._waiter is not None:
            _wake(self._waiter)


def start_message(head: Head) -> Message:
    """Return *head* as ASGI says it."""
    return {"type": "http.response.start", "status": head.status, "headers": head.headers}


def body_message(data: bytes, *, more: bool) -> Message:
    """Return a piece of a body as ASGI says it; *more* of them follow, or none."""
    return {"type": "http.response.body", "body": data, "more_body": more}


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def _disconnected(receive: Callable[[], Awaitable[Message]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
