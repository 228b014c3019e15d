"""Strings of a format that patterns or lengths narrow.

First those the format draws by itself, since they look real. Then the pattern is drawn leaning on one
of them, and what comes out is put into it where it fits: ``@acme\\.com$`` into an address. Nothing is
taken before the validator took it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random
from typing import Any

import jsonschema_rs

from understudy.mockserver.instances.allowance import Allowance
from understudy.mockserver.instances.formats import forms
from understudy.mockserver.instances.lengthening import lengthened
from understudy.mockserver.instances.patterns import Walk, class_members, matches, tree
from understudy.mockserver.instances.shapes import Shape

_TRIES = 60  # texts drawn from the format alone
_USUAL = 20  # of these in the usual form
_MENDED = 20  # texts that are mended by the pattern
_MENDED_USUAL = 8  # of these in the usual form
_SPLICES = 200  # tried for each of these
_ALONE = 40  # of these before what was drawn stands alone
_STRANGE = 4  # characters of difference that a sign is worth which takes the place of another
_SPLICED = 80  # characters; longer texts are mended at their ends only
_SINGLE = frozenset({"IN", "ANY", "NOT_LITERAL"})  # what of a pattern is one character


def narrowed(shape: Shape, chance: Random, allowance: Allowance) -> str | None:
    """Return a string of the formats, patterns and lengths of *shape*, None where none was found.

    At least one of its formats must be known.
    """
    name = next(name for name in shape.formats if forms(name))
    drawing = forms(name)
    fits = _judge(shape.formats, shape.patterns, shape.shortest, shape.longest)
    for attempt in range(_TRIES):
        # the further forms one after another: those that look real stand first
        form = max(attempt - _USUAL, 0) * len(drawing) // (_TRIES - _USUAL)
        found = drawing[form](chance)
        allowance.spend(len(found) / 64)
        if fits(found):
            return found
    for attempt in range(_MENDED):
        found = drawing[attempt % len(drawing) if attempt >= _MENDED_USUAL else 0](chance)
        found = lengthened(name, found, shape.shortest)
        allowance.spend(2 + len(found) / 64)
        for pattern in shape.patterns:
            leaning = _Leaning(found, chance, allowance, greedy=attempt % 8 < 4)
            found = _mended(found, pattern, shape, leaning)
        if fits(found):
            return found
    return None


def taken(formats: tuple[str, ...], text: str) -> bool:
    """Return whether *text* is of all *formats*."""
    return _judge(formats, (), 0, float("inf"))(text)


@lru_cache(maxsize=512)
def _judge(
    formats: tuple[str, ...], patterns: tuple[str, ...], shortest: int, longest: float
) -> Callable[[str], bool]:
    asked: dict[str, Any] = {"type": "string", "minLength": shortest}
    if longest != float("inf"):
        asked["maxLength"] = int(longest)
    asked["allOf"] = [{"format": name} for name in formats] + [{"pattern": pattern} for pattern in patterns]
    try:
        validator = jsonschema_rs.validator_for(asked, validate_formats=True)
    except jsonschema_rs.ValidationError as error:
        raise ValueError(f"pattern {' and '.join(map(repr, patterns))}: {error.message}") from None
    judged: Callable[[str], bool] = validator.is_valid
    return judged


def _mended(text: str, pattern: str, shape: Shape, leaning: Walk) -> str:
    """Return *text* with what *pattern* asks put into it, unchanged where it fits or nothing does."""
    if matches(pattern, text):
        return text
    # lengths count at the end: the next pattern may change them
    bounds = (shape.shortest, shape.longest) if len(shape.patterns) == 1 else (0, float("inf"))
    fits = _judge(shape.formats, (pattern,), *bounds)
    drawn = leaning.sequence(tree(pattern))
    return next((spliced for spliced in _splices(text, drawn) if fits(spliced)), text)


def _splices(text: str, drawn: str) -> Iterator[str]:
    """Yield *drawn* in place of each part of *text*, what leaves words and length whole first, and alone."""
    size, end = len(drawn), len(text)
    if size == 0 or end > _SPLICED or size > _SPLICED:
        yield from (drawn + text[size:], text[: max(end - size, 0)] + drawn, drawn)
        return
    places = [(start, stop) for start in range(end + 1) for stop in range(start, end + 1)]

    def harm(place: tuple[int, int]) -> tuple[int, int]:
        start, stop = place
        broken, strange = 0, False
        if start:
            strange = not drawn[0].isalnum() and text[start : start + 1] != drawn[0]
            broken += _alike(text[start - 1], drawn[0]) + _within_word(text, start)
        if stop < end:
            strange |= not drawn[-1].isalnum() and text[stop - 1 : stop] != drawn[-1]
            broken += _alike(drawn[-1], text[stop]) + _within_word(text, stop)
        return broken, abs(stop - start - size) + strange * _STRANGE

    for at, (start, stop) in enumerate(sorted(places, key=harm)[:_SPLICES]):
        if at == _ALONE:
            yield drawn
        yield text[:start] + drawn + text[stop:]
    yield drawn


def _alike(one: str, other: str) -> bool:
    """Return whether two characters seldom stand side by side where words meet signs: two of a kind."""
    return one.isalnum() == other.isalnum()


def _within_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


class _Leaning(Walk):
    """A drawing that takes the characters of *text*, one after another, wherever the pattern lets it.

    *greedy*: repeats take all they can, and not by chance the words up to some sign.
    """

    def __init__(self, text: str, chance: Random, allowance: Allowance, *, greedy: bool) -> None:
        super().__init__(chance, len(text), allowance)
        self._text = text
        self._greedy = greedy
        self._reached = 0

    def node(self, kind: str, value: Any) -> str:
        if kind == "LITERAL":
            return self._literal(chr(value))
        if kind in _SINGLE:
            found = self._next(kind, value, self._reached)
            self._reached += bool(found) or self._text[self._reached : self._reached + 1].isalnum()
            return found or super().node(kind, value)
        return super().node(kind, value)

    def times(self, least: int, most: int, inner: Any) -> int:
        """Return how many characters of the text *inner* takes."""
        if len(inner) != 1 or str(inner[0][0]) not in _SINGLE:
            return super().times(least, min(most, least + 4), inner)
        kind, value = str(inner[0][0]), inner[0][1]
        most = min(most, max(least, len(self._text) - self._reached))
        taken = 0
        while taken < most and self._next(kind, value, self._reached + taken):
            taken += 1
        if not self._greedy:
            sizes = list(range(least, taken + 1))
            ends = [size for size in sizes if not _within_word(self._text, self._reached + size)]
            usable = ends if ends and self.chance.random() < 0.7 else sizes
            taken = usable[int(self.chance.random() * len(usable))] if usable else least
        return max(least, taken)

    def _literal(self, character: str) -> str:
        if character.isalnum():
            self._reached += self._text[self._reached : self._reached + 1].isalnum()
        else:  # signs tell where in the text this is
            found = self._text.find(character, self._reached)
            self._reached = found + 1 if found >= 0 else self._reached
        return character

    def _next(self, kind: str, value: Any, at: int) -> str:
        """Return the character of the text *at* if the pattern takes it, in either case, or nothing."""
        character = self._text[at : at + 1]
        if kind == "ANY" or not character:
            return character
        if kind == "NOT_LITERAL":
            return character if character != chr(value) else ""
        members = class_members(tuple(value))
        return next((one for one in (character, character.swapcase()) if one in members), "")
