"""Limits from JSON."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import pytest

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.limits.limit import SCOPES, Limit, Scope
from understudy.mockserver.limits.reading import read_limit
from understudy.mockserver.limits.tiers import TIERS, limits_of_tier
from understudy.mockserver.scripts.scenario import schema


@pytest.mark.parametrize(
    ("document", "limits"),
    [
        (
            {"requests_per_minute": 60, "model": "gpt-4o", "scope": ["key"], "group": "g"},
            (Limit(requests_per_minute=60, model="gpt-4o", scope=("key",), group="g"),),
        ),
        ({"tier": "tier1"}, limits_of_tier("tier1")),
        ({"concurrency": 1, "scope": []}, (Limit(concurrency=1, scope=()),)),
        ({"tokens_per_day": 60.0}, (Limit(tokens_per_day=60),)),  # whole, to JSON Schema
    ],
)
def test_a_limit_is_read(document: dict[str, Any], limits: tuple[Limit, ...]) -> None:
    assert read_limit(document, profile("openai")) == limits


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"tier": "x"}, "no tier 'x'; there are: free, "),
        ({"tier": "free", "concurrency": 1}, "a tier brings its own numbers; leave out concurrency"),
        ({"tier": "free"}, "no tier 'free': .* the profile azure is of https://YOUR-RESOURCE"),
        ({"model": "m"}, "a limit limits nothing"),
        ({"concurrency": 0}, "concurrency is 0, expected 1"),
        ({"concurrency": 1.5}, "concurrency is 1.5, expected a whole number"),
        ({"concurrency": 1, "scope": [["key"]]}, r"scope is \(\['key'\],\)"),
    ],
)
def test_a_mistake_is_told(document: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}"):
        read_limit(document, profile("azure"))


def test_the_schema_has_the_same_keys() -> None:
    properties = schema()["$defs"]["limit"]["properties"]

    assert set(properties) == {"tier", *(field.name for field in fields(Limit))}
    assert tuple(properties["tier"]["enum"]) == TIERS
    assert tuple(properties["scope"]["items"]["enum"]) == SCOPES == get_args(Scope)
