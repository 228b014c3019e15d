"""The choices of an answer as the chunks of a dialect's stream: what follows what, and what each fills in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from understudy.contracts import Family
from understudy.mockserver.chat import Choice
from understudy.mockserver.dialects.dialect import Dialect
from understudy.mockserver.dialects.templates import ABSENT, fill, names
from understudy.mockserver.dialects.words import Words
from understudy.mockserver.tokens.counting import split

_NO_LOGPROBS: Mapping[str, Any] = {"content": [], "refusal": None}


@dataclass(slots=True)
class Said:
    """A chunk to be: its *kind*, and what its templates fill in."""

    kind: str
    values: dict[str, Any]
    extra: Mapping[str, Any] | None = None  # further members of the choice, at its end
    delta: Mapping[str, Any] | None = None  # in place of the kind's own


def said(
    choices: Sequence[Choice], words: Sequence[Words], dialect: Dialect, family: Family
) -> Iterator[Said]:
    """Yield the chunks of all *choices*, interleaved, their ends last and in index order."""
    spoken = [
        list(_speech(index, choice, word, dialect, family))
        for index, (choice, word) in enumerate(zip(choices, words, strict=True))
    ]
    apart = _apart(dialect)
    for index, speech in enumerate(spoken):
        speech[0].values["role"] = "assistant"
        if not apart:
            _end(speech[-1], choices[index])
    together = 2 if "role" in dialect.stream.frames else 1  # a role comes just before its first token
    for speech in spoken:
        yield from speech[:together]
    for turn in zip_longest(*(speech[together:] for speech in spoken)):
        yield from (one for one in turn if one is not None)
    if apart:
        for index, (choice, word) in enumerate(zip(choices, words, strict=True)):
            yield _end(Said("finish", _values(index, word)), choice)


def _apart(dialect: Dialect) -> bool:
    """Return whether the finish_reason has a chunk of its own."""
    finish = dialect.stream.frames.get("finish")
    return finish is not None and finish.delta is not None


def _end(last: Said, choice: Choice) -> Said:
    last.values["finish_reason"] = choice.finish_reason
    last.extra = choice.extra
    return last


def _values(index: int, words: Words, **known: Any) -> dict[str, Any]:
    return {
        "index": index,
        "role": ABSENT,
        "finish_reason": None,
        "logprobs": ABSENT if words.logprobs is ABSENT else None,
        "scores": None,
        "no_reasoning": None if words.reasoning else ABSENT,
        "text": "",
        "token_id": token_id(""),
        **known,
    }


def _speech(index: int, choice: Choice, words: Words, dialect: Dialect, family: Family) -> Iterator[Said]:
    """Yield what one choice says, one chunk at least."""
    frames = dialect.stream.frames
    calls = words.calls
    opening = next((kind for kind in _openings(words) if kind in frames), None)
    if opening is not None:
        values = _values(index, words, **_call_values(calls[:1], dialect, frames))
        if isinstance(words.logprobs, Mapping):
            values["logprobs"] = _NO_LOGPROBS
        yield Said(opening, values)
    if "reasoning" in frames and words.reasoning:
        yield from _texts("reasoning", index, split(words.reasoning, family.encoding), words)
    if words.content is not None and not isinstance(words.content, str):
        yield Said("text", _values(index, words), delta={"content": words.content})
    elif words.content is not None or not (calls or words.refusal or words.others):
        # an end that is carried needs something to carry it, beside the opening
        yield from _content(index, choice, words, family, needed=opening is None or not _apart(dialect))
    if words.refusal:
        kind = "refusal" if "refusal" in frames else "text"
        yield from _texts(kind, index, _pieces(words.refusal, choice, family), words)
    alone = None if words.content else choice.pieces
    yield from _calls(index, words, alone, opening == "role_call", dialect, family)
    for name, value in words.others.items():
        yield Said("text", _values(index, words), delta={name: value})


def _openings(words: Words) -> Iterator[str]:
    if words.calls and not words.content:
        if len(words.calls) == 1:
            yield "role_call"
        yield "role_calls"
    if words.refusal:
        yield "role_refusal"
    if words.reasoning:
        yield "role_reasoning"
    yield "role"


def _content(index: int, choice: Choice, words: Words, family: Family, *, needed: bool) -> Iterator[Said]:
    text = words.content or ""
    scores = (words.logprobs or {}).get("content") if isinstance(words.logprobs, Mapping) else None
    if scores:
        for piece, entries in scored(scores):
            told = {**_NO_LOGPROBS, "content": entries}
            values = _values(index, words, text=piece, token_id=token_id(piece))
            yield Said("text", {**values, "logprobs": told, "scores": told})
        return
    pieces = _pieces(text, choice, family) if text else ([""] if needed else [])
    yield from _texts("text", index, pieces, words)


def _texts(kind: str, index: int, pieces: Sequence[str], words: Words) -> Iterator[Said]:
    for piece in pieces:
        yield Said(kind, _values(index, words, text=piece, token_id=token_id(piece)))


def _pieces(text: str, choice: Choice, family: Family) -> Sequence[str]:
    return split(text, family.encoding) if choice.pieces is None else choice.pieces


def _calls(
    index: int, words: Words, pieces: Sequence[str] | None, opened: bool, dialect: Dialect, family: Family
) -> Iterator[Said]:
    """Yield the calls: all in one chunk, each whole in its own, or opened and then argument by argument."""
    frames, calls = dialect.stream.frames, words.calls
    if calls and "calls" in set(names(frames["call"].delta)):
        filled = [_filled(call, dialect, whole=True) for call in calls]
        yield Said("call", _values(index, words, calls=filled, **_call_values(calls[:1], dialect, frames)))
        return
    for number, call in enumerate(calls):
        if not (opened and number == 0):
            yield Said("call", _values(index, words, **_call_values([call], dialect, frames)))
        if "arguments" in frames and "document" not in call:
            text = call["arguments"]
            cut = pieces if pieces is not None and len(calls) == 1 else split(text, family.encoding)
            for piece in cut:
                yield Said("arguments", _values(index, words, text=piece, call_index=call["call_index"]))


def _call_values(
    calls: Sequence[Mapping[str, Any]], dialect: Dialect, frames: Mapping[str, Any]
) -> dict[str, Any]:
    if not calls:
        return {}
    filled = _filled(calls[0], dialect, whole="arguments" not in frames)
    return {**calls[0], "call": filled, "call_index": calls[0]["call_index"]}


def _filled(call: Mapping[str, Any], dialect: Dialect, *, whole: bool) -> Any:
    if "document" in call:  # a kind of call that the dialect has no words for
        return {"index": call["call_index"], **call["document"]}
    return fill(dialect.stream.call, call if whole else {**call, "arguments": ""})


def scored(scores: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Yield the text of each token with its logprobs; tokens that cut a character come together."""
    waiting: list[Mapping[str, Any]] = []
    for score in scores:
        waiting.append(score)
        try:
            text = b"".join(bytes(one.get("bytes") or str(one.get("token", "")).encode()) for one in waiting)
            yield text.decode("utf-8"), waiting
        except UnicodeDecodeError:
            continue
        waiting = []
    if waiting:
        yield "".join(str(score.get("token", "")) for score in waiting), waiting


def token_id(text: str) -> int:
    """Return a number of the size of token ids, equal for equal texts: it is of no real vocabulary."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest, "big") % 128_000
