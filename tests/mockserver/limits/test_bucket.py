"""Buckets as arithmetic."""

from __future__ import annotations

import copy
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.limits.bucket import DAY, MINUTE, SLACK, Bucket, promised


def bucket(capacity: int = 3, *, period: int = MINUTE, used: int = 0, at: int = 0) -> Bucket:
    found = Bucket(capacity, period, at)
    found.draw(used)
    return found


def standing(one: Bucket) -> tuple[int, int, int]:
    limit, remaining, reset = one.standing()
    assert limit == one.capacity
    return remaining, one.used(), reset


def test_a_new_bucket_is_full() -> None:
    assert standing(bucket()) == (3, 0, 0)


def test_a_bucket_gives_what_it_holds_and_then_asks_for_patience() -> None:
    one, waits = bucket(), []
    for _ in range(4):
        waits.append(one.wait(1))
        one.draw(1)

    assert waits == [0, 0, 0, 20_000_000]  # "Limit 3, Used 3, Requested 1. Please try again in 20s"


def test_the_real_api_s_sum() -> None:
    one = bucket(200_000, used=170_583)  # FACTS D.2: Used 170583, Requested 180002, 45.175s

    assert (one.used(), one.wait(180_002)) == (170_583, 45_175_500)


def test_a_bucket_refills_by_and_by_and_no_further() -> None:
    one, seen = bucket(used=3), []
    for at in (0, 19_999_999, 20_000_000, MINUTE, DAY):
        one.correct(0, at)
        seen.append(one.standing()[1:])

    assert seen == [(0, MINUTE), (0, 40_000_001), (1, 40_000_000), (3, 0), (3, 0)]


def test_a_clock_that_goes_back_a_little_refills_nothing() -> None:
    one = bucket(used=3, at=MINUTE)

    one.correct(0, MINUTE - 900_000)
    one.correct(0, MINUTE)

    assert standing(one) == (0, 3, MINUTE)


def test_what_is_given_back_does_not_overflow() -> None:
    one = bucket(used=1)

    one.correct(-2, 0)

    assert standing(one) == (3, 0, 0)


@given(st.integers(1, 50), st.lists(st.tuples(st.integers(-5, MINUTE), st.integers(0, 60))))
def test_what_is_spent_was_there(capacity: int, costs: list[tuple[int, int]]) -> None:
    one, at = bucket(capacity), 0
    for elapsed, cost in costs:
        at += elapsed
        one.correct(0, at)
        was_there = one.holds(cost)
        left = one.spend(cost, at)

        assert left == (one.standing() if was_there else None)
        if left is None:
            one.draw(-cost)


def test_a_bucket_below_empty_has_nothing() -> None:
    one = bucket(used=5)

    assert (*standing(one)[:2], one.wait(1)) == (0, 5, MINUTE)


def test_what_was_used_stays_used_when_the_size_changes() -> None:
    one = bucket(used=3)

    one.resize(10)

    assert (*standing(one), one.holds(7), one.holds(8)) == (7, 3, 18_000_000, True, False)


@given(
    capacity=st.integers(1, 10**9),
    period=st.sampled_from([MINUTE, DAY]),
    costs=st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**9)), max_size=30),
)
def test_no_unit_is_lost_or_made(capacity: int, period: int, costs: list[tuple[int, int]]) -> None:
    one, given_out, at = bucket(capacity, period=period), 0, 0
    for elapsed, cost in costs:
        at += elapsed
        one.correct(0, at)
        if cost <= capacity and not one.wait(cost):
            one.draw(cost)
            given_out += cost

    assert given_out * period <= capacity * (period + at + SLACK)
    assert one.debt <= one.most


def instant(now: float) -> int:
    """Return *now*, in seconds, as the meter counts it."""
    return round(now * 1_000_000)


def _holds_to_the_millisecond(one: Bucket, start: float, cost: int) -> None:
    milliseconds, delay = promised(one.wait(cost))
    one.delay(delay)
    early, served = copy.copy(one), copy.copy(one)

    early.correct(0, instant(start + (milliseconds - 1) / 1_000))
    served.correct(0, instant(start + milliseconds / 1_000))

    assert (early.holds(cost), served.holds(cost), delay <= SLACK) == (False, True, True)


@given(
    capacity=st.integers(1, 10**7),
    start=st.floats(0, 4e9),
    held=st.integers(0, 10**6),
    cost=st.integers(1, 10**6),
)
def test_a_promise_holds_to_the_millisecond(capacity: int, start: float, held: int, cost: int) -> None:
    """By a clock of floats, wherever it stands."""
    one = bucket(max(capacity, cost), used=held, at=instant(start))

    if one.wait(cost):
        _holds_to_the_millisecond(one, start, cost)


@pytest.mark.parametrize("missing", [*range(3, 12), *range(990, 1_012), *range(59_990, 60_012)])
def test_a_promise_holds_where_a_microsecond_decides(missing: int) -> None:
    dice = Random(missing)
    for _ in range(300):
        start = dice.uniform(0, 4e9)
        # a unit a microsecond: so many are missing
        one = bucket(MINUTE, used=MINUTE - 1 + missing, at=instant(start))

        _holds_to_the_millisecond(one, start, 1)


@pytest.mark.parametrize(
    ("missing", "told"), [(3, (1, 1)), (4, (1, 0)), (1_000, (1, 0)), (1_001, (1, 0)), (1_002, (2, 2))]
)
def test_a_promise_is_in_milliseconds(missing: int, told: tuple[int, int]) -> None:
    assert promised(missing) == told


def test_a_clock_that_goes_back_far_goes_on_from_there() -> None:
    """As that of one context of virtual time after another."""
    one = bucket(3)
    ahead = 10 * MINUTE
    for _ in range(3):
        assert one.spend(1, ahead) is not None
    assert one.spend(1, 0) is None
    one.draw(-1)

    assert one.spend(1, MINUTE // 3) is not None
    assert one.spend(1, MINUTE // 3) is None
