"""The ASGI shell: it reads requests, performs steps, and notices clients that leave or dawdle.

It decides nothing: whatever goes over HTTP is the engine's. The rest of ASGI (lifespan, websockets
that are turned away) is Starlette's, loaded when it is first asked for.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from understudy.mockserver.errors import too_large, too_slow
from understudy.mockserver.journal import Entry, Handler, Outcome, Reply
from understudy.mockserver.patience import Deadline, Patience
from understudy.mockserver.performance import (
    PIECE,
    STALL_LIMIT,
    ConnectionCut,
    Door,
    Performance,
    body_message,
    start_message,
)
from understudy.mockserver.wire import FASTEST, SLOWEST, Head, Request, Send

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Receive, Scope
    from starlette.types import Send as ASGISend

CUT = "understudy.cut"  # the extension of ASGI by which a server of ours offers to cut a connection
LARGE = 256 * 1024
ADMIN = "/__understudy"
PATIENCE = 60.0

Log = Callable[[Entry], None]


class App:
    """An ASGI application around *engine*, to be served as it is or mounted in another one.

    *clock* gives seconds since 1970. *patience*, in seconds, is how long a client may take to send its
    request, and to take any one piece of the reply; then it is let go. *speed* is how many seconds of
    a reply's waits pass in one of ours, *stall_limit* how many of ours a wait without end lasts. *log*
    hears of every entry when its sending has ended.

    A reply that is to be cut needs a server that offers the extension ``understudy.cut``, as
    ``serve`` does. Under another one ConnectionCut is raised, and it drops the connection its own
    way: mostly an end without the last chunk, or a 500 where nothing was sent yet. Behind Starlette's
    BaseHTTPMiddleware a stream even ends in good order. The entry says ``failed`` then, and why.

    Raises ValueError for seconds that are not above 0, or without end, and for a speed out of bounds.
    """

    def __init__(
        self,
        engine: Handler,
        *,
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE,
        speed: float = 1.0,
        stall_limit: float = STALL_LIMIT,
        log: Log | None = None,
    ) -> None:
        if not SLOWEST <= speed <= FASTEST:
            raise ValueError(f"speed is {speed:g}, expected {SLOWEST} to {FASTEST}: 2 halves every wait")
        for name, seconds in (("patience", patience), ("stall_limit", stall_limit)):
            if not 0 < seconds < math.inf:
                raise ValueError(f"{name} is {seconds:g}, expected seconds above 0, and an end of them")
        self.engine = engine
        self._body_limit = engine.settings.body_limit
        self._clock = clock
        self._patience = Patience(patience)
        self._speed = speed
        self._stall_limit = stall_limit
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
                await self._perform(reply, scope, receive, send, deadline)
        except asyncio.CancelledError:
            if not deadline.passed:
                raise
        finally:
            self._patience.end(deadline)

    async def _answer(self, scope: Scope, receive: Receive, deadline: Deadline) -> Reply | None:
        """Return the reply to what comes in; None when the client left before all of it had come."""
        method, path, headers = scope["method"], _path(scope), scope["headers"]
        limit = self._body_limit
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
        # what takes long enough for others to notice: not on the loop they wait for
        if len(body) > LARGE or ADMIN in path:
            self._patience.renew(deadline)
            return await asyncio.to_thread(self.engine.handle, request, self._clock())
        return self.engine.handle(request, self._clock())

    async def _perform(
        self, reply: Reply, scope: Scope, receive: Receive, send: ASGISend, deadline: Deadline
    ) -> None:
        self._patience.renew(deadline)
        outcome: Outcome = "failed"
        try:
            match reply.steps:
                case (Head() as head, Send(body)) if len(body) <= PIECE:  # nearly all replies: no waits
                    await send(start_message(head))
                    await send(body_message(body, more=False))
                    outcome = "sent"
                case _:
                    door = Door(receive, send, scope.get("extensions", {}).get(CUT))
                    outcome = await Performance(
                        reply, door, deadline, self._patience, self._speed, self._stall_limit
                    ).run()
        except asyncio.CancelledError:
            outcome = "timed out" if deadline.passed else "client left"
            raise
        except ConnectionCut as cut:
            outcome = cut.outcome
            raise
        except OSError:  # what a server raises for a connection that broke while it was written to
            outcome = "client left"
        finally:
            entry = self.engine.close(reply, outcome, self._clock())
            if self._log is not None:
                self._log(entry)


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
