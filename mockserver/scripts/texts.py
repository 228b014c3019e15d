"""What a rule may ask of a text: that it equals, contains, or matches a pattern.

Patterns are searched for by the Rust engine that also judges JSON Schemas (ECMA-262 words: no ``\\Z``). Its
work is bounded, where ``re`` may be kept busy for years by a pattern of ten characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

import jsonschema_rs

_BACKTRACKING = 100_000  # steps, for patterns that look around or back; beyond them they do not match
_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x"}

_Search: TypeAlias = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Text:
    """What is asked of a text; all of it must hold. *contains* and *regex* may be several.

    Raises ValueError for a pattern that the engine does not know.
    """

    equals: str | None = None
    contains: tuple[str, ...] = ()
    regex: tuple[str, ...] = ()
    _searches: tuple[_Search, ...] = field(default=(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_searches", tuple(map(searching, self.regex)))

    def fits(self, text: str | None) -> bool:
        """Return whether *text* is what is asked for; there being none (None) never is."""
        if text is None or (self.equals is not None and text != self.equals):
            return False
        if not all(part in text for part in self.contains):
            return False
        return all(search(text) for search in self._searches)

    def __str__(self) -> str:
        said = [] if self.equals is None else [f"to be {_quoted(self.equals)}"]
        said += [f"to contain {_quoted(part)}" for part in self.contains]
        said += [f"to match {_quoted(pattern)}" for pattern in self.regex]
        return " and ".join(said) or "to be there"


TextLike: TypeAlias = "str | re.Pattern[str] | Text"


def contains(*parts: str) -> Text:
    """Return what asks of a text that it contains all of *parts*."""
    return Text(contains=parts)


def regex(pattern: str | re.Pattern[str]) -> Text:
    """Return what asks of a text that *pattern* is found in it. Raises ValueError for a broken one."""
    if isinstance(pattern, str):
        return Text(regex=(pattern,))
    flags = "".join(letter for flag, letter in _FLAGS.items() if pattern.flags & flag)
    return Text(regex=(f"(?{flags}){pattern.pattern}" if flags else pattern.pattern,))


def as_text(value: TextLike, key: str) -> Text:
    """Return the condition that *value* is short for: of a plain text, that it is equal.

    Raises ValueError, naming *key*, for anything that is no condition on a text.
    """
    if isinstance(value, Text):
        return value
    if isinstance(value, str):
        return Text(equals=value)
    if isinstance(value, re.Pattern):
        return regex(value)
    raise ValueError(f"{key} is a text, contains(…) or regex(…), not {type(value).__name__}")


@lru_cache(maxsize=1024)
def searching(pattern: str) -> _Search:
    """Return what says whether *pattern* is found in a text. Raises ValueError for a broken one."""
    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACKING)
    try:
        found = jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=options).is_valid
    except (jsonschema_rs.ValidationError, ValueError):
        raise ValueError(
            f"the pattern {_quoted(pattern)} is not understood; patterns are those of ECMA-262 "
            r"($ for \Z, (?i) at the start for any case)"
        ) from None

    def search(text: str) -> bool:
        try:
            return found(text)
        except UnicodeEncodeError:  # half a surrogate pair, which Rust's texts cannot hold
            return found(text.encode("utf-8", "replace").decode("utf-8"))

    return search


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")
