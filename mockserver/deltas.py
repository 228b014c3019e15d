"""The choices of an answer, cut into the deltas a stream sends them in (FACTS B.2).

What comes first, what repeats and what ends is the API's sequence; where a text is cut is its
tokens' borders, as the API streams one token a chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, NamedTuple

from understudy.contracts import Family
from understudy.mockserver.chat import Choice, Document
from understudy.mockserver.layout import compact, quote, written
from understudy.mockserver.tokens.counting import split

_OPENING: Document = {"role": "assistant", "content": "", "refusal": None}
_OPENED = compact(_OPENING)  # by far the most
_NO_LOGPROBS: Document = {"content": [], "refusal": None}
_AUDIO_PIECE = 6_400  # characters of base64, a multiple of 4: a tenth of a second of pcm16
_SAID = ("role", "content", "tool_calls", "function_call", "refusal", "annotations", "audio")


class Delta(NamedTuple):
    """What one chunk says of one *choice* (its index). *text* is the ``delta`` as JSON, empty at its end."""

    choice: int
    text: str
    logprobs: Document | None = None
    finish_reason: str | None = None
    extra: Document = {}  # noqa: RUF012  (never changed)


def deltas(choices: Sequence[Choice], family: Family) -> Iterator[Delta]:
    """Yield the deltas of all *choices*, interleaved token by token, and their ends in index order.

    The first round carries each choice's role chunk just before its first token.
    """
    spoken = [list(_speech(index, choice, family)) for index, choice in enumerate(choices)]
    for speech in spoken:
        yield from speech[:2]
    for turn in zip_longest(*(speech[2:] for speech in spoken)):
        yield from (delta for delta in turn if delta is not None)
    for index, choice in enumerate(choices):
        yield Delta(index, "{}", finish_reason=choice.finish_reason, extra=choice.extra)


def _speech(index: int, choice: Choice, family: Family) -> Iterator[Delta]:
    """Yield what one choice says, without its end."""
    message = choice.message
    calls = message.get("tool_calls") or []
    opening = {key: value for key, value in message.items() if key not in _SAID and value is not None}
    if calls and not message.get("content"):
        yield from _calls(index, calls, choice.pieces, opening, family)
    elif message.get("function_call"):
        yield from _function_call(index, message["function_call"], choice.pieces, opening, family)
    elif message.get("refusal"):
        yield Delta(index, compact({"role": "assistant", "content": None, "refusal": "", **opening}))
        yield from _texts(index, "refusal", message["refusal"], choice, family)
    elif message.get("audio"):
        yield from _audio(index, message["audio"], opening, choice.pieces, family)
    else:
        logprobs = None if choice.logprobs is None else _NO_LOGPROBS
        yield Delta(index, compact({**_OPENING, **opening}) if opening else _OPENED, logprobs)
        if not calls:
            yield from _texts(index, "content", message.get("content"), choice, family)
        else:
            called = [one for number, call in enumerate(calls) for one in _call(index, number, call, family)]
            before, after = _around_calls(index, choice, family)
            yield from (*before, *called, *after)
    if annotations := message.get("annotations"):
        yield Delta(index, compact({"annotations": annotations}))


def _around_calls(index: int, choice: Choice, family: Family) -> tuple[Sequence[Delta], Sequence[Delta]]:
    """Return what is said before the tool calls, and what behind them."""
    message, end = choice.message, choice.text_after
    content = message.get("content")
    if not end or not isinstance(content, str):
        texts = _texts(index, "content", content, choice, family)
        names = list(message)  # whichever the message names first was said first
        return ((), texts) if names.index("tool_calls") < names.index("content") else (texts, ())
    border = len(content) - len(end)
    pieces, scores = choice.pieces or (), list(_scored((choice.logprobs or {}).get("content") or ()))
    cut, parted = _until(pieces, border), _until([piece for piece, _ in scores], border)

    def part(
        text: str, pieces: Sequence[str], scores: Sequence[tuple[str, list[Document]]]
    ) -> Sequence[Delta]:
        entries = [entry for _, several in scores for entry in several]
        own = replace(
            choice,
            pieces=None if choice.pieces is None else pieces,
            logprobs={**(choice.logprobs or {}), "content": entries} if entries else None,
        )
        return _texts(index, "content", text, own, family)

    return (
        part(content[:border], pieces[:cut], scores[:parted]),
        part(end, pieces[cut:], scores[parted:]),
    )


def _until(pieces: Sequence[str], border: int) -> int:
    """Return how many of *pieces* begin before the character *border* of what they make."""
    length = 0
    for number, piece in enumerate(pieces):
        if length >= border:
            return number
        length += len(piece)
    return len(pieces)


def _texts(index: int, member: str, text: Any, choice: Choice, family: Family) -> Sequence[Delta]:
    """Return *text* in its pieces; with logprobs, each chunk carries those of its token."""
    if not isinstance(text, str):
        # some providers answer with an object or with parts: whole, then
        return [] if text is None else [Delta(index, compact({member: text}))]
    before = f'{{"{member}":'
    scores = (choice.logprobs or {}).get(member)
    if not scores:
        return [Delta(index, before + quote(piece) + "}") for piece in _pieces(text, choice.pieces, family)]
    return [
        Delta(index, f"{before}{quote(piece)}}}", {**_NO_LOGPROBS, member: entries})
        for piece, entries in _scored(scores)
    ]


def _scored(scores: Sequence[Document]) -> Iterator[tuple[str, list[Document]]]:
    """Yield the text of each token with its logprobs; tokens that cut a character come together."""
    waiting: list[Document] = []
    for score in scores:
        waiting.append(score)
        try:
            yield _spelled(waiting), waiting
        except UnicodeDecodeError:
            continue
        waiting = []
    if waiting:
        yield "".join(str(score.get("token", "")) for score in waiting), waiting


def _spelled(scores: Sequence[Document]) -> str:
    if all(isinstance(score.get("bytes"), list) for score in scores):
        return b"".join(bytes(score["bytes"]) for score in scores).decode("utf-8")
    return "".join(str(score.get("token", "")) for score in scores)


def _calls(
    index: int, calls: Sequence[Document], pieces: Sequence[str] | None, opening: Document, family: Family
) -> Iterator[Delta]:
    """One call opens with the role; several leave the role alone and open in chunks of their own."""
    if len(calls) > 1:
        yield Delta(index, compact({"role": "assistant", "content": None, **opening}))
        for number, call in enumerate(calls):
            yield from _call(index, number, call, family)
        return
    head, fragments = _call_parts(0, calls[0], pieces, family)
    start = {"role": "assistant", "content": None, "tool_calls": [head], "refusal": None, **opening}
    yield Delta(index, compact(start))
    yield from (Delta(index, text) for text in fragments)


def _call(index: int, number: int, call: Document, family: Family) -> Iterator[Delta]:
    """Yield a call that has its opening in a chunk of its own, cut at its tokens' borders."""
    head, fragments = _call_parts(number, call, None, family)
    yield Delta(index, compact({"tool_calls": [head]}))
    yield from (Delta(index, text) for text in fragments)


