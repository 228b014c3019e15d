"""The shell without a network: the engine as a transport of httpx or httpx2, sync and async.

The client library is an argument. Bytes, times and exceptions are those of the served URL; a reply
reaches the client piece by piece, each as soon as it is due.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Any

from anyio import CancelScope

from understudy.mockserver.clock import Clock, RealClock
from understudy.mockserver.delivery import Broken, Event, deliver
from understudy.mockserver.errors import too_large
from understudy.mockserver.journal import Handler
from understudy.mockserver.underway import Exchange, leave_dropped
from understudy.mockserver.wire import Head, Request, Send, Wait

_REAL = RealClock()
_HANGS = (
    "the reply stalls for ever and the client has no read timeout: over a network it would hang here; "
    "give it one (timeout=30)"
)
_ASYNC_WORDS = {"ConnectError": "All connection attempts failed", "ReadError": "", "ReadTimeout": ""}


def transport(engine: Handler, httpx: Any, *, clock: Clock = _REAL) -> Any:
    """Return a transport for a ``Client`` of *httpx*, the module ``httpx`` or ``httpx2``, that is answered
    by *engine*. Its timeouts are kept on *clock*."""
    return _kinds(httpx)[0](engine, httpx, clock)


def async_transport(engine: Handler, httpx: Any, *, clock: Clock = _REAL) -> Any:
    """Return a transport for an ``AsyncClient`` of *httpx*, under asyncio or trio; else as ``transport``."""
    return _kinds(httpx)[1](engine, httpx, clock)


@lru_cache(maxsize=8)
def _kinds(httpx: Any) -> tuple[Any, Any]:
    """Return the classes of both transports, as children of the library's own: it asks for that."""
    if not hasattr(httpx, "BaseTransport"):
        raise TypeError(f"the client library is the module httpx or httpx2, not {httpx!r}")
    body = type("Body", (_Body, httpx.SyncByteStream), {})
    async_body = type("AsyncBody", (_AsyncBody, httpx.AsyncByteStream), {})
    return (
        type("Transport", (_Transport, httpx.BaseTransport), {"body": body}),
        type("AsyncTransport", (_AsyncTransport, httpx.AsyncBaseTransport), {"body": async_body}),
    )


class _Door:
    """What both transports are made of."""

    body: Any

    def __init__(self, engine: Handler, httpx: Any, clock: Clock) -> None:
        self.engine, self.httpx, self.clock = engine, httpx, clock

    def _ask(self, request: Any, body: bytes) -> Exchange:
        """Return the exchange that answers *request*, which the engine has decided."""
        leave_dropped()
        url = request.url
        pairs = [(name.lower(), value) for name, value in request.headers.raw]
        asked = Request(request.method, url.path, pairs, body, url.query)
        limit, now = self.engine.settings.body_limit, self.clock.now()
        if len(body) > limit:
            reply = self.engine.refuse(asked._replace(body=b"", query=b""), too_large(limit), now)
        else:
            reply = self.engine.handle(asked, now)
        timeout = request.extensions.get("timeout", {}).get("read")
        patience = math.inf if timeout is None else float(timeout)
        events = partial(deliver, patience=patience, now=self.clock.now, bodiless=request.method == "HEAD")
        return Exchange(self.engine, reply, events, self.clock)

    def _response(self, head: Head, exchange: Exchange) -> Any:
        exchange.entry.status, exchange.entry.headers = head  # a fault may have changed them
        date = formatdate(self.clock.now(), usegmt=True).encode()  # of the server, and not in its journal
        return self.httpx.Response(
            head.status,
            headers=[(b"date", date), *head.headers],
            stream=self.body(exchange, self),
            extensions={"http_version": b"HTTP/1.1"},
        )


class _Transport(_Door):
    def handle_request(self, request: Any) -> Any:
        exchange = self._ask(request, request.read())
        with exchange:
            for event in exchange.events:
                if isinstance(event, Head):
                    return self._response(event, exchange)
                self.pass_by(event)
        raise AssertionError("a delivery without a head ends broken")  # pragma: no cover

    def pass_by(self, event: Event) -> None:
        """Wait, or raise what the client's library raises."""
        if isinstance(event, Wait):
            if event.seconds == math.inf:
                raise RuntimeError(_HANGS)
            self.clock.sleep(event.seconds)
        elif isinstance(event, Broken):
            raise getattr(self.httpx, event.kind)(event.message)


class _AsyncTransport(_Door):
    async def handle_async_request(self, request: Any) -> Any:
        exchange = self._ask(request, await request.aread())
        with exchange:
            for event in exchange.events:
                if isinstance(event, Head):
                    return self._response(event, exchange)
                await self.pass_by(event, exchange)
        raise AssertionError("a delivery without a head ends broken")  # pragma: no cover

    async def pass_by(self, event: Event, exchange: Exchange) -> None:
        """Wait, or raise what the client's library raises: async, it has other words for some, or none."""
        if isinstance(event, Wait):
            with CancelScope() as wait:
                exchange.wake = wait.cancel
                await self.clock.asleep(event.seconds)
        elif isinstance(event, Broken):
            raise getattr(self.httpx, event.kind)(_ASYNC_WORDS.get(event.kind, event.message))


class _Body:
    """The body of a reply, for a client that reads it or closes it."""

    def __init__(self, exchange: Exchange, door: Any) -> None:
        self._exchange, self._door = exchange, door

    def __iter__(self) -> Iterator[bytes]:
        for event in self._exchange.events:
            if isinstance(event, Send):
                yield event.data
            else:
                with self._exchange:
                    self._door.pass_by(event)

    def close(self) -> None:
        self._exchange.leave()

    def __del__(self) -> None:
        self._exchange.drop()


class _AsyncBody(_Body):
    """The same for a client under an event loop."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for event in self._exchange.events:
            if isinstance(event, Send):
                yield event.data
            else:
                with self._exchange:
                    await self._door.pass_by(event, self._exchange)

    async def aclose(self) -> None:
        self._exchange.leave()
