"""What tokens cost, exactly."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from understudy.contracts.profiles.profile import Prices
from understudy.mockserver.money import NOTHING, Sums, add_usd, plain, read_usage

PLAIN = Prices(Decimal("0.15"), Decimal("0.90"))
FULL = Prices(
    input=Decimal("2.50"),
    output=Decimal("10"),
    cached_input=Decimal("1.25"),
    cache_write=Decimal("3.125"),
    audio_input=Decimal("40"),
    audio_output=Decimal("80"),
)


def _usage(prompt: int, completion: int, **parts: int) -> dict[str, Any]:
    read = {key: parts[key] for key in ("cached_tokens", "cache_write_tokens") if key in parts}
    made = {key: parts[key] for key in ("reasoning_tokens",) if key in parts}
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {**read, "audio_tokens": parts.get("heard", 0)},
        "completion_tokens_details": {**made, "audio_tokens": parts.get("spoken", 0)},
    }


@pytest.mark.parametrize(
    ("usage", "prices", "usd"),
    [
        ({"prompt_tokens": 1_000_000, "completion_tokens": 0}, PLAIN, "0.15"),
        ({"prompt_tokens": 0, "completion_tokens": 1_000_000}, PLAIN, "0.9"),
        ({"prompt_tokens": 87, "completion_tokens": 24}, PLAIN, "0.00003465"),
        ({"prompt_tokens": 1, "completion_tokens": 0}, PLAIN, "0.00000015"),
        ({}, PLAIN, "0"),
        # without prices of their own, parts cost as their whole does
        (_usage(1_000, 100, cached_tokens=900, heard=50, spoken=100), PLAIN, "0.00024"),
        (_usage(1_000_000, 0, cached_tokens=1_000_000), FULL, "1.25"),
        (_usage(1_000_000, 0, cached_tokens=400_000, cache_write_tokens=600_000), FULL, "2.375"),
        (_usage(1_000_000, 0, heard=1_000_000), FULL, "40"),
        (_usage(0, 1_000_000, spoken=500_000), FULL, "45"),
        (_usage(0, 1_000_000, reasoning_tokens=640_000), FULL, "10"),  # thinking costs as speaking does
    ],
)
def test_a_reply_costs_its_tokens(usage: dict[str, Any], prices: Prices, usd: str) -> None:
    assert plain(read_usage(usage).cost(prices)) == usd


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": -5, "completion_tokens": "7"},
        {"prompt_tokens": None, "completion_tokens": True},
        {"prompt_tokens": 1.5, "prompt_tokens_details": [1], "completion_tokens_details": "x"},
        {"prompt_tokens_details": {"cached_tokens": 50}, "completion_tokens_details": {"audio_tokens": 9}},
    ],
)
def test_malformed_usage_counts_a_request_and_no_tokens(usage: dict[str, Any]) -> None:
    assert read_usage(usage) == Sums(requests=1)
    assert read_usage(usage).cost(FULL) == 0


NUMBERS = some.integers(-10, 10**9)
USAGES = some.builds(
    lambda prompt, completion, cached, written, heard, thought, spoken: _usage(
        prompt,
        completion,
        cached_tokens=cached,
        cache_write_tokens=written,
        heard=heard,
        reasoning_tokens=thought,
        spoken=spoken,
    ),
    *[NUMBERS] * 7,
)


@given(usage=USAGES)
def test_no_usage_costs_less_than_nothing(usage: dict[str, Any]) -> None:
    sums = read_usage(usage)

    assert sums.cached + sums.cache_write + sums.prompt_audio <= sums.prompt
    assert max(sums.reasoning, sums.completion_audio) <= sums.completion
    assert read_usage(usage).cost(FULL) >= 0


@given(usages=some.lists(USAGES, max_size=5))
def test_a_sum_costs_what_its_parts_cost(usages: list[dict[str, Any]]) -> None:
    total = NOTHING
    for usage in usages:
        total = total.plus(read_usage(usage))

    assert Fraction(total.cost(FULL)) == sum(Fraction(read_usage(usage).cost(FULL)) for usage in usages)


def test_the_precision_of_the_caller_does_not_matter() -> None:
    usage = _usage(123_456_789, 987_654_321)
    exact = read_usage(usage).cost(FULL)

    with localcontext() as context:
        context.prec = 3
        coarse = read_usage(usage).cost(FULL)
        doubled = add_usd(coarse, coarse)

    assert coarse == exact
    assert doubled == exact * 2


@pytest.mark.parametrize(
    ("usd", "text"),
    [("0", "0"), ("0E-6", "0"), ("1E+2", "100"), ("10.00", "10"), ("1.5E-7", "0.00000015"), ("100", "100")],
)
def test_usd_is_written_in_digits(usd: str, text: str) -> None:
    assert plain(Decimal(usd)) == text