def _call_parts(
    number: int, call: Document, pieces: Sequence[str] | None, family: Family
) -> tuple[dict[str, Any], list[str]]:
    """Return the opening of a call, and the deltas that carry its arguments or its input."""
    kind = "custom" if call.get("type") == "custom" else "function"
    payload = "input" if kind == "custom" else "arguments"
    body = call.get(kind) or {}
    text = body.get(payload)
    others = {key: value for key, value in call.items() if key not in ("index", kind)}
    head = {"index": number, **others, kind: {**body, payload: ""}}
    before = f'{{"tool_calls":[{{"index":{number},"{kind}":{{"{payload}":'
    cut = _pieces(text if isinstance(text, str) else "", pieces, family)
    return head, [f"{before}{quote(piece)}}}}}]}}" for piece in cut]


def _function_call(
    index: int, call: Document, pieces: Sequence[str] | None, opening: Document, family: Family
) -> Iterator[Delta]:
    head = {**call, "arguments": ""}
    start = {"role": "assistant", "content": None, "function_call": head, "refusal": None, **opening}
    yield Delta(index, compact(start))
    for piece in _pieces(str(call.get("arguments") or ""), pieces, family):
        yield Delta(index, f'{{"function_call":{{"arguments":{quote(piece)}}}}}')


def _audio(
    index: int, audio: Document, opening: Document, pieces: Sequence[str] | None, family: Family
) -> Iterator[Delta]:
    """Id, transcript, data, and last of all the expiry (FACTS B.2)."""
    start = {"role": "assistant", "content": None, "refusal": None, **opening}
    yield Delta(index, compact({**start, "audio": {"id": audio.get("id")}}))
    said, data = audio.get("transcript"), audio.get("data")
    if isinstance(said, str):
        yield from _heard(index, "transcript", _pieces(said, pieces, family))
    if isinstance(data, str):
        yield from _heard(index, "data", _cut(data))
    if "expires_at" in audio:
        yield Delta(index, f'{{"audio":{{"expires_at":{written(audio["expires_at"])}}}}}')


def _heard(index: int, member: str, pieces: Sequence[str]) -> Sequence[Delta]:
    return [Delta(index, f'{{"audio":{{"{member}":{quote(piece)}}}}}') for piece in pieces]


def _cut(data: str) -> Sequence[str]:
    """Return base64 *data* in pieces that can be decoded one by one."""
    return [data[at : at + _AUDIO_PIECE] for at in range(0, len(data), _AUDIO_PIECE)]


def _pieces(text: str, pieces: Sequence[str] | None, family: Family) -> Sequence[str]:
    return split(text, family.encoding) if pieces is None else pieces
