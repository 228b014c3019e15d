"""JSON text as the API lays it out: bodies indented by two, chunks compact, UTF-8 as it is."""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any

compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
quote = encode_basestring

_WORDS = {None: "null", True: "true", False: "false"}


class Written(str):
    """JSON text that is laid out as it stands: a number that is not known yet, for one."""

    __slots__ = ()


def indented(value: Any, margin: str = "\n") -> str:
    """Return what ``json.dumps(value, indent=2, ensure_ascii=False)`` does, some three times faster.

    The standard encoder lays out in Python, through generators; this is one plain call a value.
    *margin* is the line break and indentation that *value* itself stands at.
    """
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is dict:
        return enclosed(
            "{", [f"{quote(k)}: {indented(v, margin + '  ')}" for k, v in value.items()], "}", margin
        )
    if kind is list:
        return enclosed("[", [indented(item, margin + "  ") for item in value], "]", margin)
    if kind is int:
        return repr(value)
    if value is None or kind is bool:
        return _WORDS[value]
    return value if kind is Written else compact(value)


def written(value: Any) -> str:
    """Return *value* compact, or as it stands where it is written already."""
    return value if type(value) is Written else compact(value)


def enclosed(opening: str, items: list[str], closing: str, margin: str) -> str:
    """Return laid-out *items* between their brackets, which stand at *margin*."""
    if not items:
        return opening + closing
    deeper = margin + "  "
    return opening + deeper + ("," + deeper).join(items) + margin + closing
