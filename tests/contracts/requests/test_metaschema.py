"""What is no JSON Schema, in the words that users report of the API."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.contracts.requests.metaschema import not_a_schema


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "strnig"}, "'strnig' is not valid under any of the given schemas."),
        ({"properties": {"a": {"type": "any"}}}, "'any' is not valid under any of the given schemas."),
        ({"properties": {"a": []}}, "[] is not of type 'object', 'boolean'."),
        ({"required": None}, "None is not of type 'array'."),
        ({"properties": {"a": {"exclusiveMinimum": True}}}, "True is not of type 'number'."),
        ({"items": [{}]}, "[{}] is not of type 'object', 'boolean'."),
    ],
)
def test_what_is_no_schema_is_named(schema: dict[str, Any], words: str) -> None:
    assert not_a_schema(schema) == words


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": ["object", "null"], "properties": {"a": True}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {"type": "null"}}},
        {"$schema": "of:nobody", "x-own": 1, "$ref": "#/nowhere"},
    ],
)
def test_a_schema_is_one_whatever_dialect_it_names(schema: dict[str, Any]) -> None:
    assert not_a_schema(schema) is None


@pytest.mark.parametrize("levels", [100, 5000])
def test_depth_does_not_make_it_raise(levels: int) -> None:
    schema: dict[str, Any] = {"type": "strnig"}
    for _ in range(levels):
        schema = {"items": schema}

    assert isinstance(not_a_schema(schema), str | None)
