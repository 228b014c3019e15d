"""What a request reserves, and whose buckets it draws from."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.limits.charge import UNSTATED_OUTPUT, Charge, Limits, reserved
from understudy.mockserver.limits.limit import MOST, Limit, Scope


def names(limits: Limits, key: str, model: str) -> list[bytes]:
    charge = limits.of(Charge(model, 1), key)
    return [] if charge is None else [rate.name for rate in charge.draw.rates]


@pytest.mark.parametrize(
    ("scope", "different"),
    [((), 1), (("key",), 2), (("model",), 2), (("key", "model"), 4)],
)
def test_a_scope_has_buckets_of_its_own(scope: tuple[Scope, ...], different: int) -> None:
    limits = Limits([Limit(requests_per_minute=1, scope=scope)])

    found = {names(limits, key, model)[0] for key in ("a", "b") for model in ("m", "n")}

    assert len(found) == different


def test_a_model_and_its_snapshot_share_their_buckets() -> None:
    limits = Limits([Limit(requests_per_minute=1)])

    assert names(limits, "a", "gpt-4o") == names(limits, "a", "gpt-4o-2024-08-06")


def test_every_limit_that_fits_applies() -> None:
    limits = Limits([Limit(requests_per_minute=1), Limit(tokens_per_day=9, model="m"), Limit(concurrency=2)])

    charge = limits.of(Charge("m", 5), "k")

    assert charge is not None
    assert [(rate.unit.field, rate.capacity) for rate in charge.draw.rates] == [
        ("requests_per_minute", 1),
        ("tokens_per_day", 9),
    ]
    assert [slots.limit for slots in charge.draw.slots] == [2]


def test_where_no_limit_fits_there_is_no_charge() -> None:
    assert Limits([Limit(concurrency=1, model="m")]).of(Charge("n", 1), "k") is None


def test_of_a_group_the_first_that_fits_applies() -> None:
    small, large = (
        Limit(requests_per_minute=1, model="m-mini*", group="g"),
        Limit(requests_per_minute=2, model="m*", group="g"),
    )
    limits = Limits([small, large])

    assert [len(names(limits, "k", model)) for model in ("m-mini", "m", "x")] == [1, 1, 0]


def test_a_name_tells_no_key() -> None:
    assert b"sk-secret" not in names(Limits([Limit(requests_per_minute=1)]), "sk-secret", "m")[0]


def test_changed_numbers_leave_the_names() -> None:
    before, after = (Limits([Limit(requests_per_minute=count)]) for count in (1, 2))

    assert names(before, "k", "m") == names(after, "k", "m")


@pytest.mark.parametrize(
    ("document", "tokens"),
    [
        ({}, 10 + UNSTATED_OUTPUT),
        ({"max_tokens": 100}, 110),
        ({"max_completion_tokens": 50, "max_tokens": 100}, 60),
        ({"max_tokens": 0}, 10),
        ({"max_tokens": 100, "n": 3}, 310),
        ({"max_tokens": None, "n": None}, 10 + UNSTATED_OUTPUT),
        ({"max_tokens": "many", "n": True}, 10 + UNSTATED_OUTPUT),
        ({"max_tokens": -5, "n": -1}, 10 + UNSTATED_OUTPUT),
        ({"max_tokens": 10**100}, MOST * 10),
    ],
)
def test_a_request_reserves_its_prompt_and_what_it_may_get(document: dict[str, Any], tokens: int) -> None:
    assert reserved(document, 10) == tokens
