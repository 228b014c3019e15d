"""How waits grow from one to the next, and whether they differ where they need not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["exponential", "growing", "constant", "irregular", "unknown"]

_EXPONENTIAL = 1.5  # what doubling comes to at least, with a quarter of jitter
_ALIKE = 4 / 3  # the largest ratio of equal waits with a quarter of jitter
_FEWEST = 3  # waits that can tell jitter from none
_NOISE = 0.02  # seconds by which equal waits may differ


class Growth(NamedTuple):
    """*factor* is by how much a wait is longer than the one before, in the mean; None where unknown."""

    kind: Kind
    factor: float | None = None


def growth_of(gaps: Sequence[float]) -> Growth:
    """Return how *gaps* (seconds, one after the other) grow; unknown for fewer than two.

    ``exponential``: by half or more each time, until they reach a ceiling; ``growing``: by less;
    ``constant``: within a quarter of jitter; ``irregular``: up and down, as with full jitter.
    """
    if len(gaps) < 2:
        return Growth("unknown")
    top, low = max(gaps), min(gaps)
    if top <= max(low * _ALIKE, low + _NOISE):
        return Growth("constant", 1.0)
    if low <= 0 or any(after * _ALIKE < before for before, after in pairwise(gaps)):
        return Growth("irregular")
    climb = next(place for place, gap in enumerate(gaps) if gap * _ALIKE >= top)  # from there on: the ceiling
    factor = float((gaps[climb] / gaps[0]) ** (1 / max(1, climb)))
    return Growth("exponential" if factor >= _EXPONENTIAL else "growing", round(factor, 2))


def is_jittered(gaps: Sequence[float]) -> bool | None:
    """Return whether *gaps* (seconds; each the same wait, of another call) differ by more than noise: by
    20 ms and 5 %. None for fewer than three."""
    if len(gaps) < _FEWEST:
        return None
    return max(gaps) - min(gaps) > max(_NOISE, median(gaps) / 20)
