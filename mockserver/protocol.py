"""uvicorn's HTTP protocol, with one write where it makes two, and able to break a connection off.

uvicorn writes the head of a reply and its body each on its own: two system calls, two packets, and a
client that wakes up twice. Here what is written in one turn of the event loop leaves together. And
uvicorn makes a 500 of a reply that ends before its head. The only file that leans on the insides of
uvicorn; a test tells when they no longer fit.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

KEPT_BACK = 64 * 1024  # bytes; more leaves at once, so that a slow client still slows us down
LINGERING = 5.0  # seconds
_NO_TIME = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # linger: on, 0 seconds


class JoiningProtocol(HttpToolsProtocol):
    """The protocol that uvicorn uses by itself, over a transport that joins writes.

    It offers the ASGI extension ``understudy.cut``: a function that breaks the connection off, with
    what was written before still sent; True: by a reset (RST), False: in good order (FIN).
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = JoiningTransport(transport, self.loop)
        self._offered: dict[str, Any] = {"understudy.cut": self._cut}
        self._ahead: list[RequestResponseCycle] = []

    def on_headers_complete(self) -> None:
        before = self.cycle
        self.scope["extensions"] = self._offered
        super().on_headers_complete()
        if before is not None and not before.response_complete:  # the client asks before it was answered
            self._ahead = [cycle for cycle in self._ahead if not cycle.response_complete]
            self._ahead.append(before)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disconnect(self._ahead)  # uvicorn tells only the latest
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # uvicorn forgets it after a reset, and all hangs on the timer
        self._offered = {}
        self._ahead = []

    def _cut(self, reset: bool) -> None:
        self._disconnect([*self._ahead, self.cycle])  # so that uvicorn adds nothing of its own
        self.transport.cut(reset)  # type: ignore[attr-defined]

    def _disconnect(self, cycles: list[RequestResponseCycle]) -> None:
        for cycle in cycles:
            if not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()


class JoiningTransport(asyncio.Transport):
    """*transport*, but for when bytes leave: at the end of the loop's turn, or when there are many."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> None:
        if not self._pieces:
            self._loop.call_soon(self._leave)
        self._pieces.append(data)
        self._size += len(data)
        if self._size > KEPT_BACK:
            self._leave()

    def close(self) -> None:
        self._leave()
        self._transport.close()

    def abort(self) -> None:
        self._pieces, self._size = [], 0
        self._transport.abort()

    def cut(self, reset: bool) -> None:
        """Break off once all that was written has left; *reset*: as a process that dies does.

        A client that does not take the rest within LINGERING seconds does without.
        """
        self._leave()
        if reset:
            raw = self._transport.get_extra_info("socket")
            if raw is not None:  # linger, for 0 seconds: its closing is a reset (socket(7))
                with suppress(OSError, ValueError):  # it may be closed already: the client was quicker
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_TIME)
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._loop.call_later(LINGERING, self._transport.abort)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def _leave(self) -> None:
        if not self._pieces:
            return
        pieces, self._pieces, self._size = self._pieces, [], 0
        if not self._transport.is_closing():
            self._transport.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))
