"""Numbers that are usual for a name."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest

from understudy.mockserver.instances.instance import instance
from understudy.mockserver.instances.measures import measured
from understudy.mockserver.instances.shapes import Shape


def drawn(name: str, schema: dict[str, Any]) -> set[Any]:
    whole = {"type": "object", "properties": {name: schema}, "required": [name]}
    return {instance(whole, Random(seed))[name] for seed in range(60)}


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("year", 1990, 2030),
        ("publicationYear", 1990, 2030),
        ("birth_month", 1, 12),
        ("latitude", -90, 90),
        ("confidence", 0, 1),
        ("HTTP_PORT", 1024, 65_535),
    ],
)
@pytest.mark.parametrize("kind", ["integer", "number"])
def test_a_number_is_usual_for_its_name(name: str, low: int, high: int, kind: str) -> None:
    values = drawn(name, {"type": kind})

    assert len(values) > 1
    assert low <= min(values)
    assert max(values) <= high


def test_a_bound_says_more_than_a_name() -> None:
    assert drawn("year", {"type": "integer", "minimum": 1, "maximum": 2}) == {1, 2}
    assert min(drawn("rating", {"type": "integer", "minimum": 6})) >= 6


def test_what_the_schema_cannot_meet_within_the_usual_is_met_without() -> None:
    assert drawn("month", {"type": "integer", "multipleOf": 50}) <= set(range(0, 5001, 50))


@pytest.mark.parametrize("name", ["", "…", "weight", "year" * 10_000])
def test_any_name_will_do(name: str) -> None:
    found = measured(Shape(step=Fraction(1)), name, whole=True)

    assert found is not None
    assert isinstance(found.draw(Random(1)), int)
