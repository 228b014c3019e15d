"""A body far larger than a client expects. Made while it is sent: it takes no more room than a piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from understudy.mockserver.faults.documents import Document, laid_out, on_documents, on_said, read_object
from understudy.mockserver.faults.fault import SILENT, Fault, Parameter, Seen, Values
from understudy.mockserver.steps import Rewrite, data_of, with_events, with_header
from understudy.mockserver.wire import Head, Send, Step

_PIECE = 64 * 1024
_FILLER = b"All work and no play makes Jack a dull boy. "
_MARK = "understudy: here goes the filler"


def _huge(values: Values) -> Rewrite:
    more = values["bytes"]
    whole = on_documents(lambda steps: _document(steps, more))

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        left = more
        for step, is_event in with_events(whole(steps)):
            yield step
            if is_event and left and isinstance(step, Send) and _says(step.data):
                yield from _again(step, left)
                left = 0

    return rewrite


def _again(event: Send, more: int) -> Iterator[Step]:
    """Return *event* as often as *more* bytes take, several at a time."""
    times = -(-more // len(event.data))
    at_once = max(1, _PIECE // len(event.data))
    several = Send(event.data * at_once)
    for _ in range(times // at_once):
        yield several
    for _ in range(times % at_once):
        yield event


def _says(event: bytes) -> bool:
    """Return whether *event* has text of the answer."""
    document = read_object(data_of(event))
    choices = document.get("choices") if document else None
    first = choices[0] if isinstance(choices, list) and choices else None
    delta = first.get("delta") if isinstance(first, dict) else None
    return isinstance(delta, dict) and bool(delta.get("content"))


def _document(steps: list[Step], more: int) -> Iterator[Step]:
    before, after = b"", b""
    for step in steps:
        if isinstance(step, Send) and (document := read_object(step.data)) is not None:
            before, _, after = _marked(document).partition(_MARK.encode("ascii"))
    if not after:  # an answer without text
        yield from steps
        return
    for step in steps:
        if isinstance(step, Head):
            yield with_header(step, b"content-length", b"%d" % (len(before) + more + len(after)))
        elif isinstance(step, Send):
            yield Send(before)
            yield from _filler(more)
            yield Send(after)
        else:
            yield step


def _marked(document: Document) -> bytes:
    """Return *document* as JSON, with a mark at the beginning of the first text it says."""
    marked = False

    def mark(said: Document) -> Document:
        nonlocal marked
        text = said.get("content")
        if marked or not isinstance(text, str):
            return said
        marked = True
        return {**said, "content": _MARK + text}

    return laid_out(on_said(mark)(document) or document, indent=2) + b"\n"


def _filler(more: int) -> Iterator[Step]:
    piece = Send((_FILLER * (_PIECE // len(_FILLER) + 1))[:_PIECE])
    for _ in range(more // _PIECE):
        yield piece
    if more % _PIECE:
        yield Send(piece.data[: more % _PIECE])


HUGE_FAULTS = (
    Fault(
        "huge_body",
        "the text of the answer goes on for so many bytes more",
        "body",
        "both",
        {
            "json": Seen(SILENT, "all of it is held in memory, several times"),
            "stream": Seen(SILENT, "a chunk for each event, as many as come"),
        },
        "has a bound for the bytes it takes, and closes the connection beyond it",
        "I",
        _huge,
        {"bytes": Parameter(int, 64 * 1024 * 1024, "bytes", "how many more", 1, 2**30)},
        needs="text",
    ),
)
