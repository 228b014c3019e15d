"""Strings that match a pattern, drawn by walking the tree that ``re`` parses it to.

Patterns are ECMA-262 and are first rewritten where Python says it otherwise. What the tree cannot
tell (assertions) is drawn as if it were not there; the caller checks what comes out.
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from random import Random
from typing import Any, TypeVar

import jsonschema_rs

from understudy.mockserver.instances.allowance import Allowance

_Option = TypeVar("_Option")
# the parser of `re` moved in 3.11; no stubs know the new place
_parser: Any = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

_PRINTABLE = string.ascii_letters + string.digits + "_- .,:;!?()[]{}<>@#%&*+=/|~^$'\"`\\"
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_letters + string.digits + "_",
    "CATEGORY_SPACE": " ",
}
_WIDEST_RANGE = 512  # characters of a range that are drawn from
_MOST_REPEATS = 256
_ESCAPES = {"\\Z": "Z", "\\A": "A", "\\z": "z", "\\a": "a"}  # letters to ECMA-262
# Unicode classes, as a part of [...]: enough of each to draw from, and to match what was drawn
_UNICODE = {"L": "a-zA-Z\xc0-\xd6\xd8-\xf6\xf8-\u02af", "Lu": "A-Z", "Ll": "a-z", "N": "0-9", "Nd": "0-9"}
_UNICODE |= {"P": "!-#%-*,-/:;?@\\[-\\]_{}", "Z": " ", "Zs": " ", "S": "$+<->^`|~"}
_WHOLE_CLASSES = {"[]": "(?!)", "[^]": "(?s:.)"}
_LONG_NAMES = {"Letter": "L", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Number": "N"}
_LONG_NAMES |= {"Decimal_Number": "Nd", "digit": "Nd", "Punctuation": "P", "Symbol": "S"}


@lru_cache(maxsize=512)
def tree(pattern: str) -> Any:
    """Return the tree of *pattern*. ValueError for what Python cannot say."""
    try:
        return _parser.parse(_python(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"pattern {pattern!r}: {error}") from None


def matching(pattern: str, chance: Random, allowance: Allowance, more: int = 4) -> str:
    """Return a text drawn from *pattern*, open repeats up to *more* beyond their least."""
    return Walk(chance, more, allowance).sequence(tree(pattern))


def matches(pattern: str, text: str) -> bool:
    """Return whether *pattern* is found in *text*.

    Asked of the validator that has the last word on the value, and not of ``re``, which a pattern of a
    few characters can keep busy for years.
    """
    return bool(_validator(pattern).is_valid(text))


@lru_cache(maxsize=512)
def _validator(pattern: str) -> Any:
    try:
        return jsonschema_rs.validator_for({"type": "string", "pattern": pattern})
    except jsonschema_rs.ValidationError:
        raise ValueError(f"pattern {pattern!r}: the validator does not know it") from None


def _python(pattern: str) -> str:
    """Return an ECMA-262 *pattern* in Python's words."""

    def rewrite(found: re.Match[str]) -> str:
        text = found.group()
        if text == "$":
            return r"\Z"
        if text.startswith("(?<"):
            return "(?P<"
        if text.startswith(("\\p{", "\\P{")):
            return _unicode_class(found)
        return _ESCAPES.get(text, text)

    # classes are one match each, so that a "$" in them stays itself
    parts = r"\\[pP]\{[^}]*\}|\\.|\[\^?(?:\\[pP]\{[^}]*\}|\\.|[^\]\\])*\]|\(\?<(?![=!])|\$"
    rewritten = re.sub(parts, lambda found: _class(found.group()) or rewrite(found), pattern, flags=re.DOTALL)
    return re.sub(r"\\c([A-Za-z])", lambda found: f"\\x{ord(found[1]) % 32:02x}", rewritten)


