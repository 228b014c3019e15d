"""A profile answers what is documented of a model and of a status."""

from __future__ import annotations

from decimal import Decimal

import pytest

from understudy.contracts.profiles.profile import ErrorFact, Field, Model, Prices, Profile

PRICES = Prices(Decimal("1"), Decimal("2"))
MINE = Profile(
    "mine",
    fields=(Field("modalities", ("array",), default=["text"]),),
    models=(Model("tiny-1"), Model("tiny-*", context=8, prices=PRICES), Model("*", output=9)),
    errors={"503": ErrorFact("503", type="busy"), "5xx": ErrorFact("5xx", type="broken")},
)


@pytest.mark.parametrize(
    ("name", "entry", "prices"),
    [("tiny-1", "tiny-1", None), ("tiny-2", "tiny-*", PRICES), ("big", "*", None)],
)
def test_the_first_glob_that_fits_says_what_a_model_is(name: str, entry: str, prices: Prices | None) -> None:
    model = MINE.model(name)

    assert model is not None
    assert model.models == entry
    assert MINE.prices(name) == prices


def test_a_model_may_not_be_documented() -> None:
    assert Profile("bare").model("tiny") is None
    assert Profile("bare").prices("tiny") is None


@pytest.mark.parametrize(("status", "type_"), [(503, "busy"), (500, "broken"), (400, None)])
def test_a_status_is_found_by_itself_or_by_its_class(status: int, type_: str | None) -> None:
    fact = MINE.error(status)

    assert (None if fact is None else fact.type) == type_


def test_a_profile_can_be_remembered_by() -> None:
    assert {MINE: 1}[Profile("mine", fields=MINE.fields, models=MINE.models, errors=MINE.errors)] == 1
    assert Profile("mine") != MINE
