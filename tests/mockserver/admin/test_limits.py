"""Limits over the admin API."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.controls import Controls
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.limits.tiers import limits_of_tier

SIXTY = {"requests_per_minute": 60}


def test_limits_are_set_read_and_cleared(admin: Any) -> None:
    several = [
        SIXTY,
        {"tokens_per_day": 1000, "concurrency": 2, "model": "gpt-4o*", "scope": [], "group": "a"},
    ]

    status, listed = admin("PUT", "/limits", {"limits": several})

    assert status == 200
    assert listed["data"] == several
    assert admin("GET", "/limits")[1] == listed
    assert admin.desk.controls.limits == (
        Limit(requests_per_minute=60),
        Limit(tokens_per_day=1000, concurrency=2, model="gpt-4o*", scope=(), group="a"),
    )
    assert admin("DELETE", "/limits") == (200, {"removed": 2})
    assert admin.desk.controls.limits == ()


def test_a_tier_is_taken_as_in_scenario_files(admin: Any) -> None:
    status, listed = admin("PUT", "/limits", {"limits": [SIXTY, {"tier": "tier1"}]})

    assert status == 200
    assert admin.desk.controls.limits == (Limit(requests_per_minute=60), *limits_of_tier("tier1"))
    assert admin("PUT", "/limits", {"limits": listed["data"]}) == (200, listed)


def test_a_tier_of_an_api_without_is_refused(admin: Any, make_engine: Any) -> None:
    azure = type(admin)(Desk(Controls(make_engine(profile="azure"))))

    status, refusal = azure("PUT", "/limits", {"limits": [{"tier": "tier1"}]})

    assert status == 400
    assert refusal["error"]["message"].startswith("$.limits[0]: no tier 'tier1': tiers are those of ")


def test_a_tier_counts_as_all_its_limits(admin: Any) -> None:
    status, refusal = admin("PUT", "/limits", {"limits": [{"tier": "tier1"}] * 100})

    assert (status, refusal["error"]["code"]) == (400, "too_many")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"limits": [{"model": "m"}]}, "$.limits[0]: a limit limits nothing"),
        ({"limits": [{**SIXTY, "tier": "free"}]}, "leave out requests_per_minute"),
        ({"limits": [{"tier": "gold"}]}, "$.limits[0].tier: 'gold' is none of"),
        ({"limits": [{"requests_per_minut": 1}]}, "nearest is 'requests_per_minute'"),
        ({"limits": [{"requests_per_minute": 0}]}, "below 1"),
        ({"limits": [{"requests_per_minute": True}]}, "integer"),
        ({"limits": [{}]}, "$.limits[0]"),
        ({"limits": [{**SIXTY, "scope": ["keys"]}]}, "nearest is 'key'"),
        ({"limits": [{**SIXTY, "model": ""}]}, "$.limits[0].model"),
        ({"limit": []}, "nearest is 'limits'"),
        ([], "expected object"),
    ],
)
def test_a_mistake_is_named(admin: Any, body: Any, told: str) -> None:
    status, refusal = admin("PUT", "/limits", body)

    assert status == 400
    assert told in refusal["error"]["message"]
    assert admin.desk.controls.limits == ()
