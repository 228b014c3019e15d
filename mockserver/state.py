"""What must be remembered between requests, behind one interface: ``take``.

Everything else in the core is a value or a function. With several processes this is the part they
share; whatever implements it takes all needs of a request in one step.
"""

from __future__ import annotations

from threading import Lock
from typing import NamedTuple, Protocol


class Needs(NamedTuple):
    """What a request needs to know: how often it was asked, and whose turn it is in *series*."""

    request: bytes
    series: bytes | None = None


class Taken(NamedTuple):
    """*number* counts requests from 0, *attempt* equal requests, *position* turns of the series."""

    number: int
    attempt: int
    position: int


class State(Protocol):
    def take(self, needs: Needs) -> Taken:
        """Count the request in, and return where that leaves it."""


class MemoryState:
    """The embedded state: exact for one process. Counts of the requests longest unseen are dropped
    once *limit* different ones are held; they start again at 0."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._lock = Lock()
        self._number = -1
        self._counts: dict[bytes, int] = {}

    def take(self, needs: Needs) -> Taken:
        with self._lock:
            self._number += 1
            attempt = self._count(needs.request)
            position = 0 if needs.series is None else self._count(b"series:" + needs.series)
            return Taken(self._number, attempt, position)

    def _count(self, key: bytes) -> int:
        before = self._counts.pop(key, 0)  # taken out and put back: the order is that of last use
        self._counts[key] = before + 1
        if len(self._counts) > self._limit:
            del self._counts[next(iter(self._counts))]
        return before
