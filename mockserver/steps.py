"""What pacing and faults share: replies as one step an event, and small questions about steps.

A rewrite is a plain function from steps to steps. It throws no dice and reads no clock; a wait is a
step like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from understudy.mockserver.wire import Head, Send, Step, Wait

Rewrite: TypeAlias = "Callable[[Iterable[Step]], Iterator[Step]]"

DONE = b"data: [DONE]\n\n"
"""The event that ends a stream (FACTS B.4)."""

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_OVERLAP = 3  # bytes of an unfinished end that the next piece may complete


def split_events(steps: Iterable[Step]) -> Iterator[Step]:
    """Return *steps* with one Send for each event of a stream, or for the whole body of any other reply.

    The bytes stay as they are, and what is split already stays as it is. A Wait within an event comes
    before it. Of a stream, no more is held than one event.
    """
    left = iter(steps)
    for step in left:
        yield step
        if isinstance(step, Head):
            yield from _events(left) if is_stream(step) else _whole(left)


def with_events(steps: Iterable[Step]) -> Iterator[tuple[Step, bool]]:
    """Yield each of *steps*, which ``split_events`` has been over, and whether it is an event of a stream."""
    stream = False
    for step in steps:
        if isinstance(step, Head):
            stream = is_stream(step)
        yield step, stream and isinstance(step, Send)


def is_stream(head: Head) -> bool:
    """Return whether a stream of events follows *head*."""
    return (header(head, b"content-type") or b"").startswith(b"text/event-stream")


def header(head: Head, name: bytes) -> bytes | None:
    """Return the first value of *name* (lower case) in *head*, None where it is not there."""
    return next((value for key, value in head.headers if key == name), None)


def with_header(head: Head, name: bytes, value: bytes | None) -> Head:
    """Return *head* with this one *value* of *name* in the place of those it has; None: without any."""
    kept = [pair for pair in head.headers if pair[0] != name]
    return Head(head.status, kept if value is None else [(name, value), *kept])


def frame(data: bytes) -> bytes:
    """Return *data* (one line) as an event."""
    return b"data: %s\n\n" % data


def data_of(event: bytes) -> bytes | None:
    """Return the data of *event* where it is in one line, as the API sends it; None for any other."""
    text = event.strip()
    if not text.startswith(b"data:") or b"\n" in text or b"\r" in text:
        return None
    return text[5:].strip()


def _events(steps: Iterable[Step]) -> Iterator[Step]:
    """Return *steps* after a stream's Head, one Send an event; what has no end comes last, as it is."""
    pending, seen = b"", 0
    for step in steps:
        if isinstance(step, Send):
            pending = pending + step.data if pending else step.data
            start = 0
            while found := _EVENT_END.search(pending, max(start, seen)):
                yield Send(pending[start : found.end()])
                start = seen = found.end()
            pending = pending[start:]
            seen = max(0, len(pending) - _OVERLAP)
            continue
        if pending and not isinstance(step, Wait):
            yield Send(pending)
            pending, seen = b"", 0
        yield step
    if pending:
        yield Send(pending)


def _whole(steps: Iterable[Step]) -> Iterator[Step]:
    """Return *steps* after any other Head, with the body in one Send: the last step, or before a Cut."""
    pieces: list[bytes] = []
    for step in steps:
        if isinstance(step, Send):
            pieces.append(step.data)
            continue
        if pieces and not isinstance(step, Wait):
            yield Send(b"".join(pieces))
            pieces = []
        yield step
    if pieces:
        yield Send(b"".join(pieces))
