"""What one choice says, in the words that a dialect's templates ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from understudy.contracts import Family
from understudy.mockserver.chat import Choice
from understudy.mockserver.dialects.dialect import Dialect
from understudy.mockserver.dialects.patterns import draw
from understudy.mockserver.dialects.templates import ABSENT, fill, names

_THOUGHTS = ("reasoning_content", "reasoning")
_BIT_BY_BIT = ("role", "content", "tool_calls", "refusal", *_THOUGHTS)
_GENERATED = re.compile(r"call_[A-Za-z0-9]{24}")


@dataclass(frozen=True, slots=True)
class Words:
    """*message* is what a whole reply says, the other members what a stream says bit by bit.

    *content* holds the refusal where the dialect has no member for one. *others* are the members that
    streams send in a delta of their own. *logprobs* is ABSENT where the model's family sends none.
    """

    message: Mapping[str, Any]
    content: Any
    refusal: str | None
    reasoning: str | None
    logprobs: Any
    calls: tuple[Mapping[str, Any], ...]
    others: Mapping[str, Any]


def words_of(choice: Choice, dialect: Dialect, family: Family, *, own_ids: bool) -> Words:
    """Return the words of *choice*. Ids of calls follow the dialect's pattern unless they are *own_ids*."""
    said = choice.message
    reasoning = choice.reasoning or next((said[name] for name in _THOUGHTS if said.get(name)), None)
    template = dialect.message_reasoning if reasoning else dialect.message
    content, refusal = said.get("content"), said.get("refusal") or None
    if refusal and "refusal" not in set(names(template)):
        content, refusal = content or refusal, None
    calls = tuple(
        _call(number, call, dialect, own_ids=own_ids)
        for number, call in enumerate(said.get("tool_calls") or ())
    )
    others = {
        name: in_order(value, dialect)
        for name, value in said.items()
        if name not in _BIT_BY_BIT and value not in (None, [], {})
    }
    whole = [_whole(call, dialect) for call in calls]
    values = {
        "content": content,
        "text": "" if content is None else content,
        "refusal": refusal,
        "reasoning": reasoning,
        "calls": whole,
        "tool_calls": whole or None,
        "function_call": others.get("function_call"),
        "audio": others.get("audio"),
        "annotations": others.get("annotations", []),
    }
    message = fill(template, values)
    logprobs = in_order(choice.logprobs, dialect)
    return Words(
        message={**message, **{name: value for name, value in others.items() if name not in message}},
        content=content,
        refusal=refusal,
        reasoning=reasoning if isinstance(reasoning, str) else None,
        logprobs=logprobs if logprobs or family.sends_logprobs else ABSENT,
        calls=calls,
        others=others,
    )


def _whole(call: Mapping[str, Any], dialect: Dialect) -> Any:
    return call["document"] if "document" in call else fill(dialect.tool_call, call)


def _call(number: int, call: Mapping[str, Any], dialect: Dialect, *, own_ids: bool) -> Mapping[str, Any]:
    """Return what templates ask of a call; *document* is there for kinds that they have no words for."""
    values: dict[str, Any] = {
        "call_index": number,
        "call_id": call.get("id"),
        "name": None,
        "arguments": None,
    }
    function = call.get("function")
    if not isinstance(function, Mapping):
        return {**values, "document": in_order(call, dialect)}
    values["name"], values["arguments"] = function.get("name"), function.get("arguments") or ""
    made = isinstance(values["call_id"], str) and _GENERATED.fullmatch(values["call_id"])
    if dialect.call_id and made and not own_ids:
        facts = {"created": 0, "index": number, "name": values["name"]}
        values["call_id"] = draw(dialect.call_id, str(values["call_id"]), facts)
    return values


def in_order(value: Any, dialect: Dialect) -> Any:
    """Return *value* with its keys sorted, where the dialect sorts."""
    if not dialect.sorted:
        return value
    if isinstance(value, Mapping):
        return {key: in_order(value[key], dialect) for key in sorted(value)}
    return [in_order(item, dialect) for item in value] if isinstance(value, list) else value
