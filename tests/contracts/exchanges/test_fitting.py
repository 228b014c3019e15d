from __future__ import annotations

from typing import Any

import pytest

from understudy.contracts.exchanges.fitting import LARGEST_SCHEMA, misfit


def test_a_misfit_names_the_place() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}

    assert misfit(schema, {"a": [1, 2]}) is None
    assert misfit(schema, {"a": [1, "x"]}) == '[\'a\'][1]: "x" is not of type "integer"'
    assert misfit(schema, 3) == '3 is not of type "object"'


@pytest.mark.parametrize(
    "schema",
    [
        None,
        3,
        {"type": "nonsense"},
        {"pattern": "("},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "#/$defs/missing"},
        {"description": "x" * LARGEST_SCHEMA, "type": "integer"},
    ],
)
def test_an_unusable_schema_finds_nothing(schema: Any) -> None:
    assert misfit(schema, "x") is None


def test_a_value_too_deep_is_let_pass() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]

    assert misfit({"type": "array"}, deep) is None
    assert misfit({"const": deep}, 1) is None
