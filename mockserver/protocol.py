"""uvicorn's HTTP protocol, with one write where it makes two.

uvicorn writes the head of a reply and its body each on its own: two system calls, two packets, and a
client that wakes up twice. Here what is written in one turn of the event loop leaves together. The
only file that leans on the insides of uvicorn; a test tells when they no longer fit.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

KEPT_BACK = 64 * 1024  # bytes; more leaves at once, so that a slow client still slows us down


class JoiningProtocol(HttpToolsProtocol):
    """The protocol that uvicorn uses by itself, over a transport that joins writes."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = JoiningTransport(transport, self.loop)


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
