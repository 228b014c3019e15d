"""Schemas that a caller writes: where the walk looks, and where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.contracts.requests.strict_schemas import schema_faults

CLOSED: dict[str, Any] = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
OPEN: dict[str, Any] = {"type": "object", "properties": {}, "required": []}


def root(**keywords: Any) -> dict[str, Any]:
    return {**CLOSED, **keywords}


def holding(**properties: Any) -> dict[str, Any]:
    return root(properties=properties, required=list(properties))


@pytest.mark.parametrize(
    ("schema", "context"),
    [
        (OPEN, "()"),
        (holding(a=OPEN), "('properties', 'a')"),
        (holding(a={"type": "array", "items": OPEN}), "('properties', 'a', 'items')"),
        (holding(a={"anyOf": [{"type": "null"}, OPEN]}), "('properties', 'a', 'anyOf', '1')"),
        (root(**{"$defs": {"step": OPEN}}), "('$defs', 'step')"),
        (root(definitions={"step": OPEN}), "('definitions', 'step')"),
    ],
)
def test_an_open_object_is_found_wherever_it_is(schema: dict[str, Any], context: str) -> None:
    (fault,) = schema_faults(schema, strict=True)

    assert fault.tail().startswith(f"In context={context}, 'additionalProperties' is required")


@pytest.mark.parametrize(
    "schema",
    [
        CLOSED,
        holding(a={"type": ["string", "null"]}, b={"enum": ["x", 1, None]}, c={"const": "y"}),
        holding(a={"$ref": "#"}, b={"type": "string", "format": "date-time", "pattern": "^x"}),
        holding(a={"type": "array", "minItems": 1, "items": {"type": "number", "minimum": 0}}),
        root(properties={"not": {"type": "string"}}, required=["not"]),
    ],
)
def test_the_documented_subset_is_taken(schema: dict[str, Any]) -> None:
    assert not schema_faults(schema, strict=True)


@pytest.mark.parametrize(
    "keyword", ["allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else"]
)
def test_a_keyword_outside_the_subset_is_refused(keyword: str) -> None:
    value = [{}] if keyword == "allOf" else {}
    (fault, *_) = schema_faults(root(**{keyword: value}), strict=True)

    assert fault.tail() == f"In context=(), '{keyword}' is not permitted."


@pytest.mark.parametrize(
    ("schema", "strict", "rule"),
    [
        ({"type": "array"}, True, "schema_root_type"),
        ({"type": "array"}, False, "schema_root_type"),
        ({"anyOf": [CLOSED]}, True, "schema_root_type"),
        ({}, True, "schema_root_type"),
        ({"type": "object"}, False, "schema_missing_properties"),
        ({"type": "object", "additionalProperties": False}, True, None),
        ({}, False, None),
        ({"type": "object", "properties": {"a": {"allOf": [{}]}}}, False, None),
    ],
)
def test_strictness_decides_what_is_looked_at(schema: dict[str, Any], strict: bool, rule: str | None) -> None:
    assert [fault.rule for fault in schema_faults(schema, strict=strict)] == ([rule] if rule else [])


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": [], "required": 5, "anyOf": 7, "$defs": None, "items": [1], "enum": "x", "format": 3},
        {"properties": {"a": 1, "b": None, "c": [2]}, "required": [[], {}]},
        {"anyOf": [1, None, []], "definitions": [], "const": {}, "enum": [[], {}, None]},
    ],
)
def test_nonsense_is_judged_and_does_not_raise(schema: dict[str, Any]) -> None:
    faults = schema_faults({"type": "object", **schema}, strict=True)

    assert [fault.rule for fault in faults] == ["schema_invalid"]


def test_the_same_schema_asked_twice_gets_the_same_answer_and_another_its_own() -> None:
    first = holding(a={"type": "string"})

    assert not schema_faults(first, strict=True)
    first["properties"]["a"]["allOf"] = [{}]
    assert [fault.rule for fault in schema_faults(first, strict=True)] == ["strict_keyword"]
    assert [fault.rule for fault in schema_faults(first, strict=True)] == ["strict_keyword"]


def test_a_schema_too_long_to_be_remembered_is_judged_all_the_same() -> None:
    (fault,) = schema_faults(root(description="x" * 40_000, allOf=[{}]), strict=True)

    assert fault.rule == "strict_keyword"
