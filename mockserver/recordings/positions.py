"""Where in a JSON text a member stands, so that a complaint can name the line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


def position(text: str, path: Sequence[str | int]) -> tuple[int, int]:
    """Return line and column, from 1, of the value at *path* in *text*, which must be valid JSON.

    Where the path leads nowhere: those of the last value on the way.
    """
    at = _next(text, 0)
    for step in path:
        found = [start for name, start in _members(text, at) if name == step]
        if not found:
            break
        at = found[-1]  # of a repeated key, json keeps the last
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def json_path(path: Sequence[str | int]) -> str:
    """Return *path* as text: ``$.messages[0].role``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "$" + "".join(steps)


def _members(text: str, at: int) -> Iterator[tuple[str | int, int]]:
    """Yield name (or number) and place of each value in the object or array at *at*."""
    opening = text[at]
    if opening not in "{[":
        return
    at, number = _next(text, at + 1), 0
    while text[at] not in "}]":
        name: str | int = number
        if opening == "{":
            name, at = _DECODER.raw_decode(text, at)
            at = _next(text, _next(text, at) + 1)  # past the colon
        yield name, at
        at = _next(text, _DECODER.raw_decode(text, at)[1])
        at = _next(text, at + 1) if text[at] == "," else at
        number += 1


def _next(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
