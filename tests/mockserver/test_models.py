"""The models endpoints (FACTS G)."""

from __future__ import annotations

import pytest

from understudy.mockserver.models import KNOWN, listing, model, unknown

LORA = "ft:gpt-4o-mini:acme/team::abc"


def test_unrestricted_the_list_is_of_well_known_models() -> None:
    listed = listing(())

    assert listed["object"] == "list"
    assert [one["id"] for one in listed["data"]] == [name for name, _ in KNOWN]
    assert all(list(one) == ["id", "object", "created", "owned_by"] for one in listed["data"])


def test_restricted_it_is_those_and_no_other() -> None:
    assert [one["id"] for one in listing(("gpt-4o", LORA))["data"]] == ["gpt-4o", LORA]


@pytest.mark.parametrize(
    ("name", "restricted", "known"),
    [
        ("gpt-4o", (), True),
        ("anything", (), True),
        ("gpt-4o", ("gpt-4o",), True),
        ("gpt-4", ("gpt-4o",), False),
        (LORA, (LORA,), True),
    ],
)
def test_one_model_is_there_or_not(name: str, restricted: tuple[str, ...], known: bool) -> None:
    found = model(name, restricted)

    assert (found is not None) == known
    assert found is None or found["id"] == name


def test_an_unknown_model_is_told_with_its_param() -> None:
    error = unknown("x")

    assert (error.status, error.message, error.param, error.code) == (
        404, "The model 'x' does not exist", "model", "model_not_found",
    )  # fmt: skip
