"""Schemas of a few bytes that ask for more than a machine holds, or for years of its time."""

from __future__ import annotations

from random import Random
from typing import Any

import jsonschema_rs
import pytest

from understudy.mockserver.instances.allowance import Allowance, Exhausted
from understudy.mockserver.instances.instance import Unsatisfiable, instance


def nested(least: int, levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(levels):
        schema = {"type": "array", "minItems": least, "items": schema}
    return schema


def doubled(levels: int) -> dict[str, Any]:
    both = {"type": "object", "required": ["x", "y"]}
    defs: dict[str, Any] = {
        f"a{at}": {**both, "properties": {name: {"$ref": f"#/$defs/a{at + 1}"} for name in "xy"}}
        for at in range(levels)
    }
    return {"$ref": "#/$defs/a0", "$defs": {**defs, f"a{levels}": {"type": "integer"}}}


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(nested(1000, 3), id="a thousand to the third"),
        pytest.param(nested(100, 3), id="a million"),
        pytest.param(doubled(18), id="doubled eighteen times"),
        pytest.param({"type": "object", "minProperties": 1_000_000}, id="a million members"),
        pytest.param({"type": "string", "pattern": "((a{1000}){1000}){1000}"}, id="repeats of repeats"),
        pytest.param(
            {"type": "array", "minItems": 5000, "items": {"type": "string", "minLength": 50_000}},
            id="long texts",
        ),
    ],
)
def test_what_asks_for_too_much_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(Unsatisfiable):
        instance(schema, Random(1))


@pytest.mark.parametrize(
    "schema",
    [
        {"const": "a" * 40 + "!", "pattern": "^(a+)+$"},
        {"enum": ["a" * 60 + "!"], "pattern": "^(a|a)*$"},
        {"type": "string", "pattern": "^(a|a)*b(a|a)*$", "minLength": 99, "maxLength": 99},
        {
            "type": "object",
            "properties": {},
            "required": ["a" * 60 + "!"],
            "patternProperties": {"^(a+)+$": False},
        },
    ],
)
def test_a_pattern_that_keeps_re_busy_for_years_is_no_matter(schema: dict[str, Any]) -> None:
    try:
        value = instance(schema, Random(1))
    except Unsatisfiable:
        return
    assert jsonschema_rs.is_valid(schema, value)


def test_a_value_of_some_size_is_drawn() -> None:
    assert len(instance(nested(100, 2), Random(1))) == 100


def test_an_allowance_is_spent_once() -> None:
    allowance = Allowance(2)
    allowance.spend(1.5)
    allowance.spend(0.5)

    with pytest.raises(Exhausted, match="script the answer"):
        allowance.spend(0.1)
