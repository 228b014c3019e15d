"""How the API writes values, lists and places in its refusals (FACTS A.7)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

_LONGEST = 60
_WIDEST = 4096  # bits; Python itself refuses to write integers of more than 4,300 digits

_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal number",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def kind(value: Any) -> str:
    """Return what *value* is, as in "but got a string instead"."""
    return _KINDS.get(type(value), type(value).__name__)


def shown(value: Any) -> str:
    """Return a number or a text as it is shown in a message, without quotes."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and value.bit_length() > _WIDEST:
        return "a number of more than a thousand digits"
    return str(value) if isinstance(value, float) else json.dumps(value)


def clipped(value: Any) -> str:
    """Return *value* as short JSON text, for the reader of a violation."""
    if isinstance(value, (dict, list)):
        return kind(value)
    text = f'"{value}"' if isinstance(value, str) else shown(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def listed(values: Iterable[str]) -> str:
    """Return ``'a', 'b', and 'c'``."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return f"{', '.join(quoted[:-1])}, and {quoted[-1]}"


def place(parts: Sequence[str | int]) -> str:
    """Return the place as the API writes it: ``messages[0].content[1].file``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")
