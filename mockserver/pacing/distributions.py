"""Durations and factors that vary: fixed, uniform, normal, log-normal.

Drawn with arithmetic of our own from ``random()`` alone, of which Python promises that it stays the
same: one seed gives one pace, in every version. Nothing drawn is below 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always *value*."""

    value: float

    def draw(self, dice: Random) -> float:
        """Return the value; nothing is thrown."""
        return self.value

    @property
    def mean(self) -> float:
        return self.value


@dataclass(frozen=True, slots=True)
class Uniform:
    """Anything from *low* to *high*, all as likely."""

    low: float
    high: float

    def draw(self, dice: Random) -> float:
        """Return one value; one throw."""
        return self.low + (self.high - self.low) * dice.random()

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Normal:
    """Around *mean*, with a standard deviation of *deviation*; what falls below 0 is 0."""

    mean: float
    deviation: float

    def draw(self, dice: Random) -> float:
        """Return one value; two throws."""
        return max(0.0, self.mean + self.deviation * _standard(dice))


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Half the values below *median*; their logarithms have the standard deviation *sigma*: mostly
    somewhat less, seldom much more, as waits in a network are."""

    median: float
    sigma: float

    def draw(self, dice: Random) -> float:
        """Return one value; two throws."""
        return self.median * math.exp(self.sigma * _standard(dice))

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma**2 / 2)


Distribution: TypeAlias = Fixed | Uniform | Normal | LogNormal

LONGEST = 86_400.0  # seconds: no pause is longer than a day
_MAX_SIGMA = 10.0  # beyond it values overflow; 3 is wild already
_MADE: Mapping[str, tuple[str, Callable[..., Distribution]]] = {
    "fixed": ("VALUE", Fixed),
    "uniform": ("LOW,HIGH", Uniform),
    "normal": ("MEAN,DEVIATION", Normal),
    "lognormal": ("MEDIAN,SIGMA", LogNormal),
}
FORMS = "a number, " + ", ".join(f"{name}:{members}" for name, (members, _) in _MADE.items())


def read_distribution(text: str, name: str) -> Distribution:
    """Return the distribution that *text* says: ``0.3``, ``uniform:0.1,0.5``, ``normal:0.3,0.1``,
    ``lognormal:0.3,0.5``. Raises ValueError, which calls the option by its *name*."""
    kind, colon, rest = text.strip().partition(":")
    if not colon:
        kind, rest = "fixed", kind
    if kind not in _MADE:
        raise ValueError(f"{name} is {text!r}: there is no distribution {kind!r}; expected {FORMS}")
    members, make = _MADE[kind]
    try:
        numbers = [float(part) for part in rest.split(",")]
    except ValueError:
        raise ValueError(f"{name} is {text!r}: {rest!r} is not {members}; expected {FORMS}") from None
    if len(numbers) != members.count(",") + 1:
        raise ValueError(f"{name} is {text!r}: {len(numbers)} numbers where {kind} takes {members}")
    if not all(0 <= number <= LONGEST for number in numbers):
        raise ValueError(f"{name} is {text!r}: every number is from 0 to {LONGEST:.0f}")
    if kind == "uniform" and numbers[0] > numbers[1]:
        raise ValueError(f"{name} is {text!r}: the lower end is above the higher one")
    if kind == "lognormal" and numbers[1] > _MAX_SIGMA:
        raise ValueError(f"{name} is {text!r}: a sigma is at most {_MAX_SIGMA:g}")
    return make(*numbers)


def _standard(dice: Random) -> float:
    """Return a value of the standard normal distribution (Box and Muller, 1958)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - dice.random()))  # random() may be 0.0, never 1.0
    return radius * math.cos(math.tau * dice.random())
