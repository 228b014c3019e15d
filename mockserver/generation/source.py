"""Answers made up on the spot: realistic, obedient to the request, and equal for equal requests.

All chance comes from the seed and the fingerprint of the request, so a process, a machine or a
Python more or less changes nothing. It is never refused: refusals are for scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from random import Random
from typing import Any, NamedTuple, TypeAlias

from understudy.contracts.families import Family, family_of
from understudy.mockserver.chat import Answer, ChatRequest, Choice, Document
from understudy.mockserver.generation.calls import called
from understudy.mockserver.generation.citations import notes, searches
from understudy.mockserver.generation.cutting import Text, cut, limited, stopped
from understudy.mockserver.generation.languages import language_of, words_of
from understudy.mockserver.generation.logprobs import token_logprobs
from understudy.mockserver.generation.prompts import user_text
from understudy.mockserver.generation.reasoning import thinker, thought
from understudy.mockserver.generation.styles import Style, checked
from understudy.mockserver.generation.texts import said, words
from understudy.mockserver.generation.tool_choice import chosen
from understudy.mockserver.generation.voices import speaks
from understudy.mockserver.tokens.bpe import count

Generate: TypeAlias = Callable[[ChatRequest], Answer]

MOST_CHOICES = 128  # FACTS A.7: n
# members that change nothing about what is said: most requests have no others
_PLAIN = frozenset(("model", "messages", "stream", "stream_options", "temperature", "top_p", "seed", "user"))
_ENOUGH = (1 << 60) - 1  # the part of chance that a few sentences take: arithmetic is quicker on less
_TRIES = 4  # for a choice that differs from those before it
_THINKING = 1 << 128  # the part of chance that thoughts are drawn from


class _Model(NamedTuple):
    """What is known of a model; *plain*: it only talks."""

    family: Family
    thinks: Family | None
    plain: bool


class _Asked(NamedTuple):
    """A request, and what all its choices have in common."""

    chat: ChatRequest
    family: Family
    thinks: Family | None
    style: Style
    most: int  # tokens, below zero: without limit


def generated(seed: int, style: Style = "faker") -> Generate:
    """Return a source that makes every answer up, from *seed* and the request alone.

    It raises Unsatisfiable where a schema of the request has no value that could be found. ValueError
    for a *style* there is none of.
    """
    style = checked(style)
    key = blake2b(str(seed).encode("ascii"), digest_size=16).digest()

    def generate(chat: ChatRequest) -> Answer:
        number = int.from_bytes(blake2b(chat.fingerprint, digest_size=24, key=key).digest(), "big")
        document = chat.document
        model = _model(chat.model)
        if model.plain and style == "faker" and document.keys() <= _PLAIN:
            return _plain(chat, model.family, number)
        most = _whole(document, "max_completion_tokens", -1)
        if most < 0:
            most = _whole(document, "max_tokens", -1)
        asked = _Asked(chat, model.family, model.thinks, style, most)
        wanted = _whole(document, "n", 1)
        if wanted <= 1:
            return Answer((_choice(asked, number, 0),))
        return Answer(tuple(_different(asked, number, min(wanted, MOST_CHOICES))))

    return generate


@lru_cache(maxsize=1024)
def _model(name: str) -> _Model:
    family, thinks = family_of(name), thinker(name)
    return _Model(family, thinks, plain=thinks is None and not family.web_search)


def _plain(chat: ChatRequest, family: Family, number: int) -> Answer:
    """As `_choice` answers it, without a look at each of the members that are not there."""
    text = words(chat, family.encoding, "faker", number & _ENOUGH, 0)
    message: dict[str, Any] = {"role": "assistant", "content": text.whole, "refusal": None, "annotations": []}
    tokens = len(text.pieces) if text.whole.isascii() else count(text.whole, family.encoding)
    return Answer((Choice(message, "stop", None, text.pieces, tokens),))


def _different(asked: _Asked, number: int, wanted: int) -> Iterator[Choice]:
    """Yield *wanted* choices, each unlike the others where a few tries find one that is."""
    seen: set[Any] = set()
    for index in range(wanted):
        for attempt in range(_TRIES):
            choice = _choice(asked, number, index + attempt * MOST_CHOICES)
            if (saying := _saying(choice.message)) not in seen:
                break
        seen.add(saying)
        yield choice


def _saying(message: Document) -> Any:
    """Return what tells one choice from another, ids left out."""
    text = message["content"] if "audio" not in message else message["audio"]["transcript"]
    calls = message.get("tool_calls") or ({"function": message.get("function_call")},)
    return text, str([call.get("function") or call.get("custom") for call in calls])


def _choice(asked: _Asked, number: int, index: int) -> Choice:
    if asked.thinks is None:
        return _answer(asked, number, index, asked.most)
    chat, most = asked.chat, asked.most
    text, tokens = thought(chat.document, chat.messages, asked.thinks, number // _THINKING + index)
    if not tokens:
        return _answer(asked, number, index, most)
    if 0 <= most <= tokens:  # all spent on thinking (FACTS A.8)
        silence = _written(asked, Text("", (), ended=False), 0, number)
        begun = limited(cut(text or "", asked.thinks.encoding), most, asked.thinks.encoding)
        return replace(silence, reasoning=begun.whole or None, reasoning_tokens=most)
    choice = _answer(asked, number, index, most - tokens if most >= 0 else most)
    return replace(choice, reasoning=text, reasoning_tokens=tokens)


def _answer(asked: _Asked, number: int, index: int, most: int) -> Choice:
    """Return what is said after any thinking, in up to *most* tokens."""
    chat, family = asked.chat, asked.family
    document = chat.document
    if document.get("tools") or document.get("functions"):
        calls = chosen(chat, number + index)
        if calls is not None:
            local = words_of(language_of(user_text(chat.messages)))
            return called(calls, Random(number + index), family, most, local)
    text = limited(said(chat, family, asked.style, number, index), most, family.encoding)
    if document.get("stop"):
        text = stopped(text, document["stop"], family.encoding)
    if "modalities" in document and _is_spoken(chat, family):
        return _spoken(asked, text, most, Random(number + index))
    return _written(asked, text, most, number + index)


def _written(asked: _Asked, text: Text, most: int, number: int) -> Choice:
    document, family = asked.chat.document, asked.family
    noted = notes(text.whole) if searches(document, family) else []
    message: dict[str, Any] = {
        "role": "assistant",
        "content": text.whole,
        "refusal": None,
        "annotations": noted,
    }
    logprobs = None
    if document.get("logprobs") is True:  # a model that cannot has refused the request
        logprobs = token_logprobs(text.pieces, _whole(document, "top_logprobs", 0), Random(number))
    return Choice(message, _ending(text), logprobs, text.pieces, _tokens(text, most, family))


def _is_spoken(chat: ChatRequest, family: Family) -> bool:
    """Return whether the answer to *chat* is to be audio, not text."""
    asked = chat.document.get("modalities")
    return isinstance(asked, list) and "audio" in asked and speaks(chat.model, family)


def _spoken(asked: _Asked, text: Text, most: int, chance: Random) -> Choice:
    # here: few are answered in audio, and every server starts
    from understudy.mockserver.generation.speech import spoken

    said_tokens = _tokens(text, most, asked.family)
    speech = spoken(asked.chat.document, text.whole, most - said_tokens if most >= 0 else most, chance)
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "audio": speech.audio,
        "annotations": [],
    }
    return Choice(
        message,
        "length" if speech.cut else _ending(text),
        pieces=text.pieces,
        tokens=said_tokens + speech.tokens,
        audio_tokens=speech.tokens,
    )


def _ending(text: Text) -> str:
    return "stop" if text.ended else "length"


def _tokens(text: Text, most: int, family: Family) -> int:
    """Return how many tokens *text* took: a stop may have cut one in two, which does not make it more."""
    tokens = len(text.pieces) if text.whole.isascii() else count(text.whole, family.encoding)
    return tokens if most < 0 else min(tokens, most)


def _whole(document: Document, name: str, default: int) -> int:
    """Return the whole number that is called *name*; 2.0 is one, as in JSON Schema."""
    value = document.get(name)
    if type(value) is float and value.is_integer():
        return int(value)
    return value if type(value) is int else default
