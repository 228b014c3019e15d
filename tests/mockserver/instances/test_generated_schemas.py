"""Schemas that chance writes: the strict subset, always met, and the keywords beyond it, met or given up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import jsonschema_rs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from understudy.contracts.requests.strict_schemas import schema_faults
from understudy.mockserver.instances.instance import Unsatisfiable, instance

NAMES = st.sampled_from(["name", "year", "notes", "total", "zebra", "apple", "email", "kind"])
FORMATS = ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"]
SEEDS = st.integers(0, 2**32)


def closed(members: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object", "properties": members, "required": list(members), "additionalProperties": False
    }  # fmt: skip


strict_leaves = st.one_of(
    st.sampled_from([{"type": kind} for kind in ("string", "number", "boolean", "integer", "null")]),
    st.sampled_from([{"type": "string", "format": name} for name in FORMATS]),
    st.sampled_from(
        [{"type": ["string", "null"]}, {"enum": ["b", "a", 3]}, {"type": "string", "const": "x"}]
    ),
    st.sampled_from([{"type": "string", "pattern": "^@[a-z_]{2,9}$"}, {"$ref": "#/$defs/node"}]),
    st.builds(
        lambda low, span: {"type": "number", "minimum": low, "exclusiveMaximum": low + span},
        st.integers(-90, 90),
        st.integers(1, 9),
    ),
)
strict_parts = st.recursive(
    strict_leaves,
    lambda inner: st.one_of(
        st.dictionaries(NAMES, inner, max_size=4).map(closed),
        st.builds(
            lambda item, low: {"type": "array", "items": item, "minItems": low, "maxItems": low + 2},
            inner,
            st.integers(0, 2),
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda options: {"anyOf": options}),
    ),
    max_leaves=10,
)
node = closed({"value": {"type": "string"}, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}})
strict_schemas = st.dictionaries(NAMES, strict_parts, max_size=5).map(
    lambda members: {**closed(members), "$defs": {"node": node}}
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schema=strict_schemas, seed=SEEDS)
def test_every_strict_schema_is_taken_and_met(schema: dict[str, Any], seed: int) -> None:
    assert [fault.rule for fault in schema_faults(schema, strict=True)] == []

    value = instance(schema, Random(seed))

    assert jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(value)
    assert list(out_of_order(schema, value)) == []
    assert json.loads(json.dumps(value, allow_nan=False)) == value


def out_of_order(schema: Any, value: Any) -> Iterator[Any]:
    """Yield the objects in *value* whose members are not in the order of their schema."""
    if isinstance(value, dict) and "properties" in schema:
        if list(value) != [name for name in schema["properties"] if name in value]:
            yield value
        for name, inner in value.items():
            yield from out_of_order(schema["properties"][name], inner)
    if isinstance(value, list) and "items" in schema:
        for inner in value:
            yield from out_of_order(schema["items"], inner)


# contradictions are part of them: only these keywords can make one here
CONTRARY = ("oneOf", "if", "not", "uniqueItems", "allOf", "contains")
wide_schemas = st.recursive(
    strict_leaves.filter(lambda leaf: "$ref" not in leaf),
    lambda inner: st.one_of(
        st.builds(lambda one, two: {"oneOf": [one, two]}, inner, inner),
        st.builds(lambda one, two: {"allOf": [one, {"not": two}]}, inner, inner),
        st.builds(lambda one, two, three: {"if": one, "then": two, "else": three}, inner, inner, inner),
        st.builds(lambda one, low: {"type": "array", "items": one, "uniqueItems": True, "minItems": low},
                  inner, st.integers(0, 3)),
        st.builds(lambda one, two: {"type": "array", "prefixItems": [one], "items": two, "minItems": 2}, inner, inner),
        st.builds(lambda one: {"type": "array", "contains": one, "maxItems": 3}, inner),
        st.builds(lambda one, two: {"type": "object", "properties": {"a": one}, "additionalProperties": two,
                                    "minProperties": 2}, inner, inner),
        st.builds(lambda one: {"type": "object", "patternProperties": {"^x_": one},
                               "propertyNames": {"pattern": "^x_[a-z]+$"}, "minProperties": 1}, inner),
        st.builds(lambda one: {"type": "object", "properties": {"a": one, "b": {"type": "string"}},
                               "dependentRequired": {"a": ["b"]}, "unevaluatedProperties": False}, inner),
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schema=wide_schemas, seed=SEEDS)
def test_every_other_schema_is_met_or_given_up_and_never_missed(schema: dict[str, Any], seed: int) -> None:
    try:
        value = instance(schema, Random(seed))
    except Unsatisfiable:
        assert any(f'"{keyword}"' in json.dumps(schema) for keyword in CONTRARY)
        return

    assert jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(value)
