"""What a request says, read leniently: the words of the user, and what tools came back with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

_RESULTS = ("tool", "function")
_INSTRUCTIONS = ("system", "developer")


def user_text(messages: Sequence[Any]) -> str:
    """Return the text of the user's last message, text parts joined by a space; "" where there is none."""
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            return _text(message.get("content"))
    return ""


def role_of_last(messages: Sequence[Any]) -> Any:
    """Return the role of the last message but instructions, None where that is no message.

    Instructions come behind what they are about: it is that which is answered.
    """
    for message in reversed(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in _INSTRUCTIONS:
            return role
    return None


def tool_results(messages: Sequence[Any]) -> list[str]:
    """Return what the tools said that *messages* end with but for instructions, first one first."""
    found: list[str] = []
    for message in reversed(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role in _RESULTS:
            found.append(_text(message.get("content")))
        elif role not in _INSTRUCTIONS:
            break
    return found[::-1]


def sendable(text: str) -> str:
    """Return *text* as UTF-8 can say it: a half of a surrogate pair becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return " ".join(text for text in parts if isinstance(text, str))
    # some clients send a tool's result as it is
    return "" if content is None else json.dumps(content, ensure_ascii=False)
