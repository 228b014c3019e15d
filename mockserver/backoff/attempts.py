"""Which requests are attempts of one call, and what was done about the advice between them.

Facts only: whether a client did well is for others to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from understudy.mockserver.backoff.advice import Advice
from understudy.mockserver.backoff.exchanges import Exchange
from understudy.mockserver.backoff.growth import Growth, growth_of

Done: TypeAlias = Literal["first", "honoured", "early", "late", "backoff", "at once"]
Ending: TypeAlias = Literal["answered", "gave up", "open"]

WINDOW = 120.0  # seconds after a failure (and after the time it advised)
AT_ONCE = 0.05  # seconds; nobody waits for less on purpose


class Attempt(NamedTuple):
    """*gap*: seconds since the attempt before had ended, None for the first that is known. *advised* is
    what that one's reply advised.

    *done* is ``honoured`` for a gap from what was advised to a quarter (at least 1 s) more, ``early`` and
    ``late`` for less and more; without advice, or with one of no time at all, ``backoff``, or ``at once``
    for less than AT_ONCE. *forbidden*: the reply before said ``x-should-retry: false``.
    """

    exchange: Exchange
    gap: float | None = None
    advised: Advice | None = None
    done: Done = "first"
    forbidden: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """The *attempts* of one logical call, in order; *missing* more came before them, which the journal no
    longer has. *follows*: the number of the request by which an equal call had begun that failed shortly
    before (a retry around the retries), None for none.
    """

    attempts: tuple[Attempt, ...]
    missing: int = 0
    follows: int | None = None

    @property
    def first(self) -> Exchange:
        return self.attempts[0].exchange

    @property
    def last(self) -> Exchange:
        return self.attempts[-1].exchange

    @property
    def ending(self) -> Ending:
        """How it stands: a call that *gave up* had a last attempt that failed."""
        if self.last.failed:
            return "gave up"
        return "open" if self.last.outcome == "open" else "answered"

    @property
    def count(self) -> int:
        """How many attempts were made."""
        return self.missing + len(self.attempts)

    @property
    def waited(self) -> float:
        """Seconds between attempts, together."""
        return sum(attempt.gap or 0.0 for attempt in self.attempts)

    @property
    def growth(self) -> Growth:
        """How the gaps grew that were the client's own choice."""
        return growth_of([one.gap or 0.0 for one in self.attempts if one.done in ("backoff", "at once")])


def backoff_of(exchanges: Iterable[Exchange], window: float = WINDOW) -> tuple[Call, ...]:
    """Return the calls that *exchanges* (in any order) were, in the order they began.

    Attempts of a call have the same fingerprint and key, and a retry count that grows by one. Where it does
    not grow (other clients, or an SDK whose own retries are off), the same request within *window*
    seconds after a failure, or after the time that was advised, is the next attempt.
    """
    groups: dict[tuple[str, str], list[Exchange]] = {}
    for exchange in sorted(exchanges, key=lambda one: (one.at, one.number)):
        groups.setdefault((exchange.key, exchange.fingerprint), []).append(exchange)
    calls = [call for group in groups.values() for call in _joined(_counted(group, window), window)]
    return tuple(sorted(calls, key=lambda call: (call.first.at, call.first.number)))


def _counted(group: Sequence[Exchange], window: float) -> list[list[Exchange]]:
    """Return chains of equal requests whose retry counts are consecutive.

    Several callers may be at the same request: an attempt goes to the failure after which the official
    SDKs, which alone send a count, would have waited most nearly that long.
    """
    chains: list[list[Exchange]] = []
    waiting: dict[int, list[list[Exchange]]] = {}
    for exchange in group:
        count, at = exchange.retry_count, exchange.at
        before = waiting.get(count - 1, []) if count else []
        likely = [chain for chain in before if at <= _until(chain[-1], window)]
        if likely:
            chain = min(likely, key=lambda one: abs(at - _expected(one[-1])))
            before.remove(chain)
            chain.append(exchange)
        else:
            chain = [exchange]
            chains.append(chain)
        if count is not None and exchange.failed:
            waiting.setdefault(count, []).append(chain)
    return chains


def _expected(failure: Exchange) -> float:
    """Return when an official SDK asks again after *failure* (FACTS F.1)."""
    advised = 0.0 if failure.advice is None else failure.advice.seconds
    usual = min(0.5 * 2 ** min(failure.retry_count or 0, 4), 8.0) * 0.875
    return failure.over + (advised if advised > 0 else usual)


def _joined(chains: Iterable[list[Exchange]], window: float) -> list[Call]:
    """Return the calls that *chains* (in the order they began) are: each goes to the first failure that it
    may follow."""
    calls: list[tuple[list[Exchange], int | None]] = []
    failures: list[int] = []  # indices of calls
    for chain in chains:
        begin, index, follows = chain[0], len(calls), None
        found = None if begin.retry_count else _followed(begin, calls, failures, window)
        if found is not None:
            failures.remove(found)
            attempts = calls[found][0]
            if not attempts[-1].retry_count and len(chain) == 1:
                attempts += chain
                index = found
            else:
                follows = attempts[0].number
        if index == len(calls):
            calls.append((chain, follows))
        if chain[-1].failed:
            failures.append(index)
    return [_call(attempts, follows) for attempts, follows in calls]


def _followed(
    begin: Exchange,
    calls: Sequence[tuple[list[Exchange], int | None]],
    failures: Sequence[int],
    window: float,
) -> int | None:
    """Return the first of *failures* that had ended (else it is somebody else's) and is within *window*."""
    for index in failures:
        last = calls[index][0][-1]
        if last.over <= begin.at <= _until(last, window):
            return index
    return None


def _until(failure: Exchange, window: float) -> float:
    advised = 0.0 if failure.advice is None else max(0.0, failure.advice.seconds)
    return failure.over + advised + window


def _call(chain: Sequence[Exchange], follows: int | None) -> Call:
    attempts = [Attempt(chain[0])]
    for before, exchange in pairwise(chain):
        gap = max(0.0, exchange.at - before.over)  # the end may be noticed after the client has moved on
        done = _done(gap, before.advice)
        attempts.append(Attempt(exchange, gap, before.advice, done, before.should_retry is False))
    return Call(tuple(attempts), chain[0].retry_count or 0, follows)


def _done(gap: float, advice: Advice | None) -> Done:
    if advice is None or advice.seconds <= 0:
        return "at once" if gap < AT_ONCE else "backoff"
    if gap < advice.seconds - max(0.005, advice.seconds / 1000):  # two clocks, and sleeps, are that exact
        return "early"
    return "late" if gap > advice.seconds + max(1.0, advice.seconds / 4) else "honoured"
