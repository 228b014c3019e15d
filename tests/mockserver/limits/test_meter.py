"""The memory of limits: what it serves, what it refuses, and what it promises."""

from __future__ import annotations

import copy
import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.mockserver.limits.charge import Charge, Limits, Receipt, Shortage
from understudy.mockserver.limits.limit import UNITS, Limit
from understudy.mockserver.limits.meter import Meter

NOW = 1_700_000_000.0
RPM, TPM, RPD, TPD = UNITS


def charge(*limits: Limit, tokens: int = 1, model: str = "m", key: str = "k") -> Charge:
    found = Limits(limits).of(Charge(model, tokens), key)
    assert found is not None
    return found


def waits(meter: Meter, wanted: Charge, at: float) -> int | None:
    """Return the milliseconds that the client is told to wait; None where it is served."""
    shortage = meter.charge(wanted, at).shortage
    return None if shortage is None else shortage.wait


def test_the_fourth_of_three_requests_a_minute_waits_twenty_seconds() -> None:
    meter, wanted = Meter(), charge(Limit(requests_per_minute=3))

    assert [waits(meter, wanted, NOW) for _ in range(5)] == [None, None, None, 20_000, 20_000]


def test_a_bucket_goes_down_by_what_is_reserved() -> None:
    meter = Meter()
    limit = Limit(requests_per_minute=10, tokens_per_minute=600)

    charged = meter.charge(charge(limit, tokens=100), NOW)

    assert charged.requests == (10, 9, 6_000_000)
    assert charged.tokens == (600, 500, 10_000_000)
    assert charged.shortage is None


def test_tokens_run_out_as_the_real_api_words_it() -> None:
    """FACTS D.2: Limit 200000, Used 170583, Requested 180002: 45.175s, and half a millisecond."""
    meter, limit = Meter(), Limit(tokens_per_minute=200_000)
    meter.charge(charge(limit, tokens=170_583), NOW)

    refused = meter.charge(charge(limit, tokens=180_002), NOW)

    assert refused.shortage == Shortage("m", TPM, 200_000, 170_583, 180_002, 45_176)


def test_what_is_refused_for_its_tokens_counts_as_a_request_of_the_minute_and_of_nothing_else() -> None:
    limit = Limit(requests_per_minute=10, tokens_per_minute=100, requests_per_day=10, tokens_per_day=1_000)
    meter = Meter()
    meter.charge(charge(limit, tokens=90), NOW)
    wanted = charge(limit, tokens=50)

    refused = meter.charge(wanted, NOW)

    assert refused.requests == (10, 8, 12_000_000)
    assert refused.tokens == (100, 10, 54_000_000)
    kept = {rate.unit: meter._buckets[rate.name] for rate in wanted.draw.rates}
    assert [kept[unit].used() for unit in (RPD, TPD)] == [1, 90]


def test_what_never_fits_is_told_so_and_draws_no_tokens() -> None:
    meter, limit = Meter(), Limit(tokens_per_minute=100, tokens_per_day=50)

    refused = meter.charge(charge(limit, tokens=101), NOW)

    assert refused.shortage == Shortage("m", TPD, 50, 0, 101, None, hopeless=True)
    assert refused.tokens == (50, 50, 0)


def test_the_longest_wait_is_told() -> None:
    meter, limit = Meter(), Limit(requests_per_minute=1, requests_per_day=1)
    meter.charge(charge(limit), NOW)

    assert waits(meter, charge(limit), NOW) == 86_400_000


def test_settling_gives_back_what_was_not_used() -> None:
    meter, limit = Meter(), Limit(tokens_per_minute=100)
    receipt = meter.charge(charge(limit, tokens=100), NOW)

    receipt.settle(20, NOW)

    assert meter.charge(charge(limit, tokens=80), NOW).tokens == (100, 0, 60_000_000)


def test_settling_charges_what_was_used_besides() -> None:
    meter, limit = Meter(), Limit(tokens_per_minute=100)
    receipt = meter.charge(charge(limit, tokens=10), NOW)

    receipt.settle(160, NOW)

    assert waits(meter, charge(limit, tokens=40), NOW) == 60_000


