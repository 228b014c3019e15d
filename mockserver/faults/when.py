"""When a fault comes: counted, in a window of time, or by chance.

Values only. Counts, clocks and draws come in as arguments, so that the same request is decided alike in
any order and by any number of workers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

Per: TypeAlias = Literal["all", "request"]
TIMES = ("times", "nth", "every", "window", "p", "per", "then")

_WINDOW = re.compile(r"([0-9]+(?:\.[0-9]+)?)?\.\.([0-9]+(?:\.[0-9]+)?)?")
_MOST = 1_000_000_000
_MOST_NAMED = 1_000


@dataclass(frozen=True, slots=True)
class When:
    """Which of the requests that a rule fits are hit; what is None (or empty) asks nothing.

    *times*: the first so many. *nth*: those numbers, from 1. *every*: each so-manieth. *window*: seconds
    since the start, from and (not) to. *p*: this share of them. *per*: counts are of ``all`` requests that
    fit, or of each ``request`` by itself: its attempts. Raises ValueError for what cannot be.
    """

    times: int | None = None
    nth: tuple[int, ...] = ()
    every: int | None = None
    window: tuple[float, float] | None = None
    p: float | None = None
    per: Per = "all"

    def __post_init__(self) -> None:
        counts = [name for name in ("times", "nth", "every") if getattr(self, name)]
        if len(counts) > 1:
            raise ValueError(f"{' and '.join(counts)} exclude one another; take one of them")
        if counts and self.per == "all" and (self.p is not None or self.window is not None):
            other = "p" if self.p is not None else "window"
            raise ValueError(
                f"{counts[0]} and {other} together: which requests those are would depend on their order; "
                "per=request counts the attempts of each request instead"
            )

    @property
    def counts(self) -> bool:
        return bool(self.times or self.nth or self.every)

    def holds(self, count: int, elapsed: float, draw: Callable[[], float]) -> bool:
        """Return whether a request is hit before which *count* came, *elapsed* seconds after the start;
        *draw* gives a number from 0 to 1 where it is needed."""
        if self.times is not None and not 0 <= count < self.times:
            return False
        if self.nth and count + 1 not in self.nth:
            return False
        if self.every is not None and (count + 1) % self.every:
            return False
        if self.window is not None and not self.window[0] <= elapsed < self.window[1]:
            return False
        return self.p is None or draw() < self.p

    def __str__(self) -> str:
        said = [f"{name}={getattr(self, name)}" for name in ("times", "every") if getattr(self, name)]
        said += [f"nth={'|'.join(map(str, self.nth))}"] if self.nth else []
        if self.window is not None:
            start, end = self.window
            said.append(f"window={_seconds(start)}..{'' if end == math.inf else _seconds(end)}")
        said += [f"p={self.p!r}"] if self.p is not None else []
        said += [f"per={self.per}"] if self.per != "all" else []
        return ",".join(said)


def _seconds(value: float) -> str:
    """Return *value* with all its digits, and no exponent."""
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def read_when(told: Mapping[str, Any]) -> When:
    """Return the ``When`` of *told*, whose keys are in ``TIMES``; ``then`` is not for here. Raises
    ValueError that names the key, what came and what is allowed."""
    read: dict[str, Any] = {}
    for name, value in told.items():
        if value is not None and name in _READ:
            read[name] = _READ[name](name, value)
    return When(**read)


def whole(value: Any) -> Any:
    """Return *value*, as an int where it is a whole float: JSON makes no difference between 2 and 2.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _count(name: str, told: Any) -> int:
    value = whole(told)
    if type(value) is not int or not 1 <= value <= _MOST:
        raise ValueError(f"{name} is {value!r}, expected a whole number from 1")
    return value


def _several(name: str, value: Any) -> tuple[int, ...]:
    if isinstance(value, str):
        value = [int(part) if part.isdecimal() else part for part in value.split("|")]
    several = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    if not several or len(several) > _MOST_NAMED:
        raise ValueError(f"{name} names {len(several)} requests, expected 1 to {_MOST_NAMED}")
    return tuple(_count(name, one) for one in several)


def _window(name: str, value: Any) -> tuple[float, float]:
    found = _WINDOW.fullmatch(value) if isinstance(value, str) else None
    moments = value if found is None else found.groups()
    if isinstance(moments, (list, tuple)) and len(moments) == 2:
        start, end = _moment(moments[0], 0.0), _moment(moments[1], math.inf)
        if 0 <= start < end:
            return start, end
    raise ValueError(f"{name} is {value!r}, expected seconds since the start: 10..20, 10.. or ..20")


def _moment(value: Any, default: float) -> float:
    """Return *value* in seconds, *default* for None, what is in no order for anything else."""
    if value is None:
        return default
    try:
        return math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _share(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(f"{name} is {value!r}, expected a share from 0 to 1")
    return float(value)


def _per(name: str, value: Any) -> str:
    if value not in ("all", "request"):
        raise ValueError(f"{name} is {value!r}, expected all or request")
    return str(value)


_READ: Mapping[str, Callable[[str, Any], Any]] = {
    "times": _count,
    "nth": _several,
    "every": _count,
    "window": _window,
    "p": _share,
    "per": _per,
}
