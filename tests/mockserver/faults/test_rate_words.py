from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.contracts.profiles.loading import names, profile
from understudy.mockserver.errors import ApiError
from understudy.mockserver.faults.named_errors import named_error
from understudy.mockserver.limits.charge import Account, Charge, Receipt, Shortage
from understudy.mockserver.limits.limit import UNITS
from understudy.mockserver.limits.refusals import rate_limited
from understudy.mockserver.limits.telling import telling_of

OPENAI = profile("openai")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"retry_after_ms": 1500}, "1.5s"),
        ({"retry_after": 3, "retry_after_ms": 1500}, "1.5s"),
        ({"retry_after": 0}, "120ms"),
        ({"retry_after": 3600}, "1h0m0s"),
        ({}, "120ms"),
    ],
)
def test_the_message_tells_what_clients_go_by(given: dict[str, Any], told: str) -> None:
    error = named_error("rate_limit", OPENAI, **given)

    assert isinstance(error, ApiError)
    assert f"Please try again in {told}." in error.message


def test_a_daily_limit_says_so() -> None:
    error = named_error("rate_limit_daily", OPENAI)

    assert isinstance(error, ApiError)
    assert (
        "requests per day (RPD): Limit 10000, Used 10000, Requested 1. Please try again in 8.64s."
        in error.message
    )


@given(st.floats(0.01, 80_000, allow_nan=False))
def test_the_numbers_of_the_message_agree_with_the_wait(seconds: float) -> None:
    error = named_error("tokens_limit", OPENAI, retry_after=seconds)
    assert isinstance(error, ApiError)
    limit, used, requested = map(int, re.findall(r"(?:Limit|Used|Requested) (\d+)", error.message))
    period = 60 if "(TPM)" in error.message else 86_400

    missing = (used + requested - limit) * period / limit

    assert missing == pytest.approx(seconds, abs=period / limit)
    assert dict(error.headers)["retry-after-ms"] == str(-int(-seconds * 1000 // 1))


@pytest.mark.parametrize("api", names())
def test_a_fault_says_what_a_limit_would(api: str) -> None:
    told = profile(api)
    error = named_error("rate_limit", told, model="m", retry_after=20)
    charged = Receipt(Charge("m", 1), Account(), Shortage("m", UNITS[0], 3, 3, 1, 20_000), (3, 0, 60_000_000))
    limit = rate_limited(charged, telling_of(told))

    assert isinstance(error, ApiError)
    assert limit is not None
    assert (error.message, error.type, error.code) == (limit.message, limit.type, limit.code)
    theirs = {name: value for name, value in error.headers if name.startswith("x-ratelimit-")}
    assert theirs == {name: value for name, value in limit.headers if name in theirs}
    assert bool(theirs) == any("-requests" in name or "-req-" in name for name, _ in limit.headers)
