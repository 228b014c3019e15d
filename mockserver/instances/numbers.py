"""Numbers of a shape: exact multiples within exact bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from random import Random

from understudy.mockserver.instances.shapes import Shape

_SPAN = 100  # how far from its one bound a number lies that has only one
_FINEST = 12  # decimals tried for a narrow range
_MOST_STEPS = 1_000_000  # steps from the start that are drawn from
_TRIES = 64  # numbers looked at for one that other validators take too


@dataclass(frozen=True, slots=True)
class Grid:
    """The numbers ``k * numerator / denominator`` for k from *first* on, *count* of them.

    Of these, multiples of *step* in floating point are preferred: 0.07 is 7 times 0.01, but many
    validators (Python's ``jsonschema`` too) divide, and 0.07 / 0.01 is 7.000000000000001.
    """

    first: int
    count: int
    numerator: int
    denominator: int
    step: float | None = None

    def draw(self, chance: Random) -> int | float:
        start = int(chance.random() * self.count)
        drawn = self._number(start)
        if self.step is None:
            return drawn
        near = (self._number((start + at) % self.count) for at in range(min(_TRIES, self.count)))
        return next((number for number in near if _divides(number, self.step)), drawn)

    def _number(self, at: int) -> int | float:
        exact = (self.first + at) * self.numerator
        return exact // self.denominator if exact % self.denominator == 0 else exact / self.denominator


def grid(shape: Shape, *, whole: bool) -> Grid | None:
    """Return the numbers *shape* allows, *whole* ones only where asked; None where there are none."""
    return _grid(shape.low, shape.high, shape.step, whole)


def contradiction(shape: Shape, *, whole: bool) -> str:
    """Return why *shape* has no numbers, in words."""
    low, high, step = shape.low, shape.high, shape.step
    least = f"{'exclusiveMinimum' if low[1] else 'minimum'} {_written(low[0])}" if low else ""
    most = f"{'maximum' if high[1] else 'exclusiveMaximum'} {_written(high[0])}" if high else ""
    if low and high and low[0] > high[0]:
        return f"{least} is above {most}"
    kind = "integer" if whole else f"number of {_FINEST} decimals or fewer"
    if step:
        kind = f"{'integer' if whole else 'number'} that is a multiple of {_written(step)}"
    return f"no {kind} lies between {least or 'any'} and {most or 'any'}"


def _written(number: Fraction) -> str:
    return str(number.numerator) if number.denominator == 1 else repr(float(number))


def _divides(number: float, step: float) -> bool:
    """Return whether ``number / step`` is whole as a validator with floats computes it."""
    try:
        return (number / step).is_integer()
    except OverflowError:  # out of reach of floats, so they compute it exactly
        return True


Bound = tuple[Fraction, bool]


@lru_cache(maxsize=1024)
def _grid(low: Bound | None, high: Bound | None, step: Fraction | None, whole: bool) -> Grid | None:
    divisor = float(step) if step is not None and step.denominator != 1 else None
    if whole:
        step = Fraction(step.numerator) if step else Fraction(1)
    if step is not None:
        found = _steps(low, high, step)
        return replace(found, step=divisor) if found and divisor else found
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
