"""What crosses the wall between the core and the shells. Imports nothing of ours.

A request is a value. A reply is a little program, and a shell performs it:

    Head   send the status line and the headers (once)
    Send   send these bytes of the body
    Wait   let this many seconds pass (infinity: until the client gives up)
    Cut    break the connection off; nothing comes after it

Pacing and faults are therefore plain functions from steps to steps. Headers are pairs of bytes with
lower-case names, as ASGI and both HTTP client libraries hand them over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

RawHeaders: TypeAlias = "Sequence[tuple[bytes, bytes]]"
Headers: TypeAlias = "Sequence[tuple[str, str]]"


class Request(NamedTuple):
    """One HTTP request, read to its end."""

    method: str
    path: str
    headers: RawHeaders
    body: bytes = b""
    query: bytes = b""

    def header(self, name: bytes) -> str | None:
        """Return the first value of header *name* (lower case), None where it was not sent."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None


class Head(NamedTuple):
    status: int
    headers: RawHeaders


class Send(NamedTuple):
    data: bytes


class Wait(NamedTuple):
    seconds: float


class Cut(NamedTuple):
    """*reset*: as a crash does (RST), else as a server does that closes in good order too early (FIN)."""

    reset: bool = False


SLOWEST, FASTEST = 0.001, 1_000_000
"""How many seconds of a reply's waits, or of a clock, may pass in one."""

Step: TypeAlias = "Head | Send | Wait | Cut"


_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return *headers* as they go over the wire: ``?`` for what latin-1 or a header cannot say."""
    return [
        (name.lower().encode("latin-1"), _CONTROL.sub(b"?", value.encode("latin-1", "replace")))
        for name, value in headers
    ]
