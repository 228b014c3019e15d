"""A limit as a value."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.limits.limit import Limit


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "a limit limits nothing; give one of requests_per_minute, tokens_per_minute"),
        ({"requests_per_minute": 0}, "requests_per_minute is 0, expected 1 to 1000000000000"),
        ({"tokens_per_day": 10**13}, "tokens_per_day is 10000000000000, expected 1 to"),
        ({"concurrency": 1.5}, "concurrency is 1.5, expected a whole number"),
        ({"concurrency": True}, "concurrency is True, expected a whole number"),
        ({"concurrency": 1, "scope": ("user",)}, "scope is ('user',), expected a tuple of: key, model"),
        ({"concurrency": 1, "scope": "key"}, "scope is 'key', expected a tuple of: key, model"),
        ({"concurrency": 1, "model": ""}, "model is empty; leave it out"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError) as raised:
        Limit(**values)

    assert str(raised.value).startswith(reason)


@pytest.mark.parametrize(
    ("pattern", "model", "fits"),
    [
        ("*", "anything", True),
        ("gpt-4o", "gpt-4o", True),
        ("gpt-4o", "gpt-4o-mini", False),
        ("gpt-4o*", "gpt-4o-mini", True),
        ("gpt-4o", "gpt-4o-2024-08-06", True),  # what the alias stands for
        ("gpt-4o-2024-08-06", "gpt-4o", True),
    ],
)
def test_a_limit_is_of_models(pattern: str, model: str, fits: bool) -> None:
    assert Limit(concurrency=1, model=pattern).fits(model) is fits


def test_a_limit_lists_its_rates() -> None:
    limit = Limit(tokens_per_day=4, requests_per_minute=1, concurrency=9)

    assert [(unit.field, count) for unit, count in limit.rates()] == [
        ("requests_per_minute", 1),
        ("tokens_per_day", 4),
    ]
