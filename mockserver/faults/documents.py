"""Changes to what the JSON of a reply says: of a completion and of each chunk alike.

What is not changed keeps its bytes. What is no JSON object stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, TypeAlias

from understudy.mockserver.identity import PADDING
from understudy.mockserver.steps import Rewrite, data_of, frame, is_stream, with_header
from understudy.mockserver.wire import Head, Send, Step

Document: TypeAlias = "dict[str, Any]"
Change: TypeAlias = "Callable[[Document], Document | None]"
"""Returns the very document for no change, None to leave the chunk out. A completion is never left out."""


def on_documents(change: Callable[[list[Step]], Iterable[Step]]) -> Rewrite:
    """Return the rewrite that gives *change* all steps of a reply that is no stream, from its Head on."""

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        left = iter(steps)
        for step in left:
            if isinstance(step, Head) and not is_stream(step):
                yield from change([step, *left])
                return
            yield step

    return rewrite


def edited(changing: Callable[[], Change]) -> Rewrite:
    """Return the rewrite that sends what a Change makes of each document of a reply; *changing* gives a
    new one for each reply, so that it may remember what it has seen of it."""

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        change, stream = changing(), False
        left = iter(steps)
        for step in left:
            if isinstance(step, Head):
                stream = is_stream(step)
                if not stream:
                    yield from _whole(change, [step, *left])
                    return
            if stream and isinstance(step, Send):
                sent = _event(change, step.data)
                if sent:
                    yield Send(sent)
            else:
                yield step

    return rewrite


def on_choices(change: Change) -> Change:
    """Return the Change that applies *change* to each choice of a document."""

    def changed(document: Document) -> Document:
        choices = document.get("choices")
        if not isinstance(choices, list):
            return document
        new = [change(choice) if isinstance(choice, dict) else choice for choice in choices]
        if all(one is other for one, other in zip(new, choices, strict=True)):
            return document
        return {**document, "choices": [choice for choice in new if choice is not None]}

    return changed


def on_said(change: Change) -> Change:
    """Return the Change that applies *change* to what each choice says: its message, or its delta."""
    return on_choices(saying(change))


def saying(change: Change) -> Change:
    """Return the change of one choice that applies *change* to its message or delta."""

    def changed(choice: Document) -> Document:
        key = said_in(choice)
        said = choice.get(key)
        new = change(said) if isinstance(said, dict) else said
        return choice if new is said else {**choice, key: new}

    return changed


def said_in(choice: Document) -> Literal["delta", "message"]:
    return "delta" if "delta" in choice else "message"


def laid_out(document: Document, *, indent: int | None = None) -> bytes:
    """Return *document* as JSON: compact, or as the API indents a completion."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(document, ensure_ascii=False, indent=indent, separators=separators)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can say and UTF-8 cannot
        return json.dumps(document, indent=indent, separators=separators).encode("ascii")


def read_object(text: bytes | None) -> Document | None:
    """Return the JSON object in *text*, None where there is none."""
    try:
        found = None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _event(change: Change, event: bytes) -> bytes:
    document = read_object(data_of(event))
    if document is None:
        return event
    new = change(document)
    if new is None:
        return b""
    return event if new is document else frame(laid_out(_padded(new)))


def _padded(document: Document) -> Document:
    """Return a chunk with as much padding as its new length asks for, if it has any (FACTS B.3)."""
    if not isinstance(document.get("obfuscation"), str):
        return document
    length = len(laid_out({**document, "obfuscation": ""}).decode("utf-8"))
    return {**document, "obfuscation": PADDING[: (1 - length) % 16]}


def _whole(change: Change, steps: list[Step]) -> Iterator[Step]:
    new: bytes | None = None
    for step in steps:
        if isinstance(step, Send) and new is None:
            document = read_object(step.data)
            changed = document if document is None else change(document)
            if changed is not None and changed is not document:
                new = laid_out(changed, indent=2) + b"\n"
    if new is None:
        yield from steps
        return
    for step in steps:
        if isinstance(step, Head):
            yield with_header(step, b"content-length", b"%d" % len(new))
        else:
            yield Send(new) if isinstance(step, Send) else step
