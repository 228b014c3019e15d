"""Limits over the admin API."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.limits.limit import Limit

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


@pytest.mark.parametrize(
    ("body", "told"),
    [
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
