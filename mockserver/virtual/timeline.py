"""What was waited for, by whom, how long."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import NamedTuple

from understudy.mockserver.clock import VirtualClock

KEPT = 10_000


class Waited(NamedTuple):
    """One wait: *at* (seconds since 1970, on the virtual clock) for *seconds*, asked for at *place*
    (``file:line``) by a call of *kind*: ``time.sleep``, or that of ``asyncio``, ``anyio``, ``trio``."""

    seconds: float
    place: str
    kind: str
    at: float


class TimeLine:
    """The waits under one ``virtual_time``, in the order they began: the first KEPT, and a count of the
    rest in *dropped*. Safe for several threads."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.dropped = 0
        self._start = clock.now()
        self._waits: list[Waited] = []
        self._lock = Lock()

    @property
    def waits(self) -> tuple[Waited, ...]:
        with self._lock:
            return tuple(self._waits)

    @property
    def seconds(self) -> tuple[float, ...]:
        """How long each wait was."""
        return tuple(wait.seconds for wait in self)

    @property
    def elapsed(self) -> float:
        """Seconds that have passed on the clock since the beginning."""
        return self.clock.now() - self._start

    def add(self, seconds: float, place: str, kind: str) -> None:
        with self._lock:
            if len(self._waits) < KEPT:
                self._waits.append(Waited(seconds, place, kind, self.clock.now()))
            else:
                self.dropped += 1

    def __iter__(self) -> Iterator[Waited]:
        return iter(self.waits)

    def __len__(self) -> int:
        return len(self._waits)
