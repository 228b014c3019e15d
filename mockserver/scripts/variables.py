"""What a template can read: the request, and chance that is the same for the same request and seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from understudy.mockserver.scripts.facts import Facts, text_of

NAMES = (
    "attempt",
    "headers",
    "messages",
    "metadata",
    "model",
    "number",
    "pick",
    "position",
    "request",
    "system",
    "tool_results",
    "tools",
    "turn",
    "user",
)


def variables(facts: Facts, position: int, chance: Random) -> Mapping[str, Any]:
    """Return the variables for a request that is the *position*-th (from 0) the rule answers.

    *attempt* counts the same from 1. *messages* have ``role`` and ``text`` beside what was sent.
    """
    return {
        "attempt": position + 1,
        "headers": facts.headers,
        "messages": [_message(message) for message in facts.messages],
        "metadata": facts.metadata,
        "model": facts.model,
        "number": _number(chance),
        "pick": _pick(chance),
        "position": position,
        "request": facts.chat.document,
        "system": facts.system or "",
        "tool_results": [result._asdict() for result in facts.results],
        "tools": sorted(facts.tools),
        "turn": facts.turn,
        "user": facts.user or "",
    }


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    return {**message, "text": text_of(message.get("content"))}


def _pick(chance: Random) -> Callable[[Sequence[Any]], Any]:
    def pick(options: Sequence[Any]) -> Any:
        if not options:
            raise ValueError("pick has nothing to pick from")
        return options[int(chance.random() * len(options))]

    return pick


def _number(chance: Random) -> Callable[[int, int], int]:
    def number(least: int, most: int) -> int:
        if least > most:
            raise ValueError(f"number({least}, {most}): the least comes first")
        return least + int(chance.random() * (most - least + 1))

    return number
