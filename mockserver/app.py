"""The ASGI shell: it reads requests, performs steps, and notices clients that leave or dawdle.

It decides nothing. Whatever goes over HTTP is the engine's; Starlette does the rest (lifespan,
mounts of a user's own).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope
from starlette.types import Send as ASGISend

from understudy.mockserver.engine import Engine
from understudy.mockserver.errors import too_large, too_slow
from understudy.mockserver.journal import Entry, Outcome, Reply
from understudy.mockserver.wire import Head, Request, Send, Wait

PIECE = 256 * 1024
PATIENCE = 60.0

Log = Callable[[Entry], None]


class App(Starlette):
    """An ASGI application around *engine*.

    *clock* gives seconds since 1970. *patience*, in seconds, is how long a client may take to send its
    request, and to take any one piece of the reply; then it is let go. *log* hears of every entry
    when its sending has ended.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE,
        log: Log | None = None,
    ) -> None:
        super().__init__()
        self.engine = engine
        self._clock = clock
        self._patience = patience
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: ASGISend) -> None:
        if scope["type"] == "http":
            await self._exchange(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _exchange(self, scope: Scope, receive: Receive, send: ASGISend) -> None:
        deadline = _Deadline(self._patience)
        try:
            reply = await self._answer(scope, receive, deadline)
            if reply is not None:
                deadline.renew()
                await self._perform(reply, receive, send, deadline)
        except asyncio.CancelledError:
            if not deadline.passed:
                raise
        finally:
            deadline.cancel()

    async def _answer(self, scope: Scope, receive: Receive, deadline: _Deadline) -> Reply | None:
        """Return the reply to what comes in; None when the client left before all of it had come."""
        limit = self.engine.settings.body_limit
        request = Request(scope["method"], scope["path"], scope["headers"])
        try:
            body = await _read(receive, limit)
        except asyncio.CancelledError:
            if not deadline.passed:
                raise
            return self.engine.refuse(request, too_slow(), self._clock())
        if body is None:
            return None
        if len(body) > limit:
            return self.engine.refuse(request, too_large(limit), self._clock())
        return self.engine.handle(request._replace(body=body), self._clock())

    async def _perform(self, reply: Reply, receive: Receive, send: ASGISend, deadline: _Deadline) -> None:
        outcome: Outcome = "failed"
        performing = _Performance(reply, receive, send, deadline)
        try:
            outcome = await performing.run()
        except asyncio.CancelledError:
            outcome = "timed out" if deadline.passed else "client left"
            raise
        except OSError:  # what a server raises for a connection that broke while it was written to
            outcome = "client left"
        finally:
            entry = self.engine.close(reply, outcome)
            if self._log is not None:
                self._log(entry)


class _Performance:
    """One reply on its way out."""

    def __init__(self, reply: Reply, receive: Receive, send: ASGISend, deadline: _Deadline) -> None:
        self._reply = reply
        self._receive = receive
        self._send = send
        self._deadline = deadline
        self._gone: asyncio.Task[None] | None = None

    async def run(self) -> Outcome:
        """Perform the steps; those that fall due together leave in one write."""
        due = b""
        try:
            for step in self._reply.steps:
                if isinstance(step, Send):
                    due = due + step.data if due else step.data
                elif isinstance(step, Head):
                    await self._send(_start(step))
                elif await self._write(due) and await self._pause(step):
                    due = b""
                else:
                    return "client left"
            if len(due) > PIECE:  # a client that reads slowly holds one piece of it, not all
                if not await self._write(due):
                    return "client left"
                due = b""
            await self._send(_body(due, more=False))
        finally:
            if self._gone is not None:
                self._gone.cancel()
        return "sent"

    async def _write(self, data: bytes) -> bool:
        """Send *data* in pieces, with patience for each; return False when the client has left."""
        for start in range(0, len(data), PIECE):
            if self._watch().done():
                return False
            await self._send(_body(data[start : start + PIECE], more=True))
            self._deadline.renew()
        return True

    async def _pause(self, wait: Wait) -> bool:
        """Wait; return False as soon as the client has left."""
        self._deadline.renew(beyond=wait.seconds)
        done, _ = await asyncio.wait({self._watch()}, timeout=wait.seconds)
        return not done

    def _watch(self) -> asyncio.Task[None]:
        """Return the task that ends when the client leaves. Started late: most replies need none."""
        if self._gone is None:
            self._gone = asyncio.ensure_future(_disconnected(self._receive))
        return self._gone


class _Deadline:
    """Cancels the task that made it, once a client has had its *patience* of seconds."""

    def __init__(self, patience: float) -> None:
        self.passed = False
        self._patience = patience
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(patience, self._pass)

    def renew(self, beyond: float = 0.0) -> None:
        self._timer.cancel()
        self._timer = self._loop.call_later(self._patience + beyond, self._pass)

    def cancel(self) -> None:
        self._timer.cancel()

    def _pass(self) -> None:
        self.passed = True
        if self._task is not None:
            self._task.cancel()


async def _read(receive: Receive, limit: int) -> bytes | None:
    """Return the body; None when the client left before all of it had come.

    Of a body over *limit* bytes the first *limit* + 1 are returned. The rest is read and thrown away
    (up to four times the limit): most clients listen only after they have sent everything.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    first: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return first[: limit + 1]
    body, seen = bytearray(first), len(first)
    while message.get("more_body", False) and seen <= 4 * limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message.get("body", b"")
        seen += len(piece)
        body += piece[: max(0, limit + 1 - len(body))]
    return bytes(body)


async def _disconnected(receive: Callable[[], Awaitable[Message]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _body(data: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


def _start(head: Head) -> Message:
    return {"type": "http.response.start", "status": head.status, "headers": head.headers}