def test_no_more_replies_are_under_way_than_allowed() -> None:
    meter, limit = Meter(), Limit(concurrency=2, requests_per_minute=100)
    held = [meter.charge(charge(limit), NOW) for _ in range(2)]
    refused = meter.charge(charge(limit), NOW)

    held[0].settle(None, NOW)

    assert refused.shortage == Shortage("m", None, 2, 2, 1)
    assert refused.requests == (100, 97, 1_800_000)
    kept = meter.charge(charge(limit), NOW)
    assert kept.shortage is None
    assert meter.charge(charge(limit), NOW).shortage is not None


def test_a_receipt_is_worth_nothing_to_another_meter() -> None:
    limit = Limit(tokens_per_minute=100, concurrency=1)
    wanted = charge(limit, tokens=100)
    old, new = Meter(), Meter()
    before = old.charge(wanted, NOW)
    mine = new.charge(wanted, NOW)

    before.settle(0, NOW)

    assert mine.shortage is None
    crowded, served = new.charge(wanted, NOW), old.charge(wanted, NOW)
    assert crowded.shortage is not None
    assert (crowded.shortage.unit, crowded.tokens) == (None, (100, 0, 60_000_000))
    assert served.shortage is None


def test_of_several_buckets_the_scarcest_is_told_of() -> None:
    limit = Limit(requests_per_minute=5, requests_per_day=5, tokens_per_minute=100, tokens_per_day=80)

    receipt = Meter().charge(charge(limit, tokens=10), NOW)

    assert (receipt.requests, receipt.tokens) == ((5, 4, 17_280_000_000), (80, 70, 10_800_000_000))


def test_a_receipt_that_was_lost_holds_nothing() -> None:
    meter, limit = Meter(), Limit(concurrency=1)
    for _ in range(5):
        lost = meter.charge(charge(limit), NOW)
        assert lost.shortage is None
        del lost
        gc.collect()


def test_what_is_released_leaves_nothing_behind() -> None:
    meter, limit = Meter(), Limit(concurrency=1)
    receipt = meter.charge(charge(limit), NOW)

    receipt.settle(None, NOW)

    assert [*meter._sending.values()] == [{}]


def test_buckets_are_held_within_the_limit() -> None:
    meter, limit = Meter(limit=50), Limit(requests_per_minute=2, concurrency=1)
    for number in range(500):
        receipt = meter.charge(charge(limit, model=f"m{number}"), NOW)
        del receipt

    assert len(meter._buckets) <= 50
    assert len(meter._sending) <= 51


def test_the_bucket_used_last_is_not_forgotten() -> None:
    meter, limit = Meter(limit=2), Limit(requests_per_minute=1)
    for second, model in enumerate(("a", "b", "a", "c")):
        meter.charge(charge(limit, model=model), NOW - 10 + second)

    assert waits(meter, charge(limit, model="a"), NOW - 10 + 3) == 57_000


limits = st.builds(
    Limit,
    requests_per_minute=st.integers(1, 2_000),
    tokens_per_minute=st.none() | st.integers(1, 10**6),
    requests_per_day=st.none() | st.integers(1, 100_000),
    tokens_per_day=st.none() | st.integers(1, 10**7),
)
schedules = st.lists(
    st.tuples(st.floats(0, 30) | st.floats(0, 0.01), st.integers(0, 20_000), st.booleans()), max_size=40
)


