"""Limits from JSON."""

from __future__ import annotations

from typing import Any, get_args

import jsonschema
import pytest

from understudy.mockserver.limits.limit import FIELDS, SCOPES, Limit, Scope
from understudy.mockserver.limits.reading import KEYS, limits_of, read_limits, schema
from understudy.mockserver.limits.tiers import TIERS, limits_of_tier

GOOD = [
    {"requests_per_minute": 60, "model": "gpt-4o", "scope": ["key"]},
    {"tier": "tier1"},
    {"concurrency": 1, "scope": []},
]


def test_limits_are_read() -> None:
    expected = (
        Limit(requests_per_minute=60, model="gpt-4o", scope=("key",)),
        *limits_of_tier("tier1"),
        Limit(concurrency=1, scope=()),
    )

    assert limits_of(GOOD) == expected
    jsonschema.validate(GOOD, schema())


@pytest.mark.parametrize(
    ("document", "path", "reason"),
    [
        ({"rpm": 1}, (0, "rpm"), "a limit has no 'rpm'; there are: requests_per_minute, "),
        ({"tier": "x"}, (0,), "no tier 'x'; there are: free, "),
        ({"tier": "free", "concurrency": 1}, (0,), "a tier brings its own numbers; leave out concurrency"),
        ({"model": "m"}, (0,), "a limit limits nothing"),
        ({"concurrency": 0}, (0,), "concurrency is 0, expected 1"),
        ({"concurrency": 1, "scope": "key"}, (0,), "scope is 'key'"),
        ({"concurrency": 1, "scope": [["key"]]}, (0,), "scope is (['key'],)"),
        ({"concurrency": 1, "model": 5}, (0,), "model is 5, expected a text"),
        (7, (0,), "a limit is an object, not int"),
    ],
)
def test_a_mistake_is_told_with_its_place(document: Any, path: tuple[Any, ...], reason: str) -> None:
    told: list[tuple[tuple[str | int, ...], str]] = []

    assert read_limits([document], lambda where, why: told.append((where, why))) == ()

    assert [where for where, _ in told] == [path]
    assert told[0][1].startswith(reason)
    with pytest.raises(ValueError, match=r"^limits\[0\]: "):
        limits_of([document])


def test_the_schema_has_the_same_keys() -> None:
    properties = schema()["items"]["properties"]

    assert set(properties) == set(KEYS) == {*FIELDS, "model", "scope", "tier"}
    assert tuple(properties["tier"]["enum"]) == TIERS
    assert tuple(properties["scope"]["items"]["enum"]) == SCOPES == get_args(Scope)
