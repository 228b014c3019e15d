"""Ids and numbers drawn by a pattern: ``gen-{created}-{alnum:20}``. Equal seeds draw equal values."""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Drawn: TypeAlias = str | int | float

_PART = re.compile(r"\{([a-z]+)(?::([0-9]{1,9}))?\}")
_LONGEST = 64
_DIGITS = string.digits
_LOWER = string.ascii_lowercase + _DIGITS
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_ALPHABETS = {
    "hex": "0123456789abcdef",
    "alnum": string.ascii_letters + _DIGITS,
    "lower": _LOWER,
    "digits": _DIGITS,
}


def draw(pattern: str, seed: str, facts: Mapping[str, Any]) -> Drawn:
    """Return *pattern* with its parts drawn from *seed*; *facts* are created, index and name.

    A pattern that starts with ``#`` gives a number.
    """
    place = 0

    def part(match: re.Match[str]) -> str:
        nonlocal place
        place += 1
        return _PARTS[match[1]](f"{seed}/{place}", int(match[2] or 0), facts)

    text = _PART.sub(part, pattern)
    if not text.startswith("#"):
        return text
    return float(text[1:]) if "." in text else int(text[1:])


def check(pattern: str, where: str) -> None:
    """Raise ValueError where *pattern*, found at *where*, has a part that there is not."""
    for name, argument in re.findall(r"\{([^{}:]*):?([^{}]*)\}", pattern):
        if name not in _PARTS:
            raise ValueError(f"{where}: no part {{{name}}} in patterns; there are: {', '.join(_PARTS)}")
        if name in _SIZED and not (argument.isdecimal() and 1 <= int(argument) <= _SIZED[name]):
            raise ValueError(f"{where}: {{{name}:N}} takes N from 1 to {_SIZED[name]}, got {argument!r}")
        if name not in _SIZED and argument:
            raise ValueError(f"{where}: {{{name}}} takes no number, got {argument!r}")
    if pattern.startswith("#"):
        _check_number(pattern, where)


def _check_number(pattern: str, where: str) -> None:
    facts = {"created": 1, "index": 1, "name": "1"}
    try:
        draw(pattern, "", facts)
    except ValueError:
        raise ValueError(f"{where}: {pattern!r} starts with #, so it must make a number") from None


def _letters(alphabet: str) -> Callable[[str, int, Mapping[str, Any]], str]:
    def drawn(seed: str, length: int, facts: Mapping[str, Any]) -> str:
        return "".join(alphabet[value % len(alphabet)] for value in _bytes(seed, length))

    return drawn


def _number(seed: str, largest: int, facts: Mapping[str, Any]) -> str:
    return str(int.from_bytes(_bytes(seed, 8), "big") % largest + 1)


def _uuid(seed: str, length: int, facts: Mapping[str, Any]) -> str:
    digits = list(_bytes(seed, 16).hex())
    digits[12], digits[16] = "4", "89ab"[int(digits[16], 16) % 4]
    text = "".join(digits)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _ulid(seed: str, length: int, facts: Mapping[str, Any]) -> str:
    """Ten letters of time in milliseconds, sixteen of chance."""
    milliseconds = int(facts["created"]) * 1000 + _bytes(seed, 1)[0]
    time = "".join(_CROCKFORD[milliseconds >> shift & 31] for shift in range(45, -1, -5))
    return time + "".join(_CROCKFORD[value % 32] for value in _bytes(seed, 16))


def _index(seed: str, width: int, facts: Mapping[str, Any]) -> str:
    return f"{facts['index']:0{width}d}"


_PARTS: Mapping[str, Callable[[str, int, Mapping[str, Any]], str]] = {
    **{name: _letters(alphabet) for name, alphabet in _ALPHABETS.items()},
    "number": _number,
    "uuid": _uuid,
    "ulid": _ulid,
    "index": _index,
    "created": lambda _seed, _length, facts: str(facts["created"]),
    "name": lambda _seed, _length, facts: str(facts["name"]),
}
_SIZED = {**dict.fromkeys(_ALPHABETS, _LONGEST), "number": 999_999_999, "index": 9}


def _bytes(seed: str, length: int) -> bytes:
    return hashlib.blake2b(seed.encode("utf-8", "replace"), digest_size=_LONGEST).digest()[:length]
