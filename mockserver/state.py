"""What must be remembered between requests, behind one interface: ``take``.

Everything else in the core is a value or a function. With several processes this is the part they
share; whatever implements it takes all needs of a request in one step.
"""

from __future__ import annotations

from itertools import islice
from threading import Lock
from typing import NamedTuple, Protocol

from understudy.mockserver.prompt_cache import Cached, Prefix, PromptCache


class Turn(NamedTuple):
    """The next answer of *key*, of which *limit* may be taken (None: any number)."""

    key: bytes
    limit: int | None = None


class Needs(NamedTuple):
    """What a request needs to know: how often it was asked, which of *turns* is free to take, and how
    much of *prefix* the API would have in its cache."""

    request: bytes
    turns: tuple[Turn, ...] = ()
    prefix: Prefix | None = None


NOTHING_CACHED = Cached()


class Taken(NamedTuple):
    """*number* counts requests from 0, *attempt* equal requests.

    *turn* is the index of the first turn with anything left, the number of turns where none has;
    *position* counts from 0 how often it was taken before. *cached* is in tokens.
    """

    number: int
    attempt: int
    turn: int = 0
    position: int = 0
    cached: Cached = NOTHING_CACHED


class State(Protocol):
    def take(self, needs: Needs, now: float) -> Taken:
        """Count the request in at *now* (seconds since 1970), and return where that leaves it."""


class MemoryState:
    """The embedded state: exact for one process. Counts of the requests longest unseen are dropped
    once *limit* different ones are held; they start again at 0. Turns are never forgotten: there are
    no more of them than rules and recordings."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._lock = Lock()
        self._number = -1
        self._asked: dict[bytes, int] = {}
        self._turns: dict[bytes, int] = {}
        self._prompts = PromptCache()

    def take(self, needs: Needs, now: float) -> Taken:
        with self._lock:
            self._number += 1
            attempt = self._count(needs.request)
            turn, position = self._turn(needs.turns) if needs.turns else (0, 0)
            prefix = needs.prefix
            cached = NOTHING_CACHED if prefix is None else self._prompts.seen(prefix, now)
            return Taken(self._number, attempt, turn, position, cached)

    def _count(self, key: bytes) -> int:
        before = self._asked.pop(key, 0)  # taken out and put back: the order is that of last use
        self._asked[key] = before + 1
        if len(self._asked) > self._limit:
            # several at once: each time the first is looked for, all that stood before it is passed
            for old in list(islice(self._asked, self._limit // 8 + 1)):
                del self._asked[old]
        return before

    def _turn(self, turns: tuple[Turn, ...]) -> tuple[int, int]:
        for index, (key, limit) in enumerate(turns):
            before = self._turns.get(key, 0)
            if limit is None or before < limit:
                self._turns[key] = before + 1
                return index, before
        return len(turns), 0
