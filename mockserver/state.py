"""What must be remembered between requests, behind one interface: ``take``.

Everything else in the core is a value or a function. With several processes this is the part they
share; whatever implements it takes all needs of a request in one step.
"""

from __future__ import annotations

from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

from understudy.mockserver.prompt_cache import Cached, Prefix, PromptCache

if TYPE_CHECKING:  # limits are loaded where there are any
    from understudy.mockserver.limits.charge import Charge, Receipt
    from understudy.mockserver.limits.meter import Meter


class Turn(NamedTuple):
    """The next answer of *key*, of which *limit* may be taken (None: any number)."""

    key: bytes
    limit: int | None = None


class Needs(NamedTuple):
    """What a request needs to know: how often it was asked, which of *turns* is free to take, how much
    of *prefix* the API would have in its cache, how often each of *counters* was counted, and whether
    there is room for *charge* within its limits."""

    request: bytes
    turns: tuple[Turn, ...] = ()
    prefix: Prefix | None = None
    counters: tuple[bytes, ...] = ()
    charge: Charge | None = None


NOTHING_CACHED = Cached()


class Taken(NamedTuple):
    """*number* counts requests from 0, *attempt* equal requests.

    *turn* is the index of the first turn with anything left, the number of turns where none has;
    *position* counts from 0 how often it was taken before. *cached* is in tokens. *counts* are those of
    the counters before this request.

    Where *charged* was refused, nothing else was taken: no turn, no count but *number* and *attempt*.
    *refused* is how many of the attempts before that happened to.
    """

    number: int
    attempt: int
    turn: int = 0
    position: int = 0
    cached: Cached = NOTHING_CACHED
    counts: tuple[int, ...] = ()
    charged: Receipt | None = None
    refused: int = 0

    @property
    def tries(self) -> int:
        """How often the request was asked before and let in: what limits refuse is no try."""
        return max(0, self.attempt - self.refused)  # either may have been forgotten


class State(Protocol):
    def take(self, needs: Needs, now: float) -> Taken:
        """Count the request in at *now* (seconds since 1970), and return where that leaves it."""

    def draw(self, turns: tuple[Turn, ...], prefix: Prefix | None, now: float) -> tuple[int, int, Cached]:
        """Take what ``take`` was not told of: the turn, its position, and what is cached."""

    def settle(self, receipt: Receipt, actual: int | None, now: float) -> None:
        """Say that the sending has ended: the *actual* tokens are charged in place of those reserved (None:
        it was those), and others may be sent to. To be called once for each request. What is never settled
        stays as reserved."""

    def refill(self) -> None:
        """Forget what was charged, as if every limit were new."""

    def recount(self) -> None:
        """Forget how often requests, turns and counters were counted. Numbers go on."""

    def forget_prompts(self) -> None:
        """Empty the prompt cache."""


class MemoryState:
    """The embedded state: exact for one process. Counts of the requests and counters longest unseen, an
    eighth of them at once, are dropped when more than *limit* different ones of their kind were seen; they
    start again at 0. Turns are never forgotten: there are no more of them than rules and recordings."""

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._lock = Lock()
        self._number = -1
        self._asked: dict[bytes, int] = {}
        self._refused: dict[bytes, int] = {}
        self._turns: dict[bytes, int] = {}
        self._counters: dict[bytes, int] = {}
        self._prompts = PromptCache()
        self._meter: Meter | None = None

    def take(self, needs: Needs, now: float) -> Taken:
        request, turns, prefix, counters, charge = needs
        with self._lock:
            self._number += 1
            attempt = self._count(self._asked, request)
            charged = None
            if charge is not None:
                charged = (self._meter or self._new_meter()).charge(charge, now)
                if charged.shortage is not None:
                    self._count(self._refused, request)
                    return Taken(self._number, attempt, len(turns), charged=charged)
            turn, position = self._turn(turns) if turns else (0, 0)
            cached = NOTHING_CACHED if prefix is None else self._prompts.seen(prefix, now)
            counts = tuple([self._count(self._counters, key) for key in counters]) if counters else ()
            refused = self._refused.get(request, 0) if self._refused else 0
            return Taken(self._number, attempt, turn, position, cached, counts, charged, refused)

    def draw(self, turns: tuple[Turn, ...], prefix: Prefix | None, now: float) -> tuple[int, int, Cached]:
        with self._lock:
            turn, position = self._turn(turns) if turns else (0, 0)
            return turn, position, NOTHING_CACHED if prefix is None else self._prompts.seen(prefix, now)

    def settle(self, receipt: Receipt, actual: int | None, now: float) -> None:
        with self._lock:
            receipt.settle(actual, now)  # it knows its account: one of before `refill` has lost its worth

    def refill(self) -> None:
        with self._lock:
            self._meter = None

    def recount(self) -> None:
        with self._lock:
            self._asked, self._refused, self._turns, self._counters = {}, {}, {}, {}

    def forget_prompts(self) -> None:
        with self._lock:
            self._prompts = PromptCache()

    def _new_meter(self) -> Meter:
        from understudy.mockserver.limits.meter import Meter  # here: a server without limits needs none

        self._meter = Meter()
        return self._meter

    def _count(self, counts: dict[bytes, int], key: bytes) -> int:
        before = counts.pop(key, 0)  # taken out and put back: the order is that of last use
        counts[key] = before + 1
        if len(counts) > self._limit:
            # several at once: each time the first is looked for, all that stood before it is passed
            for old in list(islice(counts, self._limit // 8 + 1)):
                del counts[old]
        return before

    def _turn(self, turns: tuple[Turn, ...]) -> tuple[int, int]:
        for index, (key, limit) in enumerate(turns):
            before = self._turns.get(key, 0)
            if limit is None or before < limit:
                self._turns[key] = before + 1
                return index, before
        return len(turns), 0
