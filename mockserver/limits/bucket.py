"""Token buckets as arithmetic: no clock, no rounding.

A bucket is remembered as what is missing in it (its *debt*), in units times microseconds: then refilling
is a product of whole numbers, and exact over any length of time. Instants are whole microseconds.

A client that was told to wait does so by a clock of floats, and its two readings may be a microsecond
further apart or closer together than they should be. What is told (`promised`) leaves room for that:
who waits so long is served, and who comes a millisecond sooner is not.
"""

from __future__ import annotations

from typing import TypeAlias

SLACK = 2  # microseconds: what two readings of a clock may be off by, and one more
NEVER = 1 << 62  # an instant
BACK = 10_000_000  # microseconds: by less, a request may be late that took long to be read
MINUTE = 60_000_000
DAY = 86_400_000_000

Standing: TypeAlias = "tuple[int, int, int]"
"""Units at most, whole units that remain, microseconds until all are there. A bare tuple: each reply has
two, and one with names takes forty times as long to make."""


class Bucket:
    """*capacity* units at most, full at the instant *at*; empty, it is full again after *period*
    microseconds. Changed in place: every request comes by here."""

    __slots__ = ("at", "capacity", "debt", "full", "most", "period")

    def __init__(self, capacity: int, period: int, at: int) -> None:
        self.period = period
        self.debt = 0
        self.at = at
        self.full = NEVER  # from when on it surely is
        self.resize(capacity)

    def resize(self, capacity: int) -> None:
        """Let it hold *capacity* units; what was used stays used."""
        self.capacity = capacity
        self.full = NEVER
        self.most = capacity * (self.period + SLACK)  # the debt up to which it gives

    def spend(self, cost: int, at: int) -> Standing | None:
        """Let it refill until *at* (a clock that goes back refills nothing), take *cost* units and return
        where it stands then; None where they were not there: they are to be given back."""
        self._refill(at)
        self.debt += cost * self.period
        if self.debt > self.most:
            self.full = NEVER
            return None
        standing = self.standing()
        self.full = self.at + standing[2]
        return standing

    def correct(self, cost: int, at: int) -> None:
        """Let it refill until *at* and take *cost* units, or give them back where it is negative. It may go
        below empty: what a reply has cost is known afterwards."""
        self._refill(at)
        debt = self.debt + cost * self.period
        self.debt = debt = debt if debt > 0 else 0
        self.full = self.at - debt // -self.capacity

    def _refill(self, at: int) -> None:
        elapsed = at - self.at
        if elapsed > 0:
            debt = self.debt - elapsed * self.capacity
            self.debt = debt if debt > 0 else 0
            self.at = at
        elif elapsed < -BACK:  # another clock, or one that was set back: it goes on from there
            self.at = at

    def holds(self, cost: int) -> bool:
        """Return whether *cost* units are there."""
        return self.debt + cost * self.period <= self.most

    def wait(self, cost: int) -> int:
        """Return the microseconds until *cost* units, of those it can hold, are there; 0 where they are."""
        excess = self.debt + (cost - self.capacity) * self.period
        return 0 if self.holds(cost) else -(excess // -self.capacity)

    def draw(self, cost: int) -> None:
        """Take *cost* units, or give them back where it is negative."""
        self.debt += cost * self.period
        self.full = NEVER

    def delay(self, microseconds: int) -> None:
        """Let everything be there so much later."""
        self.debt += microseconds * self.capacity
        self.full = NEVER

    def used(self) -> int:
        """Return the units that are missing, those begun counted whole."""
        return -(self.debt // -self.period)

    def standing(self) -> Standing:
        """Return where it stands, below empty as empty."""
        capacity, debt = self.capacity, self.debt
        left = capacity + debt // -self.period
        return capacity, left if left > 0 else 0, -(debt // -capacity)


def promised(missing: int) -> tuple[int, int]:
    """Return the milliseconds to tell a client that has *missing* microseconds to wait, and by how many
    microseconds the bucket has to be later for that to be exact (0, but for one wait in 500)."""
    milliseconds = -((missing - 1) // -1_000)
    early = missing - (milliseconds - 1) * 1_000  # what is left for who comes a millisecond too soon
    return milliseconds, max(0, SLACK + 2 - early)
