"""A limit as a user states it, and the units that the API counts in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, TypeAlias

from understudy.contracts import snapshot_of
from understudy.mockserver.limits.bucket import DAY, MINUTE

Scope: TypeAlias = Literal["key", "model"]
Kind: TypeAlias = Literal["requests", "tokens"]

SCOPES: tuple[Scope, ...] = ("key", "model")
MOST = 10**12  # the most that can be counted: far above any limit there is


class Unit(NamedTuple):
    """What is counted: *field* of a `Limit`, *words* as the API says it (FACTS D.2), *kind* its ``type``."""

    field: str
    words: str
    kind: Kind
    period: int  # microseconds


UNITS = (
    Unit("requests_per_minute", "requests per min (RPM)", "requests", MINUTE),
    Unit("tokens_per_minute", "tokens per min (TPM)", "tokens", MINUTE),
    Unit("requests_per_day", "requests per day (RPD)", "requests", DAY),
    Unit("tokens_per_day", "tokens per day (TPD)", "tokens", DAY),
)
FIELDS = (*(unit.field for unit in UNITS), "concurrency")


@dataclass(frozen=True, slots=True)
class Limit:
    """How much may be asked. Raises ValueError for a value that cannot be.

    *model* is a model or a pattern (``gpt-4o*``); a model and the snapshot it stands for are one.
    *scope*: what has buckets of its own, each key, each model, each pair of them; () is one for the
    whole server. *concurrency* is requests whose replies are not at their end. Every limit that fits
    a request applies to it; but of those with the same *group*, only the first.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_day: int | None = None
    concurrency: int | None = None
    model: str = "*"
    scope: tuple[Scope, ...] = SCOPES
    group: str = ""

    def __post_init__(self) -> None:
        for field in FIELDS:
            value = getattr(self, field)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{field} is {value!r}, expected a whole number")
            if not 1 <= value <= MOST:
                raise ValueError(f"{field} is {value}, expected 1 to {MOST}")
        if all(getattr(self, field) is None for field in FIELDS):
            raise ValueError(f"a limit limits nothing; give one of {', '.join(FIELDS)}")
        if isinstance(self.scope, str) or any(part not in SCOPES for part in self.scope):
            raise ValueError(f"scope is {self.scope!r}, expected a tuple of: {', '.join(SCOPES)}")
        if not isinstance(self.model, str):
            raise ValueError(f"model is {self.model!r}, expected a text")
        if not self.model:
            raise ValueError("model is empty; leave it out, or say '*', for every model")

    def fits(self, model: str) -> bool:
        """Return whether requests for *model* are limited by this."""
        snapshot = snapshot_of(model)
        return any(fnmatchcase(name, self.model) for name in (model, snapshot)) or (
            snapshot == snapshot_of(self.model)
        )

    def rates(self) -> Iterator[tuple[Unit, int]]:
        """Yield each unit that is limited, and how many of it there are."""
        for unit in UNITS:
            if (capacity := getattr(self, unit.field)) is not None:
                yield unit, capacity
