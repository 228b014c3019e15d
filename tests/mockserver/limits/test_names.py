"""Which limits mean the same bucket."""

from __future__ import annotations

import pytest

from understudy.mockserver.limits.charge import Charge, Limits
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.limits.meter import Meter
from understudy.mockserver.limits.names import ending, numbered

WIDE = Limit(tokens_per_minute=10**9)
ONE = Limit(requests_per_minute=1, model="gpt-4o*")


def refused(meter: Meter, *limits: Limit) -> bool:
    """Return whether the next request is refused under these *limits*."""
    charge = Limits(limits).of(Charge("gpt-4o", 5), "k")
    assert charge is not None
    return meter.charge(charge, 1_700_000_000.0).shortage is not None


@pytest.mark.parametrize(
    "after",
    [(WIDE, ONE), (ONE, WIDE), (Limit(requests_per_minute=9), ONE), (Limit(concurrency=9), ONE)],
)
def test_what_was_used_stays_used_whatever_stands_beside_it(after: tuple[Limit, ...]) -> None:
    meter = Meter()
    assert not refused(meter, ONE)

    assert refused(meter, *after)


@pytest.mark.parametrize(
    "other",
    [
        Limit(requests_per_minute=1, model="gpt-*"),
        Limit(requests_per_minute=1, model="gpt-4o*", scope=("key",)),
        Limit(requests_per_minute=1, model="gpt-4o*", group="g"),
        Limit(requests_per_day=1, model="gpt-4o*"),
    ],
)
def test_another_limit_inherits_nothing(other: Limit) -> None:
    meter = Meter()
    assert not refused(meter, ONE)

    assert not refused(meter, other)


def test_of_equal_limits_each_has_its_own() -> None:
    begun = [names for _, names in numbered([ONE, WIDE, ONE])]

    assert begun[0] != begun[2]
    assert [list(names) for names in begun] == [
        ["requests_per_minute"],
        ["tokens_per_minute"],
        ["requests_per_minute"],
    ]


def test_no_key_is_mistaken_for_a_model() -> None:
    by_key, by_model = Limit(concurrency=1, scope=("key",)), Limit(concurrency=1, scope=("model",))

    assert ending(by_key, "m", "n") != ending(by_model, "n", "m")
    assert ending(ONE, "a\nb", "\udc80") != ending(ONE, "a", "b\n\udc80")
