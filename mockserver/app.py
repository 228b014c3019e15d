"""The ASGI shell: it reads requests, performs steps, and notices clients that leave or dawdle.

It decides nothing: whatever goes over HTTP is the engine's. The rest of ASGI (lifespan, websockets
that are turned away) is Starlette's, loaded when it is first asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING

from understudy.mockserver.engine import Engine
from understudy.mockserver.errors import too_large, too_slow
from understudy.mockserver.journal import Entry, Outcome, Reply
from understudy.mockserver.wire import Head, Request, Send, Wait

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Message, Receive, Scope
    from starlette.types import Send as ASGISend

PIECE = 256 * 1024
LARGE = 256 * 1024
PATIENCE = 60.0

Log = Callable[[Entry], None]


class App:
    """An ASGI application around *engine*, to be served as it is or mounted in another one.

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
        self.engine = engine
        self._clock = clock
        self._patience = _Patience(patience)
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: ASGISend) -> None:
        if scope["type"] == "http":
            await self._exchange(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    @cached_property
    def _rest(self) -> Starlette:
        from starlette.applications import Starlette  # here: a fifth of the time to start a server

        return Starlette()

    async def _exchange(self, scope: Scope, receive: Receive, send: ASGISend) -> None:
        deadline = self._patience.begin()
        try:
            reply = await self._answer(scope, receive, deadline)
            if reply is not None:
                await self._perform(reply, receive, send, deadline)
        except asyncio.CancelledError:
            if not deadline.passed:
                raise
        finally:
            self._patience.end(deadline)

    async def _answer(self, scope: Scope, receive: Receive, deadline: _Deadline) -> Reply | None:
        """Return the reply to what comes in; None when the client left before all of it had come."""
        method, path, headers = scope["method"], _path(scope), scope["headers"]
        limit = self.engine.settings.body_limit
        try:
            body = await _read(receive, limit)
        except asyncio.CancelledError:
            if not deadline.passed:
                raise
            return self.engine.refuse(Request(method, path, headers), too_slow(), self._clock())
        if body is None:
            return None
        if len(body) > limit:
            return self.engine.refuse(Request(method, path, headers), too_large(limit), self._clock())
        request = Request(method, path, headers, body, scope["query_string"])
        if len(body) > LARGE:  # takes long enough for others to notice: not on the loop they wait for
            self._patience.renew(deadline)
            return await asyncio.to_thread(self.engine.handle, request, self._clock())
        return self.engine.handle(request, self._clock())

    async def _perform(self, reply: Reply, receive: Receive, send: ASGISend, deadline: _Deadline) -> None:
        self._patience.renew(deadline)
        outcome: Outcome = "failed"
        try:
            match reply.steps:
                case (Head() as head, Send(body)) if len(body) <= PIECE:  # nearly all replies: no waits
                    await send(_start(head))
                    await send(_body(body, more=False))
                    outcome = "sent"
                case _:
                    outcome = await _Performance(reply, receive, send, deadline, self._patience).run()
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

    def __init__(
        self, reply: Reply, receive: Receive, send: ASGISend, deadline: _Deadline, patience: _Patience
    ) -> None:
        self._reply = reply
        self._receive = receive
        self._send = send
        self._deadline = deadline
        self._patience = patience
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
            self._patience.renew(self._deadline)
        return True

    async def _pause(self, wait: Wait) -> bool:
        """Wait; return False as soon as the client has left."""
        self._patience.renew(self._deadline, beyond=wait.seconds)
        done, _ = await asyncio.wait({self._watch()}, timeout=wait.seconds)
        return not done

    def _watch(self) -> asyncio.Task[None]:
        """Return the task that ends when the client leaves. Started late: most replies need none."""
        if self._gone is None:
            self._gone = asyncio.ensure_future(_disconnected(self._receive))
        return self._gone


class _Deadline:
    """How long one client may still take; *passed* once its task was cancelled for being late."""

    __slots__ = ("due", "passed", "task")

    def __init__(self, task: asyncio.Task[object] | None, due: float) -> None:
        self.task = task
        self.due = due
        self.passed = False


class _Patience:
    """Lets go of clients that take longer than *seconds*, or up to a quarter more.

    One timer looks after all of them, while there are any: a timer for each would cost as much as
    deciding the reply.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open: set[_Deadline] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> _Deadline:
        """Return the deadline of the current task, from now on."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # the first request, or the first after a pause
            self._loop, self._open = loop, set()
            loop.call_later(self._seconds / 4, self._look, loop)
        deadline = _Deadline(asyncio.current_task(), loop.time() + self._seconds)
        self._open.add(deadline)
        return deadline

    def renew(self, deadline: _Deadline, beyond: float = 0.0) -> None:
        """Give the client of *deadline* its time anew, and *beyond* seconds more."""
        deadline.due = asyncio.get_running_loop().time() + self._seconds + beyond

    def end(self, deadline: _Deadline) -> None:
        self._open.discard(deadline)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not loop:
            return
        now = loop.time()
        for deadline in [one for one in self._open if one.due <= now]:
            deadline.passed = True
            deadline.due = now + self._seconds  # for the error reply it may get
            if deadline.task is not None:
                deadline.task.cancel()
        if self._open:
            loop.call_later(self._seconds / 4, self._look, loop)
        else:
            self._loop = None


def _path(scope: Scope) -> str:
    """Return the path below the place where an application of the user's has mounted this one."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


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
