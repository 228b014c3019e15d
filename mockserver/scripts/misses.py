"""Why no rule fits: the nearest ones, and which of what they ask does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from itertools import chain, islice
from typing import NamedTuple

from understudy.mockserver.scripts.conditions import Condition
from understudy.mockserver.scripts.facts import Facts
from understudy.mockserver.scripts.index import Index, Prepared

_COMPARED = 500  # rules, those first that share something with the request
_TOLD = 3  # rules
_KEYS_TOLD = 3  # of a rule


class _Miss(NamedTuple):
    far: float
    order: int
    prepared: Prepared
    failing: tuple[tuple[Condition, str], ...]


def nearest(index: Index, facts: Facts) -> str | None:
    """Return the rules nearest to a request that none answers, None where there are none."""
    several = islice(chain(index.candidates(facts), index.rules), 2 * _COMPARED)
    rules = {id(prepared): prepared for prepared in several}
    if not rules:
        return None
    compared = islice(rules.values(), _COMPARED)
    misses = (_miss(prepared, number, facts) for number, prepared in enumerate(compared))
    near = nsmallest(_TOLD, misses, key=lambda miss: miss[:2])
    return f"the nearest {'is' if len(near) == 1 else 'are'} " + "; and ".join(map(_told, near))


def _miss(prepared: Prepared, number: int, facts: Facts) -> _Miss:
    failing = tuple(_failing(prepared.asks, facts))
    asked = len(prepared.asks) or 1
    far = sum(2 - _likeness(came, condition.expected) for condition, came in failing) / asked
    return _Miss(far, number, prepared, failing)


def _failing(asks: Sequence[Condition], facts: Facts) -> Iterable[tuple[Condition, str]]:
    """Return what does not hold and what came instead. A predicate is called only where all else holds.

    What is slow is not asked again: it is named where all else holds, for then it may be what did not.
    """
    failing: list[tuple[Condition, str]] = []
    for condition in sorted(asks, key=lambda condition: (condition.key == "predicate", condition.slow)):
        if condition.slow:
            if not failing:
                failing.append((condition, condition.came(facts)))
            continue
        if condition.key == "predicate" and failing:
            continue
        try:
            if condition.holds(facts):
                continue
            failing.append((condition, condition.came(facts)))
        except Exception as error:  # a predicate of the user; it raises where it is asked in earnest
            failing.append((condition, f"{type(error).__name__}: {error}"))
    return failing


def _told(miss: _Miss) -> str:
    rule = miss.prepared.rule
    if not miss.failing:
        return f"{rule}, which fits{_used_up(rule.limit)}"
    told = [
        f"{condition.key} is {came}, expected {condition.expected}{_UNSURE if condition.slow else ''}"
        for condition, came in miss.failing
    ]
    more = f"; {len(told) - _KEYS_TOLD} more" if len(told) > _KEYS_TOLD else ""
    return f"{rule}: {'; '.join(told[:_KEYS_TOLD])}{more}"


def _used_up(limit: int | None) -> str:
    if limit is None:  # what a predicate says now, or a rule that came after the request
        return " now, and did not when it was asked"
    return " but answers once, and has" if limit == 1 else f" but answers {limit} times in all, and has"


def _likeness(one: str, other: str) -> float:
    """Return which share of their words two texts have in common, from 0 to 1."""
    left, right = set(_WORDS.findall(one.lower())), set(_WORDS.findall(other.lower()))
    return len(left & right) / len(left | right) if left and right else 0.0


_UNSURE = " (or it has answered all it may: what looks around or back is not searched for twice)"
_WORDS = re.compile(r"\w+")
