"""When two chat requests ask for the same: the values a recording is found by.

Null counts as absent at any depth of objects, as the live API takes it (FACTS A.1); the order of
keys and whitespace never count, nor whether a number was written ``1`` or ``1.0``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

# what a reply depends on; the legacy ``functions`` are tools under an older name
MATCHED = ("model", "messages", "tools", "functions", "response_format")


class Keys(NamedTuple):
    """Fingerprints of one request, 16 bytes each.

    *match* covers the members of ``MATCHED``; *whole* the body but ``stream``; *core* the body but
    ``stream`` and ``stream_options``. *parts* are the members of ``MATCHED`` one by one, with the
    last message behind them: what a near miss may still have in common.
    """

    match: bytes
    whole: bytes
    core: bytes
    parts: tuple[bytes, ...]


def normalised(document: Any) -> Any:
    """Return *document* without its nulls, whole floats as integers; lists keep their nulls."""
    # through text: json walks deep documents in C, where a recursion of ours would run out of frames
    return json.loads(json.dumps(document), object_pairs_hook=_without_nulls, parse_float=_number)


def matched(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the normalised members of *document* that a recording is found by."""
    found: dict[str, Any] = normalised({name: document.get(name) for name in MATCHED})
    return found


def keys_of(document: Mapping[str, Any]) -> Keys:
    """Return the fingerprints of a request body. Raises RecursionError on absurd nesting."""
    body: dict[str, Any] = normalised(document)
    members = [body.get(name) for name in MATCHED]
    messages = body.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    parts = tuple(_digest(_canonical(member)) for member in (*members, last))
    body.pop("stream", None)
    whole = _digest(_canonical(body))
    core = _digest(_canonical(body)) if body.pop("stream_options", None) is not None else whole
    return Keys(_digest(b"".join(parts[: len(MATCHED)])), whole, core, parts)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


def _without_nulls(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if value is not None}


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number
