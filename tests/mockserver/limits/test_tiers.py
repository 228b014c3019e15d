"""The limits of usage tiers."""

from __future__ import annotations

import pytest

from understudy.contracts.profiles.loading import names, profile, read_profile
from understudy.mockserver.limits.charge import Charge, Limits
from understudy.mockserver.limits.tiers import TIERS, limits_of_tier


def rates(tier: str, model: str) -> list[tuple[str, int]]:
    charge = Limits(limits_of_tier(tier)).of(Charge(model, 1), "k")
    return [] if charge is None else [(rate.unit.field, rate.capacity) for rate in charge.draw.rates]


@pytest.mark.parametrize(
    ("tier", "model", "expected"),
    [
        ("tier1", "gpt-4o", [("requests_per_minute", 500), ("tokens_per_minute", 30_000)]),
        ("tier5", "gpt-4o-mini", [("requests_per_minute", 30_000), ("tokens_per_minute", 150_000_000)]),
        ("tier2", "gpt-4.1-2025-04-14", [("requests_per_minute", 5_000), ("tokens_per_minute", 450_000)]),
        ("tier1", "gpt-5-mini", [("requests_per_minute", 500), ("tokens_per_minute", 500_000)]),
        ("tier4", "o3-mini", [("requests_per_minute", 10_000), ("tokens_per_minute", 10_000_000)]),
        ("tier1", "my-own", []),
    ],
)
def test_a_tier_limits_its_models(tier: str, model: str, expected: list[tuple[str, int]]) -> None:
    assert rates(tier, model) == expected


def test_some_tiers_count_days() -> None:
    assert ("requests_per_day", 10_000) in rates("tier1", "gpt-4o-mini")


@pytest.mark.parametrize(
    "model", ["gpt-4o", "gpt-4o-mini", "gpt-4.1-nano", "gpt-5", "gpt-5-nano", "o1", "o4-mini"]
)
def test_a_higher_tier_allows_no_less(model: str) -> None:
    tokens = [dict(rates(tier, model))["tokens_per_minute"] for tier in TIERS]

    assert tokens == sorted(tokens)


def test_a_tier_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^no tier 'tier9'; nearest is 'tier[1-5]'; there are: free, tier1"):
        limits_of_tier("tier9")
    with pytest.raises(ValueError, match=r"^no tier 'gold'; there are: free, tier1"):
        limits_of_tier("gold")


@pytest.mark.parametrize("name", [name for name in names() if name != "openai"])
def test_an_api_without_tiers_says_so(name: str) -> None:
    told = rf"^no tier 'tier1': tiers are those of https://api\.openai\.com/v1, and the profile {name} is of "

    with pytest.raises(ValueError, match=told):
        limits_of_tier("tier1", profile(name))


def test_a_profile_laid_over_openai_s_has_its_tiers() -> None:
    mine = read_profile("{name: mine, extends: openai}", "f")

    assert limits_of_tier("tier1", mine) == limits_of_tier("tier1", profile("openai")) != ()
