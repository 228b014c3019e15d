"""An answer in the shape of a dialect: one document, or the chunks of a stream (FACTS H, TRAFFIC 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from understudy.contracts import Family, snapshot_of
from understudy.mockserver.chat import Answer, ChatRequest, Document
from understudy.mockserver.dialects.dialect import Dialect
from understudy.mockserver.dialects.frames import Said, said
from understudy.mockserver.dialects.laid import Laid, slot
from understudy.mockserver.dialects.patterns import draw
from understudy.mockserver.dialects.templates import ABSENT, fill
from understudy.mockserver.dialects.words import Words, in_order, words_of
from understudy.mockserver.envelope import tier_of
from understudy.mockserver.identity import system_fingerprint
from understudy.mockserver.layout import compact, indented
from understudy.mockserver.usage import Counts, usage_document

_STRUCTURE = ("id", "object", "created", "model", "choices", "usage")


def usage_of(counts: Counts, family: Family, dialect: Dialect) -> dict[str, Any]:
    """Return the ``usage`` of *counts* with the members that *dialect* sends."""
    if dialect.usage is None:
        return usage_document(counts, family)
    filled: dict[str, Any] = fill(
        dialect.usage, {**counts._asdict(), "total": counts.prompt + counts.completion}
    )
    return filled


def encode(chat: ChatRequest, answer: Answer, family: Family, usage: Document, dialect: Dialect) -> Laid:
    """Lay out *answer* as *chat* asked for it, in the shape of *dialect*.

    An answer that brings an envelope (a recording) keeps its own members, in the dialect's order.
    """
    identity, created = answer.envelope.get("id"), answer.envelope.get("created")
    values = _around(chat, answer, family, usage, dialect)
    words = [words_of(choice, dialect, family, own_ids=bool(answer.envelope)) for choice in answer.choices]
    body, events = "", None
    if chat.stream:
        events = tuple(compact(chunk) for chunk in _chunks(answer, words, family, values, dialect))
    else:
        document = _completion(answer, words, values, dialect)
        body = compact(document) if dialect.layout == "compact" else indented(document) + "\n"
    return Laid(
        dialect,
        body,
        events,
        id=identity if isinstance(identity, str) else None,
        created=created if isinstance(created, int) else None,
    )


def _around(
    chat: ChatRequest, answer: Answer, family: Family, usage: Document, dialect: Dialect
) -> dict[str, Any]:
    """Return what the templates around the choices fill in; slots for what only the stamp knows."""
    model = snapshot_of(chat.model)
    own = answer.envelope
    told = dialect.stream.padding is not None and chat.include_obfuscation
    return {
        "id": slot("id"),
        "created": slot("created"),
        "padding": slot("padding") if told else ABSENT,
        "model": own.get("model", model),
        "tier": own.get("service_tier", tier_of(chat.document)),
        "fingerprint": own.get("system_fingerprint", _fingerprint(model, family, dialect)),
        "usage": usage,
        "asked": usage if chat.include_usage else ABSENT,
        "pending": None if chat.include_usage else ABSENT,
        **{name: slot(name) for name in dialect.draws},
    }


def _fingerprint(model: str, family: Family, dialect: Dialect) -> str | None:
    if dialect.own_fingerprint:
        return None if dialect.fingerprint is None else str(draw(dialect.fingerprint, model, _NO_FACTS))
    return system_fingerprint(model) if family.fingerprint else None


_NO_FACTS: Mapping[str, Any] = {"created": 0, "index": 0, "name": ""}


def _completion(answer: Answer, words: list[Words], values: Mapping[str, Any], dialect: Dialect) -> Any:
    recorded = bool(answer.envelope)
    choices = []
    for index, (choice, word) in enumerate(zip(answer.choices, words, strict=True)):
        known = {
            **values,
            "index": index,
            "message": choice.message if recorded else word.message,
            "logprobs": word.logprobs,
            "scores": None if word.logprobs is ABSENT else word.logprobs,
            "finish_reason": choice.finish_reason,
        }
        choices.append({**fill(dialect.choice, known), **in_order(dict(choice.extra), dialect)})
    document = fill(dialect.completion, {**values, "choices": choices})
    return _recorded(document, answer.envelope) if recorded else document


def _recorded(document: Mapping[str, Any], envelope: Document) -> dict[str, Any]:
    """Return *document* with the members of *envelope* in their places, and none that it does not have."""
    own = {name: value for name, value in envelope.items() if name not in _STRUCTURE}
    kept = {
        name: own.get(name, value) for name, value in document.items() if name in _STRUCTURE or name in own
    }
    return {**kept, **own}


def _chunks(
    answer: Answer, words: list[Words], family: Family, values: Mapping[str, Any], dialect: Dialect
) -> Iterator[Any]:
    stream = dialect.stream
    yield from (fill(template, values) for template in stream.before)
    chunks = list(said(answer.choices, words, dialect, family))
    for number, one in enumerate(chunks, start=1):
        yield _chunk(one, values, dialect, answer.envelope, last=number == len(chunks))
    if stream.usage == "always" or (stream.usage and values["asked"] is not ABSENT):
        ending = {**values, **chunks[-1].values, "choices": [], "pending": values["usage"]}
        yield fill(stream.usage_chunk or stream.chunk, ending)


def _chunk(one: Said, values: Mapping[str, Any], dialect: Dialect, envelope: Document, *, last: bool) -> Any:
    stream = dialect.stream
    frame = stream.frames[one.kind]
    ends = one.values["finish_reason"] is not None
    closing = stream.frames.get("finish") if ends else None
    known = {**values, **one.values}
    known["delta"] = fill(frame.delta or {}, known) if one.delta is None else one.delta
    choice = fill((closing and closing.choice) or frame.choice or stream.choice, known)
    known["choices"] = [{**choice, **(one.extra or {})}]
    # what is told of the whole answer at its end is told once
    chunk = fill(
        (closing and last and closing.chunk) or (None if ends else frame.chunk) or stream.chunk, known
    )
    return {
        **chunk,
        **{name: envelope[name] for name in chunk if name in envelope and name not in _STRUCTURE},
    }
