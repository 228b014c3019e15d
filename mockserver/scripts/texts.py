"""What a rule may ask of a text: that it equals, contains, or matches a pattern.

Patterns are searched for by the Rust engine that also judges JSON Schemas (ECMA-262 words: no ``\\Z``). Its
work is bounded, where ``re`` may be kept busy for years by a pattern of ten characters. A pattern that looks
around or back takes time that grows with the square of the text: of that, only the beginning is searched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import jsonschema_rs

LONGEST_SEARCHED = 4_000
"""Characters of a text in which a pattern that looks around or back is searched for: 0.2 s at the worst."""

_BACKTRACKING = 100_000  # steps, for patterns that look around or back; beyond them they do not match
_MOST_SEARCHED = 8 * LONGEST_SEARCHED  # characters of all the texts of a request, for such a pattern
_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x"}


@dataclass(frozen=True, slots=True)
class Search:
    """Says whether a pattern is found in a text. *linear*: in time that grows no faster than the text."""

    found: Callable[[str], bool]
    linear: bool

    def __call__(self, text: str) -> bool:
        if not self.linear:
            text = text[:LONGEST_SEARCHED]
        try:
            return self.found(text)
        except UnicodeEncodeError:  # half a surrogate pair, which Rust's texts cannot hold
            return self.found(text.encode("utf-8", "replace").decode("utf-8"))


@dataclass(frozen=True, slots=True)
class Text:
    """What is asked of a text; all of it must hold. *contains* and *regex* may be several.

    Raises ValueError for what is no text, and for a pattern that the engine does not know.
    """

    equals: str | None = None
    contains: tuple[str, ...] = ()
    regex: tuple[str, ...] = ()
    _searches: tuple[Search, ...] = field(default=(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.equals is not None and not isinstance(self.equals, str):
            raise ValueError(f"equals is {self.equals!r}, expected a text")
        for name in ("contains", "regex"):
            _check_texts(name, getattr(self, name))
        object.__setattr__(self, "_searches", tuple(map(searching, self.regex)))

    def fits(self, text: str | None) -> bool:
        """Return whether *text* is what is asked for; there being none (None) never is."""
        if text is None or (self.equals is not None and text != self.equals):
            return False
        if not all(part in text for part in self.contains):
            return False
        return all(search(text) for search in self._searches)

    @property
    def linear(self) -> bool:
        """Whether no pattern looks around or back."""
        return all(search.linear for search in self._searches)

    def fits_one(self, texts: Iterable[str]) -> bool:
        """Return whether one of *texts* fits. Patterns that look around or back are searched for in those
        that come first, `_MOST_SEARCHED` characters of them."""
        if self.linear:
            return any(map(self.fits, texts))
        left = _MOST_SEARCHED
        for text in texts:
            if left <= 0:
                return False
            left -= min(len(text), LONGEST_SEARCHED)
            if self.fits(text):
                return True
        return False

    def __str__(self) -> str:
        said = [] if self.equals is None else [f"to be {_quoted(self.equals)}"]
        said += [f"to contain {_quoted(part)}" for part in self.contains]
        said += [f"to match {_quoted(pattern)}" for pattern in self.regex]
        return " and ".join(said) or "to be there"


TextLike: TypeAlias = "str | re.Pattern[str] | Text"


def contains(*parts: str) -> Text:
    """Return what asks of a text that it contains all of *parts*. Raises ValueError for what is no text."""
    return Text(contains=parts)


def regex(pattern: str | re.Pattern[str]) -> Text:
    """Return what asks of a text that *pattern* is found in it. Raises ValueError for a broken one."""
    if isinstance(pattern, str):
        return Text(regex=(pattern,))
    if not isinstance(pattern, re.Pattern) or not isinstance(pattern.pattern, str):
        raise ValueError(f"regex is {pattern!r}, expected a pattern, which is a text")
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
def searching(pattern: str) -> Search:
    """Return what says whether *pattern* is found in a text. Raises ValueError for a broken one."""
    # the first engine refuses what it cannot do in linear time; the second tries it, and backtracks
    try:
        return Search(_compiled(pattern, jsonschema_rs.RegexOptions()), linear=True)
    except (jsonschema_rs.ValidationError, ValueError):
        pass
    try:
        options = jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACKING)
        return Search(_compiled(pattern, options), linear=False)
    except (jsonschema_rs.ValidationError, ValueError):
        raise ValueError(
            f"the pattern {_quoted(pattern)} is not understood; patterns are those of ECMA-262 "
            r"($ for \Z, (?i) at the start for any case)"
        ) from None


def _compiled(pattern: str, options: Any) -> Callable[[str], bool]:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=options).is_valid


def _check_texts(name: str, several: Any) -> None:
    if not isinstance(several, tuple):
        raise ValueError(f"{name} is {several!r}, expected a tuple of texts")
    for one in several:
        if not isinstance(one, str):
            raise ValueError(f"{name} is {one!r}, expected a text")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")
