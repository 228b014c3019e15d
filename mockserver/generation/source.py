"""Answers made up on the spot: realistic, obedient to the request, and equal for equal requests.

All chance comes from the seed and the fingerprint of the request, so a process, a machine or a
Python more or less changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from random import Random
from typing import Any, TypeAlias

from understudy.contracts.families import Family, family_of
from understudy.mockserver.chat import Answer, ChatRequest, Choice
from understudy.mockserver.generation.calls import called
from understudy.mockserver.generation.logprobs import token_logprobs
from understudy.mockserver.generation.prose import SENTENCES, property_words, prose
from understudy.mockserver.generation.tool_choice import chosen
from understudy.mockserver.instances.instance import instance
from understudy.mockserver.tokens.bpe import count, split

Generate: TypeAlias = Callable[[ChatRequest], Answer]
# a text, its tokens, and whether it ends of its own accord
_Text: TypeAlias = "tuple[str, Sequence[str], bool]"

MOST_CHOICES = 128  # FACTS A.7: n
_FEWEST_SENTENCES, _MORE_SENTENCES = 1, 4
_STRIDE = 37  # without a factor in common with SENTENCES, so that choices begin differently

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


def generated(seed: int) -> Generate:
    """Return a source that makes every answer up, from *seed* and the request alone.

    It raises Unsatisfiable where a schema of the request has no value that could be found.
    """
    key = blake2b(str(seed).encode("ascii"), digest_size=16).digest()

    def generate(chat: ChatRequest) -> Answer:
        family = family_of(chat.model)
        digest = blake2b(chat.fingerprint, digest_size=24, key=key).digest()
        number = int.from_bytes(digest, "big")
        wanted = _whole(chat.document, "n", 1)
        if wanted == 1:
            return Answer((_choice(chat, family, number, 0),))
        choices = range(min(max(wanted, 1), MOST_CHOICES))
        return Answer(tuple(_choice(chat, family, number, index) for index in choices))

    return generate


def _choice(chat: ChatRequest, family: Family, number: int, index: int) -> Choice:
    document = chat.document
    most = _whole(document, "max_completion_tokens", _whole(document, "max_tokens", -1))
    if document.get("tools") or document.get("functions"):
        calls = chosen(chat, number + index)
        if calls is not None:
            return called(calls, _chance(number, index), family, most)
    text, pieces, ended = _limited(_said(document, family, number, index), most, family.encoding)
    if document.get("stop"):
        text, pieces, ended = _stopped((text, pieces, ended), _stops(document["stop"]), family.encoding)
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    logprobs = None
    if document.get("logprobs") is True:  # a model that cannot has refused the request
        chance = _chance(number, index)
        logprobs = token_logprobs(pieces, _whole(document, "top_logprobs", 0), chance)
    tokens = len(pieces) if text.isascii() else None  # elsewhere a piece may be several
    return Choice(message, "stop" if ended else "length", logprobs, pieces, tokens)


def _said(document: Mapping[str, Any], family: Family, number: int, index: int) -> _Text:
    wanted = document.get("response_format")
    schema = _schema(wanted) if isinstance(wanted, dict) else None
    if schema is None:
        return _paragraph(family.encoding, number, index)
    value = instance(schema, _chance(number, index), words=property_words)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text, split(text, family.encoding), True


def _paragraph(encoding: str, number: int, index: int) -> _Text:
    """Return some sentences. Chance is spent by division, far quicker than by a Random."""
    pool = prose(encoding)
    number, more = divmod(number, _MORE_SENTENCES)
    number, at = divmod(number, SENTENCES)
    text, pieces = pool.openings[(at + index * _STRIDE) % SENTENCES]
    for _ in range(_FEWEST_SENTENCES + more - 1):
        number, at = divmod(number, SENTENCES)
        following, tokens = pool.followings[(at + index * _STRIDE) % SENTENCES]
        text += following
        pieces += tokens
    return text, pieces, True


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


def _limited(said: _Text, most: int, encoding: str) -> _Text:
    """Return *said* cut to *most* tokens (below zero: whole)."""
    text, pieces, _ = said
    if most < 0 or (len(pieces) <= most and (text.isascii() or count(text, encoding) <= most)):
        return said
    left = pieces[:most]
    while left and not text.isascii() and count("".join(left), encoding) > most:
        left = left[:-1]  # a piece may be several tokens, where they share a character
    return "".join(left), left, False


def _stopped(said: _Text, stops: Iterable[str], encoding: str) -> _Text:
    """Return *said* up to the first of *stops*."""
    found = re.search("|".join(map(re.escape, stops)) or "(?!)", said[0])
    if not found:
        return said
    text = said[0][: found.start()]
    return text, split(text, encoding), True


def _stops(stop: Any) -> list[str]:
    listed = stop if isinstance(stop, list) else [stop]
    return [text for text in listed if isinstance(text, str) and text]


def _chance(number: int, index: int) -> Random:
    return Random(number + index)


def _whole(document: Mapping[str, Any], name: str, default: int) -> int:
    value = document.get(name)
    return value if type(value) is int else default
