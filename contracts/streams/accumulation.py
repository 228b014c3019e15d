"""A stream of chunks put together into the ``chat.completion`` document it amounts to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from understudy.contracts.streams.framing import Framing

DONE = "[DONE]"

_PADDING = frozenset({"obfuscation", "p"})
_FIRST_STAYS = frozenset({"id", "type", "name", "role", "index", "format", "object", "channel", "signature"})
_FIRST_SAID = frozenset({"id", "created", "model"})
_DEEPEST = 8
_ENVELOPE = ("id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint")
_CHOICE = ("index", "message", "logprobs", "finish_reason")
_MESSAGE = ("role", "content", "tool_calls", "function_call", "refusal", "audio", "annotations")
_CALL = ("id", "type", "function", "custom")


def chunks_of(data: bytes) -> list[dict[str, Any]]:
    """Return the JSON objects of the stream *data*, without comments and ``[DONE]``.

    Raises ValueError, naming the event, where one is not a JSON object.
    """
    framing = Framing()
    events = [*framing.feed(data), *framing.close()]
    texts = [event.data for event in events if event.data and event.data != DONE]
    return [_chunk(text, number) for number, text in enumerate(texts)]


def accumulate(chunks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the document that *chunks* amount to, keys in the API's order (FACTS B.1).

    Texts are joined, tool calls put together by index, the members of providers
    (``reasoning_content``, ``x_groq``) kept, padding left out. What never came is left out, but for
    ``content`` and ``refusal``, which every message has.
    """
    envelope: dict[str, Any] = {}
    choices: dict[int, _Choice] = {}
    for chunk in chunks:
        for key, value in chunk.items():
            if key == "choices":
                for part in _objects(value):
                    choices.setdefault(_index(part), _Choice()).take(part)
            elif key not in _PADDING:
                _settle(envelope, key, value)
    envelope["object"] = "chat.completion"
    envelope["choices"] = [choice.whole(index) for index, choice in sorted(choices.items())]
    if envelope.get("usage") is None:
        envelope.pop("usage", None)
        groq = envelope.get("x_groq")
        if isinstance(groq, Mapping) and isinstance(groq.get("usage"), Mapping):
            envelope["usage"] = groq["usage"]
    return _ordered(envelope, _ENVELOPE)


def _chunk(text: str, number: int) -> dict[str, Any]:
    try:
        chunk = json.loads(text)
    except (ValueError, RecursionError) as reason:
        raise ValueError(f"event {number} of the stream is not JSON: {reason}") from None
    if not isinstance(chunk, dict):
        raise ValueError(f"event {number} of the stream is {type(chunk).__name__}, expected a JSON object")
    return chunk


class _Pieces(list[str]):
    """The pieces of one text, joined at the end: adding to a growing text would be quadratic."""


class _Choice:
    """One choice while its deltas come in."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._calls: list[tuple[Any, dict[str, Any]]] = []
        self._other: dict[str, Any] = {"finish_reason": None}

    def take(self, part: Mapping[str, Any]) -> None:
        for key, value in part.items():
            if key == "delta":
                self._delta(value)
            elif key == "logprobs":
                self._logprobs(value)
            elif key == "finish_reason":
                self._other[key] = value or self._other[key]
            elif key != "index":
                _settle(self._other, key, value)

    def whole(self, index: int) -> dict[str, Any]:
        message = {"role": "assistant", "content": None, "refusal": None, **_whole(self._message)}
        if self._calls:
            message["tool_calls"] = [_finished(call) for _, call in self._calls]
        choice = {"index": index, "message": _ordered(message, _MESSAGE), **self._other}
        return _ordered(choice, _CHOICE)

    def _delta(self, delta: Any) -> None:
        for key, value in delta.items() if isinstance(delta, Mapping) else ():
            if key == "tool_calls":
                for piece in _objects(value):
                    self._call(piece)
            elif key not in _PADDING:
                _merge(self._message, key, value)

    def _call(self, piece: Mapping[str, Any]) -> None:
        """Add a fragment to the call it belongs to: by index, or to the last where it has none."""
        index, new_id = piece.get("index"), piece.get("id")
        for known, call in reversed(self._calls):
            if (index is None or known == index) and (not new_id or call.get("id") in (None, "", new_id)):
                break
        else:
            call = {}
            self._calls.append((index, call))
        for key, value in piece.items():
            if key != "index":
                _merge(call, key, value)

    def _logprobs(self, value: Any) -> None:
        if not isinstance(value, Mapping):
            self._other.setdefault("logprobs", None)
            return
        held = self._other.get("logprobs") or {}
        self._other["logprobs"] = held
        for key, tokens in value.items():
            if isinstance(tokens, list):
                held[key] = held.get(key) or []
                held[key].extend(tokens)
            else:
                held.setdefault(key, tokens)


def _finished(call: dict[str, Any]) -> dict[str, Any]:
    whole = _whole(call)
    if not whole.get("type") and "function" in whole:
        whole["type"] = "function"
    return _ordered(whole, _CALL)


def _settle(target: dict[str, Any], key: str, value: Any) -> None:
    """Keep the first id, created and model that say something, and the last of everything else."""
    if target.get(key) in (None, "", 0) or (key not in _FIRST_SAID and value is not None):
        target[key] = value


def _merge(target: dict[str, Any], key: str, value: Any, depth: int = 0) -> None:
    """Add *value* to what *target* holds: texts and lists grow, objects merge, the rest replaces."""
    held = target.get(key)
    if value is None:
        target.setdefault(key, None)
    elif isinstance(value, str) and key in _FIRST_STAYS:
        target[key] = held or value
    elif isinstance(value, str):
        _add_text(target, key, value)
    elif isinstance(value, list):
        # a text before a list of parts (Mistral's thinking) becomes a part itself
        before = [_part("".join(held))] if isinstance(held, _Pieces) and any(held) else held
        target[key] = [*before, *value] if isinstance(before, list) else [*value]
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        inner = target[key] = held if isinstance(held, dict) else {}
        for name, part in value.items():
            _merge(inner, name, part, depth + 1)
    else:
        target[key] = value


def _add_text(target: dict[str, Any], key: str, text: str) -> None:
    held = target.get(key)
    if isinstance(held, _Pieces):
        held.append(text)
    elif isinstance(held, list):
        held.append(_part(text))
    else:
        target[key] = _Pieces([text])


def _part(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _whole(members: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for key, value in members.items():
        if isinstance(value, _Pieces):
            whole[key] = "".join(value)
        elif isinstance(value, Mapping) and depth < _DEEPEST:
            whole[key] = _whole(value, depth + 1)
        else:
            whole[key] = value
    return whole


def _ordered(members: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    first = {key: members[key] for key in order if key in members}
    return {**first, **{key: value for key, value in members.items() if key not in first}}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def _index(part: Mapping[str, Any]) -> int:
    index = part.get("index")
    return index if isinstance(index, int) else 0
