"""Requests become calls, and what was done about the advice is told."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from understudy.mockserver.backoff.attempts import Call, backoff_of
from understudy.mockserver.backoff.exchanges import Exchange

Row = Callable[..., Exchange]


def times(calls: tuple[Call, ...]) -> list[list[float]]:
    return [[attempt.exchange.at for attempt in call.attempts] for call in calls]


def test_growing_counts_are_one_call(row: Row) -> None:
    exchanges = [row(0.0, retry_count=0), row(0.6, retry_count=1), row(1.6, 200, retry_count=2)]

    (call,) = backoff_of(reversed(exchanges))

    assert [attempt.gap for attempt in call.attempts] == [None, pytest.approx(0.5), pytest.approx(0.9)]
    assert [attempt.done for attempt in call.attempts] == ["first", "backoff", "backoff"]
    assert (call.ending, call.count, call.missing, call.follows) == ("answered", 3, 0, None)
    assert call.waited == pytest.approx(1.4)
    assert call.growth.kind == "exponential"


def test_without_counts_the_same_again_after_a_failure_is_one_call(row: Row) -> None:
    exchanges = [row(0.0), row(5.0, 503), row(9.0, 200), row(10.0, 200), row(11.0)]

    assert times(backoff_of(exchanges)) == [[0.0, 5.0, 9.0], [10.0], [11.0]]


def test_an_sdk_with_its_retries_off_is_retried_by_others(row: Row) -> None:
    exchanges = [row(0.0, retry_count=0), row(1.0, retry_count=0), row(3.0, 200, retry_count=0)]

    assert times(backoff_of(exchanges)) == [[0.0, 1.0, 3.0]]


def test_retries_around_the_retries_are_calls_that_follow(row: Row) -> None:
    inner = [row(0.0, retry_count=0), row(0.6, retry_count=1)]
    outer = [row(2.0, retry_count=0), row(2.6, 200, retry_count=1)]

    first, second = backoff_of([*inner, *outer])

    assert (first.ending, first.follows) == ("gave up", None)
    assert (second.ending, second.follows) == ("answered", inner[0].number)


@pytest.mark.parametrize("other", [{"key": "sk-2"}, {"fingerprint": "g"}])
def test_other_keys_and_other_requests_are_other_calls(row: Row, other: dict[str, str]) -> None:
    assert times(backoff_of([row(0.0), row(1.0, **other)])) == [[0.0], [1.0]]


def test_beyond_the_window_it_is_another_call(row: Row) -> None:
    assert times(backoff_of([row(0.0), row(121.0)])) == [[0.0], [121.0]]
    assert times(backoff_of([row(0.0, advised=60.0), row(121.0)])) == [[0.0, 121.0]]
    assert times(backoff_of([row(0.0), row(121.0)], window=200.0)) == [[0.0, 121.0]]
    assert times(backoff_of([row(0.0, retry_count=0), row(121.0, retry_count=1)])) == [[0.0], [121.0]]


def test_what_had_not_ended_was_somebody_elses(row: Row) -> None:
    assert times(backoff_of([row(0.0, ended=3.0), row(1.0)])) == [[0.0], [1.0]]


def test_attempts_the_journal_has_dropped_are_counted(row: Row) -> None:
    (call,) = backoff_of([row(0.0, retry_count=2), row(1.0, 200, retry_count=3)])

    assert (call.missing, call.count, len(call.attempts)) == (2, 4, 2)


def test_an_end_that_was_noticed_late_is_no_gap(row: Row) -> None:
    late = row(0.0, 200, outcome="client left", ended=2.0, retry_count=0)

    (call,) = backoff_of([late, row(1.5, 200, retry_count=1)])

    assert call.attempts[1].gap == 0.0


@pytest.mark.parametrize(
    ("advised", "gap", "done"),
    [
        (20.0, 20.0, "honoured"),
        (20.0, 24.9, "honoured"),
        (20.0, 25.1, "late"),
        (20.0, 19.9, "early"),
        (20.0, 0.5, "early"),
        (0.15, 0.15, "honoured"),
        (0.15, 1.1, "honoured"),
        (0.15, 1.2, "late"),
        (0.15, 0.1, "early"),
        (0.0, 0.5, "backoff"),
        (-5.0, 0.5, "backoff"),
        (-5.0, 0.0, "at once"),
        (None, 0.5, "backoff"),
        (None, 0.01, "at once"),
    ],
)
def test_what_was_done_about_the_advice(row: Row, advised: float | None, gap: float, done: str) -> None:
    first = row(0.0, advised=advised, ended=0.0)

    (call,) = backoff_of([first, row(gap, 200)])

    assert call.attempts[1].done == done
    assert call.attempts[1].advised == first.advice


def test_a_retry_that_was_forbidden_is_told(row: Row) -> None:
    (call,) = backoff_of([row(0.0, 500, should_retry=False), row(1.0, 200)])

    assert [attempt.forbidden for attempt in call.attempts] == [False, True]


@pytest.mark.parametrize(
    ("status", "outcome", "ending"),
    [(200, "sent", "answered"), (429, "sent", "gave up"), (200, "cut", "gave up"), (0, "open", "open")],
)
def test_a_call_has_an_ending(row: Row, status: int, outcome: str, ending: str) -> None:
    (call,) = backoff_of([row(0.0, status, outcome=outcome)])

    assert call.ending == ending


def test_callers_side_by_side_are_told_apart_by_their_waits(row: Row) -> None:
    """Equal requests, failing in one order and asking again in another."""
    one = [row(0.0, advised=5.0, retry_count=0), row(5.1, retry_count=1), row(6.0, 200, retry_count=2)]
    two = [row(0.2, advised=1.0, retry_count=0), row(1.3, 200, retry_count=1)]

    assert times(backoff_of([*one, *two])) == [[0.0, 5.1, 6.0], [0.2, 1.3]]


def test_calls_that_gave_up_do_not_take_the_retries_of_later_ones(row: Row) -> None:
    refused = [row(0.0, 400, retry_count=0)]
    later = [row(30.0, 500, retry_count=0), row(30.6, 200, retry_count=1)]

    first, second = backoff_of([*refused, *later])

    assert times((first, second)) == [[0.0], [30.0, 30.6]]
    assert second.follows == refused[0].number


def test_order_of_arrival_does_not_matter_and_nothing_is_lost(row: Row) -> None:
    dice = Random(7)
    exchanges = [
        row(
            dice.uniform(0, 300),
            dice.choice([200, 429, 500]),
            fingerprint=dice.choice("ab"),
            retry_count=dice.choice([None, 0, 1, 2]),
            advised=dice.choice([None, 1.0, 30.0]),
        )
        for _ in range(400)
    ]
    calls = backoff_of(exchanges)
    dice.shuffle(exchanges)

    assert backoff_of(exchanges) == calls
    assert sorted(a.exchange.number for call in calls for a in call.attempts) == sorted(
        e.number for e in exchanges
    )
    assert all((attempt.gap or 0.0) >= 0.0 for call in calls for attempt in call.attempts)


def test_no_exchanges_are_no_calls() -> None:
    assert backoff_of([]) == ()
