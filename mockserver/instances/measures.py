"""The numbers that are usual for a property, told by its name: a year is not 7, nor a rating 63."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from understudy.mockserver.instances.numbers import Grid, grid
from understudy.mockserver.instances.shapes import Shape

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_LONGEST_NAME = 64
# words that a name ends in -> the least and the most that is usual
_USUAL: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(("year", "yr"), (1990, 2030)),
    "month": (1, 12),
    **dict.fromkeys(("day", "days"), (1, 28)),
    **dict.fromkeys(("hour", "hours"), (0, 23)),
    **dict.fromkeys(("minute", "minutes", "second", "seconds"), (0, 59)),
    "age": (18, 80),
    **dict.fromkeys(("rating", "stars", "priority", "severity"), (1, 5)),
    **dict.fromkeys(("confidence", "probability", "likelihood", "ratio"), (0, 1)),
    **dict.fromkeys(("percent", "percentage", "pct", "score"), (0, 100)),
    **dict.fromkeys(("lat", "latitude"), (-90, 90)),
    **dict.fromkeys(("lon", "lng", "longitude"), (-180, 180)),
    **dict.fromkeys(("temperature", "celsius"), (-10, 35)),
    "fahrenheit": (14, 95),
    **dict.fromkeys(("price", "cost", "amount", "total", "fee", "tax"), (1, 500)),
    **dict.fromkeys(("salary", "income", "budget"), (20_000, 150_000)),
    **dict.fromkeys(("count", "quantity", "qty", "page", "pages", "index", "rank", "step"), (1, 20)),
    **dict.fromkeys(("population",), (10_000, 900_000)),
    "port": (1024, 65_535),
    "timestamp": (1_577_836_800, 1_893_456_000),
    "id": (1, 99_999),
}  # fmt: skip


def measured(shape: Shape, name: str, *, whole: bool) -> Grid | None:
    """Return the numbers *shape* allows, the usual ones for *name* where both sides leave them open.

    A bound in the schema says more than a name, so a name counts only where there is none.
    """
    usual = _usual(name[-_LONGEST_NAME:]) if name and shape.low is None and shape.high is None else None
    if usual is None:
        return grid(shape, whole=whole)
    low, high = usual
    narrowed = replace(shape, low=(Fraction(low), False), high=(Fraction(high), True))
    return grid(narrowed, whole=whole) or grid(shape, whole=whole)


@lru_cache(maxsize=1024)
def _usual(name: str) -> tuple[int, int] | None:
    words = _WORD.findall(name)
    return _USUAL.get(words[-1].lower()) if words else None
