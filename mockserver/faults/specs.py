"""Faults as text: ``NAME[:k=v,…][,NAME…][@k=v,…]``. Only the grammar; what the words mean is for ``rules``.

A value is ``true``, ``false``, ``null``, a number, or a text; a text with one of ``, @ "`` in it, or one
that looks like another value, stands in JSON's double quotes. What is a text by its key (``is_text``) is one
as it is written; only ``null`` remains.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

Value: TypeAlias = "str | int | float | bool | None"

FORM = "NAME[:k=v,…][@WHEN], as in rate_limit:retry_after=20@times=2 or 429,429,ok"
_LONGEST = 4_000  # characters
_PIECE = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^",@]|"(?=[^"]*$))*')
_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_TEXTS = ("contains", "model", "key", "path", "message", "type", "code", "param")
_TEXT_GROUPS = ("header.", "metadata.")
_WORDS: Mapping[str, Value] = {"true": True, "false": False, "null": None}
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")
_SPECIAL = re.compile(r'[,@"\x00-\x1f\x7f]|^\s|\s$|^$')


class Piece(NamedTuple):
    """One fault as it is written: *name* and *parameters*."""

    name: str
    parameters: Mapping[str, Value]


class Spec(NamedTuple):
    """Several *pieces* are a sequence; *when* is what stands behind the ``@``."""

    pieces: tuple[Piece, ...]
    when: Mapping[str, Value]


def read_spec(text: str) -> Spec:
    """Return what *text* says. Raises ValueError, with the form, for what cannot be read."""
    if len(text) > _LONGEST:
        raise ValueError(f"a fault of {len(text)} characters; at most {_LONGEST} are read")
    what, behind = _halves(text)
    pieces: list[tuple[str, dict[str, Value]]] = []
    for item in what:
        name, colon, rest = item.partition(":")
        if "=" in name or (not colon and "=" in item):  # a further parameter of the fault before
            if not pieces:
                raise ValueError(f"{item!r} stands where a fault's name is expected; the form is {FORM}")
            _add(pieces[-1][1], item)
            continue
        if not _NAME.fullmatch(name.strip()):
            raise ValueError(f"{name.strip()!r} is no name of a fault; the form is {FORM}")
        pieces.append((name.strip().replace("-", "_").lower(), {}))
        if colon:
            _add(pieces[-1][1], rest)
    when: dict[str, Value] = {}
    for item in behind:
        _add(when, item)
    return Spec(tuple(Piece(name, parameters) for name, parameters in pieces), when)


def is_text(key: str) -> bool:
    """Return whether what *key* says is a text, whatever it looks like."""
    return key in _TEXTS or key.startswith(_TEXT_GROUPS)


def as_text(key: str, value: Any) -> Any:
    """Return *value*; a number or truth as it is written, where *key* is that of a text."""
    return json.dumps(value) if is_text(key) and isinstance(value, (int, float)) else value


def write_piece(name: str, parameters: Mapping[str, Value]) -> str:
    """Return the text that ``read_spec`` reads as this one piece."""
    return f"{name}:{write_pairs(parameters)}" if parameters else name


def write_pairs(pairs: Mapping[str, Value]) -> str:
    return ",".join(f"{key}={_written(value, is_text(key))}" for key, value in pairs.items())


def _halves(text: str) -> tuple[list[str], list[str]]:
    """Return the items before the ``@`` and behind it."""
    halves: list[list[str]] = [[]]
    for item, end in _items(text):
        halves[-1].append(item.strip())
        if end == "@":
            halves.append([])
    if len(halves) > 2:
        raise ValueError(f"{text!r} has more than one @; a value with an @ stands in double quotes")
    if any(not item for half in halves for item in half):
        raise ValueError(f"{text!r} has an empty part; the form is {FORM}")
    return halves[0], halves[1] if len(halves) == 2 else []


def _items(text: str) -> Iterator[tuple[str, str]]:
    """Yield the items of *text*, each with the sign that ends it, which counts only outside of quotes."""
    at = 0
    while True:
        found = _PIECE.match(text, at)
        end = found.end() if found is not None else at
        yield text[at:end], text[end : end + 1]
        if end >= len(text):
            return
        at = end + 1


def _add(pairs: dict[str, Value], item: str) -> None:
    key, equals, value = item.partition("=")
    key = key.strip()
    if not equals or not _KEY.fullmatch(key):
        raise ValueError(f"{item!r} is not of the form key=value; the whole is {FORM}")
    if key in pairs:
        raise ValueError(f"{key} stands twice")
    pairs[key] = _value(value.strip(), is_text(key))


def _value(text: str, as_it_is: bool) -> Value:
    if as_it_is and text != "null" and not text.startswith('"'):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if abs(number) != float("inf") else text
    if not text.startswith('"'):
        return text
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if not isinstance(read, str):
        raise ValueError(f"{text} is no text in JSON's double quotes")
    return read


def _written(value: Value, as_it_is: bool) -> str:
    if isinstance(value, str):
        plain = not _SPECIAL.search(value) and isinstance(_value(value, as_it_is), str)
        return value if plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
