"""Numbers of a shape: exact multiples within exact bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from random import Random

from understudy.mockserver.instances.shapes import Shape

_SPAN = 100  # how far from its one bound a number lies that has only one
_FINEST = 12  # decimals tried for a narrow range
_MOST_STEPS = 1_000_000  # steps from the start that are drawn from


@dataclass(frozen=True, slots=True)
class Grid:
    """The numbers ``k * numerator / denominator`` for k from *first* on, *count* of them."""

    first: int
    count: int
    numerator: int
    denominator: int

    def draw(self, chance: Random) -> int | float:
        at = (self.first + int(chance.random() * self.count)) * self.numerator
        return at // self.denominator if at % self.denominator == 0 else at / self.denominator


def grid(shape: Shape, *, whole: bool) -> Grid | None:
    """Return the numbers *shape* allows, *whole* ones only where asked; None where there are none."""
    return _grid(shape.low, shape.high, shape.step, whole)


Bound = tuple[Fraction, bool]


@lru_cache(maxsize=1024)
def _grid(low: Bound | None, high: Bound | None, step: Fraction | None, whole: bool) -> Grid | None:
    if whole:
        step = Fraction(step.numerator) if step else Fraction(1)
    if step is not None:
        return _steps(low, high, step)
    found = None
    for decimals in (2, 4, _FINEST):
        found = found or _steps(low, high, Fraction(1, 10**decimals))
    return found


def _steps(low: Bound | None, high: Bound | None, step: Fraction) -> Grid | None:
    first, last = _first(low, step), _last(high, step)
    span = max(int(_SPAN / step), 1)
    if first is None:
        first = 0 if last is None or last >= 0 else last - span
    if last is None:
        last = first + span
    if first > last:
        return None
    if last - first > _MOST_STEPS:  # a range this wide most likely holds zero: stay near it
        first = max(first, min(0, last))
        last = min(last, first + _MOST_STEPS)
    return Grid(first, last - first + 1, step.numerator, step.denominator)


def _first(low: Bound | None, step: Fraction) -> int | None:
    if low is None:
        return None
    bound, exclusive = low
    first = math.ceil(bound / step)
    return first + 1 if exclusive and first * step == bound else first


def _last(high: Bound | None, step: Fraction) -> int | None:
    if high is None:
        return None
    bound, inclusive = high
    last = math.floor(bound / step)
    return last if inclusive or last * step != bound else last - 1
