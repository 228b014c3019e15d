"""Faults of what a reply says: its choices, roles, finishes and usage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from understudy.mockserver.faults.documents import Change, Document, edited, on_choices, on_said
from understudy.mockserver.faults.fault import SILENT, Fault, Parameter, Seen, Values, always
from understudy.mockserver.steps import Rewrite

_OBJECT = "chat.completion.chunk"
_EVENT = Parameter(int, 2, "event", "which chunk of a stream, from 1", 1)
_READS = "looks before it indexes: `choices` may be empty"


def _is_chunk(document: Document) -> bool:
    return document.get("object") == _OBJECT


def _with(name: str, value: Any) -> Change:
    """Return the Change that gives member *name* this *value*, where a document has the member."""
    return lambda document: {**document, name: value} if name in document else document


def _kth(which: int, change: Change) -> Callable[[], Change]:
    """Return what changes a completion, or the chunk of this number (from 1) in a stream."""

    def changing() -> Change:
        seen = 0

        def changed(document: Document) -> Document | None:
            nonlocal seen
            seen += 1
            return document if _is_chunk(document) and seen != which else change(document)

        return changed

    return changing


def _no_finish() -> Change:
    """A choice that says nothing but its finish is left out, and a chunk with it; else the finish is null."""

    def choice(one: Document) -> Document | None:
        if one.get("finish_reason") is None:
            return one
        return None if one.get("delta") == {} else {**one, "finish_reason": None}

    def changed(document: Document) -> Document | None:
        new = on_choices(choice)(document)
        return None if new is not document and new is not None and new["choices"] == [] else new

    return changed


def _no_usage() -> Change:
    def changed(document: Document) -> Document | None:
        if not _is_chunk(document):
            return {key: value for key, value in document.items() if key != "usage"}
        if not document.get("usage"):
            return document
        return None if document.get("choices") == [] else {**document, "usage": None}

    return changed


def _role_in_every_delta() -> Change:
    return on_said(lambda said: said if "role" in said else {"role": "assistant", **said})


def _no_role() -> Change:
    def without(said: Document) -> Document:
        return {key: value for key, value in said.items() if key != "role"} if "role" in said else said

    return on_said(without)


def _null_delta(values: Values) -> Rewrite:
    null = on_choices(lambda choice: {**choice, "delta": None} if "delta" in choice else choice)
    return edited(_kth(values["event"], null))


def _choices_from_one() -> Change:
    def later(choice: Document) -> Document:
        index = choice.get("index")
        return {**choice, "index": index + 1} if isinstance(index, int) else choice

    return on_choices(later)


CHOICE_FAULTS = (
    Fault(
        "empty_choices",
        "`choices` is empty: of a completion, or of chunk k (Azure's first chunk is like that)",
        "body",
        "both",
        {
            "json": Seen(SILENT, "choices == [], so that choices[0] raises IndexError"),
            "stream": Seen(SILENT, "a chunk without choices, so that choices[0] raises IndexError"),
        },
        _READS,
        "I.9, I.34",
        lambda values: edited(_kth(values["event"], _with("choices", []))),
        {"event": _EVENT},
        rules=("completion.minItems", "stream.empty_choices"),
    ),
    Fault(
        "null_choices",
        "`choices` is null: of a completion, or of chunk k",
        "body",
        "both",
        {
            "json": Seen(SILENT, "choices is None, so that choices[0] raises TypeError"),
            "stream": Seen(SILENT, "choices is None, so that choices[0] raises TypeError"),
            "helper": Seen("TypeError"),
        },
        _READS,
        "F.2, F.4",
        lambda values: edited(_kth(values["event"], _with("choices", None))),
        {"event": _EVENT},
        rules=("chunk.type", "completion.type"),
    ),
    Fault(
        "null_delta",
        "the delta of chunk k is null",
        "event",
        "stream",
        {
            "stream": Seen(SILENT, "delta is None, so that delta.content raises AttributeError"),
            "helper": Seen("AttributeError"),
        },
        "takes a delta that is null for an empty one",
        "F.4",
        _null_delta,
        {"event": _EVENT},
        rules=("chunk.type",),
    ),
    Fault(
        "no_finish",
        "finish_reason never comes: null in a completion, no such chunk in a stream",
        "body",
        "both",
        {
            "json": Seen(SILENT, "finish_reason is None"),
            "stream": Seen(SILENT, "no finish_reason, and no error"),
            "helper": Seen(SILENT, "finish_reason is None; Node says: missing finish_reason"),
        },
        "takes an answer without finish_reason as broken off",
        "F.4, I.8",
        always(edited(_no_finish)),
        rules=("completion.enum", "stream.finish_missing"),
    ),
    Fault(
        "role_in_every_delta",
        "each delta says its role again",
        "event",
        "stream",
        {"stream": Seen(SILENT, "role in each chunk"), "helper": Seen(SILENT, "assistantassistant…")},
        "takes the role once",
        "F.4, I.4",
        always(edited(_role_in_every_delta)),
        rules=("stream.role_repeated",),
    ),
    Fault(
        "role_missing",
        "no delta ever says its role",
        "event",
        "stream",
        {
            "stream": Seen(SILENT, "role is None"),
            "helper": Seen(SILENT, "role is None; Node says: missing role"),
        },
        "takes the assistant for who speaks",
        "F.4",
        always(edited(_no_role)),
        rules=("stream.role_missing",),
    ),
    Fault(
        "wrong_object",
        "chunks say `chat.completion` of themselves",
        "event",
        "stream",
        {
            "stream": Seen(SILENT, "yielded as they are"),
            "helper": Seen("AssertionError", "it skips every chunk"),
        },
        "goes by what is in a chunk",
        "F.4, I.3",
        always(edited(lambda: lambda document: {**document, "object": "chat.completion"})),
        rules=("chunk.const",),
    ),
    Fault(
        "choices_from_one",
        "the indexes of choices begin at 1",
        "body",
        "both",
        {
            "json": Seen(SILENT, "index is 1"),
            "stream": Seen(SILENT, "index is 1"),
            "helper": Seen("IndexError"),
        },
        "finds choices by their index, wherever it begins",
        "F.4",
        always(edited(_choices_from_one)),
        rules=("completion.choice_index", "stream.choice_index"),
    ),
    Fault(
        "usage_missing",
        "no usage: not in a completion, and not in a stream although it was asked for",
        "body",
        "both",
        {
            "json": Seen(SILENT, "usage is None"),
            "stream": Seen(SILENT, "usage is None in each chunk"),
            "helper": Seen(SILENT, "usage is None"),
        },
        "counts without it, and never takes its absence for zero",
        "F.4, I.9",
        always(edited(_no_usage)),
        needs="usage: of a stream, stream_options.include_usage",
        rules=("completion.usage_missing", "stream.usage_missing"),
    ),
)
