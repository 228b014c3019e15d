"""What an answer says in words: some sentences, JSON that satisfies a schema, or what a tool returned."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from understudy.contracts.families import Family
from understudy.mockserver.chat import ChatRequest
from understudy.mockserver.generation import citations
from understudy.mockserver.generation.cutting import Text, cut
from understudy.mockserver.generation.languages import (
    ENGLISH,
    language,
    language_of,
    sentences,
    words_of,
)
from understudy.mockserver.generation.prompts import role_of_last, sendable, tool_results, user_text
from understudy.mockserver.generation.prose import Piece, Prose, prose
from understudy.mockserver.generation.styles import LOREM, Style, lorem
from understudy.mockserver.instances.instance import instance
from understudy.mockserver.tokens.bpe import split

# verbosity -> fewest sentences, and how many numbers there are from there on
_LENGTHS: Mapping[Any, tuple[int, int]] = {"low": (1, 1), "medium": (1, 4), "high": (5, 6)}
_USUAL = _LENGTHS["medium"]
_STRIDE = 37  # without a factor in common with the size of any pool, so that choices begin differently
_RESULTS = ("tool", "function")
_QUOTED = 120  # characters of a tool's result that the answer repeats
_MOST_QUOTED = 3  # results

_OBJECT = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "summary": {"type": "string"},
        "topics": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
        "count": {"type": "integer", "minimum": 0, "maximum": 100},
        "confirmed": {"type": "boolean"},
    },
    "required": ["title", "summary", "topics", "count", "confirmed"],
}


def said(chat: ChatRequest, family: Family, style: Style, number: int, index: int) -> Text:
    """Return what choice *index* says, uncut; chance is in *number*. Raises Unsatisfiable."""
    wanted = chat.document.get("response_format")
    schema = _schema(wanted) if isinstance(wanted, dict) else None
    if schema is not None:
        local = words_of(language_of(user_text(chat.messages)))
        value = instance(schema, Random(number + index), words=local)
        return cut(json.dumps(value, ensure_ascii=False, separators=(",", ":")), family.encoding)
    if style == "echo":
        return cut(sendable(user_text(chat.messages)), family.encoding)
    text = words(chat, family.encoding, style, number, index)
    if not citations.searches(chat.document, family):
        return text
    return cut(citations.cited(text.whole, Random(number + index)), family.encoding)


def words(chat: ChatRequest, encoding: str, style: Style, number: int, index: int) -> Text:
    """Return what choice *index* says in sentences of *style*, which is not echo."""
    verbosity = chat.document.get("verbosity")
    lengths = _LENGTHS.get(verbosity, _USUAL) if isinstance(verbosity, str) else _USUAL
    if style == "lorem":
        known = (LOREM, split(LOREM, encoding)) if index == 0 else None
        return _paragraph(lorem(encoding), lengths, number, index, known)
    messages = chat.messages
    name = language_of(user_text(messages))
    if role_of_last(messages) in _RESULTS and (results := tool_results(messages)):
        return cut(_reported(results, name, number, index), encoding)
    if name == ENGLISH:
        return _paragraph(prose(encoding), lengths, number, index)
    return cut(_foreign(name, lengths, number, index), encoding)


def _paragraph(
    pool: Prose, lengths: tuple[int, int], number: int, index: int, opening: Piece | None = None
) -> Text:
    """Return some sentences. Chance is spent by division, far quicker than by a Random."""
    size, shift = len(pool.openings), index * _STRIDE
    number, more = divmod(number, lengths[1])
    number, at = divmod(number, size)
    text, pieces = opening or pool.openings[(at + shift) % size]
    for _ in range(lengths[0] + more - 1):
        number, at = divmod(number, size)
        following, tokens = pool.followings[(at + shift) % size]
        text += following
        pieces += tokens
    return Text(text, pieces)


def _foreign(name: str, lengths: tuple[int, int], number: int, index: int) -> str:
    pool, shift = sentences(name), index * _STRIDE
    number, more = divmod(number, lengths[1])
    found = []
    for _ in range(lengths[0] + more):
        number, at = divmod(number, len(pool))
        found.append(pool[(at + shift) % len(pool)])
    return language(name).joiner.join(found)


def _reported(results: Sequence[str], name: str, number: int, index: int) -> str:
    """Return a sentence that quotes *results*; further choices go on with one more."""
    quoted = "; ".join(_short(result) for result in results[-_MOST_QUOTED:])
    text = language(name).result.format(result=quoted)
    if not index:
        return text
    pool = sentences(name) if name != ENGLISH else tuple(text for text, _ in prose("o200k_base").openings)
    return f"{text}{language(name).joiner}{pool[(number + index * _STRIDE) % len(pool)]}"


def _short(text: str) -> str:
    text = sendable(" ".join(text.split()))
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED].rstrip()}…"


def _schema(wanted: Mapping[str, Any]) -> Any:
    """Return the schema the answer is to satisfy, None where it is plain text."""
    kind = wanted.get("type")
    if kind == "json_object":
        return _OBJECT
    if kind != "json_schema":
        return None
    described = wanted.get("json_schema")
    schema = described.get("schema") if isinstance(described, dict) else None
    return schema if isinstance(schema, (Mapping, bool)) else _OBJECT
