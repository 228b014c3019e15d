"""What several calls have in common in how they retried; and calls as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from understudy.mockserver.backoff.attempts import Attempt, Call, Done
from understudy.mockserver.backoff.growth import Growth, growth_of, is_jittered


class Summary(NamedTuple):
    """Counts of *calls*: those that were *retried*, *answered* after that, and *gave_up*. *most* is the
    largest number of attempts. *done* counts the retries by what was done, *forbidden* those against an
    ``x-should-retry: false``.

    *growth* is that of the waits nobody advised, in the median over the calls; *jittered*: whether the same
    wait differs from call to call (None: too few to tell).
    """

    calls: int
    retried: int
    answered: int
    gave_up: int
    most: int
    done: Mapping[Done, int]
    forbidden: int
    growth: Growth
    jittered: bool | None


def summary_of(calls: Sequence[Call]) -> Summary:
    """Return what *calls* have in common."""
    retried = [call for call in calls if call.count > 1]
    retries = [attempt for call in calls for attempt in call.attempts if attempt.done != "first"]
    own = _own(calls)
    told = [told for told in map(is_jittered, own) if told is not None]
    return Summary(
        calls=len(calls),
        retried=len(retried),
        answered=sum(call.ending == "answered" for call in retried),
        gave_up=sum(call.ending == "gave up" for call in calls),
        most=max((call.count for call in calls), default=0),
        done=dict(Counter(attempt.done for attempt in retries)),
        forbidden=sum(attempt.forbidden for attempt in retries),
        growth=growth_of([median(gaps) for gaps in own]),
        jittered=any(told) if told else None,
    )


def _own(calls: Sequence[Call]) -> list[list[float]]:
    """Return the gaps that clients chose themselves: the first of each call, the second …"""
    gaps: dict[int, list[float]] = {}
    for call in calls:
        for place, attempt in enumerate(call.attempts, call.missing):
            if attempt.gap is not None and attempt.done in ("backoff", "at once"):
                gaps.setdefault(place, []).append(attempt.gap)
    return [gaps[place] for place in sorted(gaps)]


def document_of(calls: Sequence[Call]) -> dict[str, Any]:
    """Return *calls* and their summary as JSON; all times are seconds."""
    summary = summary_of(calls)
    return {
        "summary": {**summary._asdict(), "done": dict(summary.done), "growth": summary.growth._asdict()},
        "calls": [_document_of_call(call) for call in calls],
    }


def _document_of_call(call: Call) -> dict[str, Any]:
    return {
        "model": call.first.model,
        "key": call.first.key,
        "fingerprint": call.first.fingerprint,
        "at": call.first.at,
        "ending": call.ending,
        "attempts_made": call.count,
        "waited": round(call.waited, 6),
        "growth": call.growth._asdict(),
        "follows": call.follows,
        "attempts": [_document_of_attempt(attempt) for attempt in call.attempts],
    }


def _document_of_attempt(attempt: Attempt) -> dict[str, Any]:
    exchange = attempt.exchange
    return {
        "number": exchange.number,
        "at": exchange.at,
        "ended": exchange.ended,
        "status": exchange.status,
        "outcome": exchange.outcome,
        "retry_count": exchange.retry_count,
        "gap": None if attempt.gap is None else round(attempt.gap, 6),
        "advised": None if attempt.advised is None else attempt.advised._asdict(),
        "done": attempt.done,
        "forbidden": attempt.forbidden,
    }
