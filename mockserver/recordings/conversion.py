"""A recorded reply as an answer, apart from the form it was sent in: whole, or in events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.contracts.streams.accumulation import accumulate, chunks_of
from understudy.mockserver.chat import Answer, Choice
from understudy.mockserver.recordings.recording import Recording

# Snowflake sends both beside every text, their members empty: as an answer they would hide it
_EMPTY_WITHOUT = {"function_call": "name", "audio": "id"}


def converted(recording: Recording) -> Answer | None:
    """Return what the recorded reply says, apart from its form.

    None where it is no chat completion: an error sent with 200, a filtered choice, plain text.
    """
    if recording.form == "sse":
        return _answer(_accumulated(recording.body))
    return _answer(recording.payload)


def _accumulated(body: bytes) -> Mapping[str, Any] | None:
    try:
        return accumulate(chunks_of(body))
    except ValueError:
        return None


def _answer(document: Any) -> Answer | None:
    if not isinstance(document, Mapping) or document.get("error"):
        return None
    choices = document.get("choices")
    if not isinstance(choices, list) or not choices or not all(_is_choice(choice) for choice in choices):
        return None
    return Answer(
        choices=tuple(_choice(choice) for choice in choices),
        usage=_object(document.get("usage")),
        envelope={
            name: value for name, value in document.items() if name not in ("object", "choices", "usage")
        },
    )


def _is_choice(choice: Any) -> bool:
    return isinstance(choice, Mapping) and isinstance(choice.get("message"), Mapping)


def _choice(choice: Mapping[str, Any]) -> Choice:
    ours = ("index", "message", "finish_reason", "logprobs")
    return Choice(
        message=_message(choice["message"]),
        finish_reason=choice.get("finish_reason") or None,
        logprobs=_object(choice.get("logprobs")),
        extra={name: value for name, value in choice.items() if name not in ours},
    )


def _message(message: Mapping[str, Any]) -> Mapping[str, Any]:
    empty = {name for name, key in _EMPTY_WITHOUT.items() if _says_nothing(message.get(name), key)}
    return {name: value for name, value in message.items() if name not in empty} if empty else message


def _says_nothing(part: Any, key: str) -> bool:
    return isinstance(part, Mapping) and not part.get(key)


def _object(value: Any) -> Mapping[str, Any] | None:
    # some providers say 0.0 or [] where they mean nothing
    return value if isinstance(value, Mapping) else None
