"""Strings of a shape: by pattern, by format, or plain words of a fitting length."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from understudy.mockserver.instances.allowance import Allowance
from understudy.mockserver.instances.formats import formatted, forms
from understudy.mockserver.instances.narrowing import narrowed, taken
from understudy.mockserver.instances.patterns import matches, matching
from understudy.mockserver.instances.shapes import Shape

# chance and the name of the property -> a text
Words: TypeAlias = "Callable[[Random, str], str]"

_TRIES = 60
_IN_VAIN = 4  # failures with a format after which a shape is not drawn again for the same value
_LONGEST = 100_000  # characters that are drawn at most, however long a string is asked for
_PLAIN = ("amber", "breeze", "copper", "delta", "ember", "harbor", "iris", "linen", "meadow", "quartz")


def plain_words(chance: Random, name: str) -> str:
    """Return one or two words, whatever the property is called."""
    size = len(_PLAIN)
    first = _PLAIN[int(chance.random() * size)]
    return first if chance.random() < 0.5 else f"{first} {_PLAIN[int(chance.random() * size)]}"


def text(shape: Shape, chance: Random, words: Words, name: str, allowance: Allowance) -> str:
    """Return a string for *shape*. ValueError with the reason where none was found."""
    if allowance.vain and len(said := allowance.vain.get(id(shape), [])) >= _IN_VAIN:
        raise ValueError(said[-1])
    try:
        found = _drawn(shape, chance, words, name, allowance)
    except ValueError as error:
        if shape.formats:  # which is a lot of work
            allowance.vain.setdefault(id(shape), []).append(str(error))
        raise
    allowance.spend(len(found) / 64)
    return found


def _drawn(shape: Shape, chance: Random, words: Words, name: str, allowance: Allowance) -> str:
    if shape.shortest > shape.longest:
        raise ValueError(f"minLength {shape.shortest} is above maxLength {shape.longest}")
    if shape.shortest > _LONGEST:
        raise ValueError(f"minLength {shape.shortest} is above the {_LONGEST} characters that are drawn")
    if shape.formats:
        found = _formatted(shape, chance, allowance)
        if found is not None:
            return found
    if shape.patterns:
        return _patterned(shape, chance, words, name, allowance)
    return _fitted(words(chance, name), shape, chance, words, name)


def _formatted(shape: Shape, chance: Random, allowance: Allowance) -> str | None:
    if len(shape.formats) == 1 and not shape.patterns:  # nearly always, and then the first one fits
        found = formatted(shape.formats[0], chance)
        if found is not None and _fits(found, shape):
            return found
    if not any(forms(wanted) for wanted in shape.formats):
        return None
    found = narrowed(shape, chance, allowance)
    if found is None and not shape.patterns:
        raise ValueError(
            f"no {' and '.join(shape.formats)} of {shape.shortest} to {shape.longest} characters found"
        )
    return found


def _patterned(shape: Shape, chance: Random, words: Words, name: str, allowance: Allowance) -> str:
    # repeats are drawn wider and wider, up to what the shortest length needs
    last = min(int(shape.longest) if shape.longest < _LONGEST else _LONGEST, shape.shortest + 24)
    for attempt in range(_TRIES * 4):
        more = (2, 4, 8, last)[attempt % 4]
        found = matching(shape.patterns[attempt % len(shape.patterns)], chance, allowance, more)
        allowance.spend(len(found) / 64)
        if len(found) < shape.shortest:  # where the pattern is open at an end, anything may stand there
            more_text = words(chance, name) * (shape.shortest - len(found))
            more_text = more_text[: shape.shortest - len(found)]
            found = found + more_text if attempt % 8 < 4 else more_text + found
        if _fits(found, shape) and _taken(found, shape):
            return found
    beside = f" and format {' and '.join(shape.formats)}" if shape.formats else ""
    raise ValueError(f"no text found for pattern {' and '.join(map(repr, shape.patterns))}{beside}")


def _taken(found: str, shape: Shape) -> bool:
    if not all(matches(pattern, found) for pattern in shape.patterns):
        return False
    return not shape.formats or taken(shape.formats, found)


def _fits(found: str, shape: Shape) -> bool:
    return shape.shortest <= len(found) <= shape.longest


def _fitted(found: str, shape: Shape, chance: Random, words: Words, name: str) -> str:
    """Return *found* made as long as it must and cut where it may not be longer."""
    while len(found) < shape.shortest:
        found += f" {words(chance, name)}"
    if len(found) <= shape.longest:
        return found
    cut = found[: int(shape.longest)]
    short = cut.rstrip()  # a text that ends in a space looks broken
    return short if len(short) >= shape.shortest else cut