@settings(max_examples=300, deadline=None)
@given(limit=limits, start=st.floats(0, 4e9), schedule=schedules)
def test_who_waits_what_it_is_told_is_served_and_who_comes_a_millisecond_sooner_is_not(
    limit: Limit, start: float, schedule: list[tuple[float, int, bool]]
) -> None:
    meter, now = Meter(), start
    for pause, tokens, obeys in schedule:
        now += pause
        wanted = charge(limit, tokens=tokens)
        charged = meter.charge(wanted, now)
        told = charged.shortage and charged.shortage.wait
        if told is not None:
            early, patient = copy.deepcopy(meter), copy.deepcopy(meter)
            assert early.charge(wanted, now + (told - 1) / 1_000).shortage is not None
            assert patient.charge(wanted, now + told / 1_000).shortage is None
            if obeys:
                now += told / 1_000
                charged = meter.charge(wanted, now)
        elif charged.shortage is not None:
            assert tokens > min(limit.tokens_per_minute or 10**9, limit.tokens_per_day or 10**9)
        if obeys:
            charged.settle(tokens // 2, now)


@settings(max_examples=100, deadline=None)
@given(limit=limits, schedule=schedules)
def test_the_headers_say_what_happens_next(limit: Limit, schedule: list[tuple[float, int, bool]]) -> None:
    meter, now = Meter(), NOW
    for pause, tokens, _ in schedule:
        now += pause
        charged = meter.charge(charge(limit, tokens=tokens), now)

        _agrees(meter, limit, charged, now)


def _agrees(meter: Meter, limit: Limit, charged: Receipt, now: float) -> None:
    """Of what is said to remain, all is there and no more; after the reset, everything is."""
    requests, tokens = charged.requests, charged.tokens
    assert requests is not None
    most, remaining, reset = requests
    most, remaining, reset = requests
    one = charge(limit, tokens=0)
    if remaining < 50:
        trial = copy.deepcopy(meter)
        assert [trial.charge(one, now).shortage for _ in range(remaining)] == [None] * remaining
        assert trial.charge(one, now).shortage is not None
    full = copy.deepcopy(meter).charge(one, now + reset / 1e6 + 1e-6).requests
    assert full is not None
    if limit.requests_per_minute != limit.requests_per_day:  # else nothing tells which bucket it is
        assert full[1] == most - 1 or full[0] != most
    if tokens is not None and remaining:
        left = tokens[1]
        assert copy.deepcopy(meter).charge(charge(limit, tokens=left), now).shortage is None
        more = charge(limit, tokens=left + 2)  # a microsecond or two is forgiven
        assert copy.deepcopy(meter).charge(more, now).shortage is not None


@pytest.mark.parametrize("kind", ["requests", "tokens"])
def test_a_kind_without_a_limit_has_no_standing(kind: str) -> None:
    other = "tokens_per_minute" if kind == "requests" else "requests_per_minute"

    charged = Meter().charge(charge(Limit(**{other: 5})), NOW)  # type: ignore[arg-type]

    assert getattr(charged, kind) is None


@given(
    st.integers(1, 10_000_000),
    st.lists(st.tuples(st.sampled_from((0.0, 1e-6, 1e-3, 0.5, 61.0)), st.integers(0, 3)), max_size=30),
)
def test_wide_limits_are_reckoned_as_narrow_ones_are(minute: int, steps: list[tuple[float, int]]) -> None:
    limit = Limit(requests_per_minute=minute, tokens_per_minute=10 * minute)
    quick, slow, now = Meter(), Meter(), NOW
    costs = [charge(limit, tokens=tokens) for tokens in (0, 1, 7, 10)]
    for passed, which in steps:
        now += passed
        one = quick.charge(costs[which], now)
        plain = slow.charge(costs[which], now)
        plain.account.wide = None

        assert (one.shortage, one.requests, one.tokens) == (plain.shortage, plain.requests, plain.tokens)
        one.settle(which * 4, now)
        plain.settle(which * 4, now)


def test_who_comes_late_is_told_a_wait_that_holds() -> None:
    meter, limit = Meter(), Limit(requests_per_minute=60)
    for _ in range(60):
        meter.charge(charge(limit), NOW)

    told = waits(meter, charge(limit), NOW - 5)

    assert told == 6_000
    assert meter.charge(charge(limit), NOW - 5 + 5.999).shortage is not None
    assert meter.charge(charge(limit), NOW - 5 + 6).shortage is None