def _class(text: str) -> str:
    """Return a ``[...]`` as Python writes it, "" for what is none."""
    if not text.startswith("["):
        return ""
    if text in _WHOLE_CLASSES:
        return _WHOLE_CLASSES[text]
    written = re.sub(r"\\p\{([^}]*)\}", lambda found: _members(found[1]), text[1:])
    # Python warns of signs that may one day be set operations
    return "[" + re.sub(r"\\.|[\[&|~]|--", _escaped, written, flags=re.DOTALL)


def _escaped(found: re.Match[str]) -> str:
    text = found.group()
    return text if text.startswith("\\") else text[:-1] + "\\" + text[-1]


def _unicode_class(found: re.Match[str]) -> str:
    text = found.group()
    return f"[{'^' if text[1] == 'P' else ''}{_members(text[3:-1])}]"


def _members(name: str) -> str:
    short = name.rpartition("=")[2]
    short = _LONG_NAMES.get(short, short)
    if short not in _UNICODE:
        raise ValueError(f"pattern: no characters known for the class {name!r}")
    return _UNICODE[short]


class Walk:
    """One drawing: what groups held, for the references back to them."""

    def __init__(self, chance: Random, more: int, allowance: Allowance) -> None:
        self.chance = chance
        self._allowance = allowance
        self._more = more
        self._groups: dict[int | None, str] = {}

    def sequence(self, nodes: Iterable[tuple[Any, Any]]) -> str:
        return "".join([self.node(str(kind), value) for kind, value in nodes])

    def node(self, kind: str, value: Any) -> str:
        # literals and classes first: they are most of every pattern
        if kind == "LITERAL":
            return chr(value)
        if kind == "IN":
            return self._pick(class_members(tuple(value)))
        step = getattr(self, f"_{kind.lower()}", None)
        if step is None:
            return ""  # a position or an assertion
        drawn: str = step(value)
        return drawn

    def times(self, least: int, most: int, inner: Any) -> int:
        """Return how often *inner* is drawn."""
        return least + int(self.chance.random() * (most - least + 1))

    def _pick(self, options: Sequence[_Option]) -> _Option:
        if not options:
            raise ValueError("pattern: a class without members")
        return options[int(self.chance.random() * len(options))]

    def _any(self, _: Any) -> str:
        return self._pick(_PRINTABLE)

    def _not_literal(self, value: int) -> str:
        return self._pick(_PRINTABLE.replace(chr(value), ""))

    def _branch(self, value: Any) -> str:
        branches: list[Any] = value[1]
        return self.sequence(self._pick(branches))

    def _subpattern(self, value: Any) -> str:
        text = self.sequence(value[-1])
        self._groups[value[0]] = text
        return text

    def _atomic_group(self, value: Any) -> str:
        return self.sequence(value)

    def _groupref(self, value: int) -> str:
        return self._groups.get(value, "")

    def _max_repeat(self, value: Any) -> str:
        least, most, inner = value
        most = min(int(most), least + self._more)
        if least > _MOST_REPEATS * 64:
            raise ValueError(f"pattern: {least} repeats are more than are drawn")
        times = self.times(least, most, inner)
        self._allowance.spend(times / 64)
        return "".join([self.sequence(inner) for _ in range(times)])

    _min_repeat = _possessive_repeat = _max_repeat


@lru_cache(maxsize=1024)
def class_members(items: tuple[tuple[Any, Any], ...]) -> str:
    negated = False
    found: list[str] = []
    for kind, value in items:
        name = str(kind)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            found.append(chr(value))
        elif name == "RANGE":
            low, high = value
            found += map(chr, range(low, min(high, low + _WIDEST_RANGE) + 1))
        elif str(value).startswith("CATEGORY_NOT_"):
            without = _CATEGORIES["CATEGORY_" + str(value).removeprefix("CATEGORY_NOT_")]
            found += [character for character in _PRINTABLE if character not in without]
        else:
            found += _CATEGORIES[str(value)]
    if not negated:
        return "".join(found)
    return "".join(character for character in _PRINTABLE if character not in found)
