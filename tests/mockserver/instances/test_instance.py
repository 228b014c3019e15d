"""Instances: always valid, in the schema's order, or an error that says why not."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from understudy.mockserver.instances.allowance import Allowance
from understudy.mockserver.instances.formats import formatted
from understudy.mockserver.instances.instance import Unsatisfiable, instance
from understudy.mockserver.instances.patterns import matches, matching

TREE = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["value", "children"],
            "additionalProperties": False,
        }
    },
    "$ref": "#/$defs/node",
}
SCHEMAS: list[Any] = [
    True,
    {},
    {"type": "null"},
    {"type": ["string", "null"]},
    {"const": {"a": [1, None]}},
    {"enum": [1, "a", None], "type": "string"},
    {"type": "integer", "minimum": 3, "exclusiveMaximum": 4},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    {"type": "number", "multipleOf": 0.01, "minimum": 0.07, "maximum": 0.07},
    {"type": "integer", "multipleOf": 2.5, "minimum": 1},
    {"type": "integer", "minimum": 9007199254740993, "maximum": 9007199254740993},
    {"type": "number", "maximum": -1e300},
    {"type": "string", "minLength": 40, "maxLength": 41},
    {"type": "string", "pattern": "^[A-Z]{3}-\\d{4}$"},
    {"type": "string", "pattern": "^(?=.*\\d)(?=.*[a-z]).{8,12}$"},
    {"type": "string", "pattern": "^(?<year>\\d{4})-(0[1-9]|1[0-2])$"},
    {"type": "string", "pattern": "[$&]\\/x$", "minLength": 12},
    {"type": "string", "pattern": "^\\p{Lu}\\p{L}+$"},
    {"type": "string", "format": "date-time"},
    {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 3}, "uniqueItems": True, "minItems": 4},
    {"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2, "type": "array"},
    {"type": "array", "contains": {"const": 7}, "minContains": 2, "maxContains": 2, "minItems": 4},
    {"type": "object", "required": ["a"], "minProperties": 3},
    {"type": "object", "patternProperties": {"^x_": {"type": "integer"}}, "additionalProperties": False,
     "minProperties": 2},
    {"type": "object", "propertyNames": {"pattern": "^[a-c]$"}, "minProperties": 3},
    {"allOf": [{"type": "integer", "minimum": 2}, {"maximum": 3}, {"not": {"const": 2}}]},
    {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2}]},
    {"anyOf": [{"type": "string", "maxLength": 0}, {"type": "object", "required": ["k"]}]},
    {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}}, "required": ["kind"],
     "if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["x"]}, "else": {"required": ["y"]}},
    {"type": "object", "required": ["card"], "dependentRequired": {"card": ["address"]},
     "properties": {"address": {"type": "string", "minLength": 1}}},
    {"not": {"type": ["string", "object", "array", "null", "boolean"]}},
    TREE,
    {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}, "required": ["next"]},
]  # fmt: skip
IMPOSSIBLE: list[tuple[Any, str]] = [
    (False, "nothing|no value"),
    ({"type": "integer", "minimum": 2, "maximum": 1}, "minimum 2 is above maximum 1"),
    ({"type": "string", "minLength": 3, "maxLength": 2}, "minLength 3 is above maxLength 2"),
    ({"type": "object", "properties": {"a": {"enum": []}}, "required": ["a"]}, "no value is possible"),
    ({"$ref": "https://example.com/elsewhere.json"}, "'https://example.com/elsewhere.json' leads out of the schema"),
    ({"$ref": "#/$defs/nowhere"}, r"the reference '#/\$defs/nowhere' leads nowhere in the schema$"),
    ({"properties": {"a": {"$ref": "#here"}}}, "the reference '#here' leads nowhere in the schema$"),
    ({"type": "object", "properties": {"me": {"$ref": "#"}}, "required": ["me"]}, "within 20 levels"),
    ({"type": "strin"}, r"not a schema that can be read: .*\(at type\)$"),
    ({"type": "string", "pattern": "("}, "not a schema|pattern"),
    ({"type": "object", "properties": {"a": {"type": "string", "pattern": "^a$", "minLength": 2}},
      "required": ["a"]}, r"\$\.a: no text found"),
]  # fmt: skip


def _valid(schema: Any, value: Any) -> bool:
    return jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(value)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: json.dumps(schema)[:60])
def test_instances_are_valid(schema: Any) -> None:
    for seed in range(30):
        assert _valid(schema, instance(schema, Random(seed)))


@pytest.mark.parametrize(("schema", "reason"), IMPOSSIBLE, ids=lambda part: json.dumps(part)[:50])
def test_what_cannot_be_satisfied_is_an_error_with_the_reason(schema: Any, reason: str) -> None:
    with pytest.raises(Unsatisfiable, match=reason):
        instance(schema, Random(1))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 500},
        {"type": "number", "multipleOf": 0.1},
        {"type": "number", "multipleOf": 0.05, "exclusiveMinimum": -3},
        {"type": "integer", "multipleOf": 0.1},
    ],
)
def test_multiples_of_decimals_are_such_by_floating_point_division_too(schema: Any) -> None:
    found = [instance(schema, Random(seed)) for seed in range(300)]

    assert [value for value in found if not Draft202012Validator(schema).is_valid(value)] == []
    assert len(set(found)) > 80


def test_a_multiple_that_floating_point_does_not_take_comes_where_there_is_no_other() -> None:
    assert (
        instance({"type": "number", "multipleOf": 0.01, "minimum": 0.07, "maximum": 0.07}, Random(1)) == 0.07
    )


def test_members_come_in_the_order_of_the_schema() -> None:
    names = ["zeta", "alpha", "mid"]
    schema = {
        "type": "object",
        "properties": {name: {"type": "integer"} for name in names},
        "required": ["mid", "zeta"],
    }

    value = instance(schema, Random(3))

    assert list(value) == [name for name in names if name in value]
    assert {"zeta", "mid"} <= set(value)


def test_equal_chance_gives_equal_instances_and_other_chance_others() -> None:
    values = [json.dumps(instance(TREE, Random(seed))) for seed in range(20)]

    assert values == [json.dumps(instance(copy.deepcopy(TREE), Random(seed))) for seed in range(20)]
    assert len(set(values)) > 10


def test_changing_an_instance_changes_no_later_one() -> None:
    schema = {"enum": [{"list": []}]}
    instance(schema, Random(1))["list"].append(1)

    assert instance(schema, Random(1)) == {"list": []}


def test_plain_texts_come_from_the_words_with_the_name_of_the_property() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

    assert instance(schema, Random(1), words=lambda _, name: f"<{name}>") == {"city": "<city>"}


@pytest.mark.parametrize(
    "pattern",
    [
        "^a{2,4}b?$",
        "[^a-z]+",
        "(foo|bar){2}",
        r"\w+\s\d*",
        r"\cJ",
        r"(a)\1",
        "[[&|*--9]",
        "$^|.",
        "x*?y+",
    ],
)
def test_texts_of_a_pattern_match_it(pattern: str) -> None:
    chance = Random(9)

    found = [matching(pattern, chance, Allowance()) for _ in range(40)]

    assert all(matches(pattern, text) for text in found)


def test_a_class_of_everything_is_drawn_and_not_known_to_the_validator() -> None:
    found = matching("a[^]b", Random(9), Allowance())

    assert (len(found), found[0], found[-1]) == (3, "a", "b")
    with pytest.raises(ValueError, match="the validator does not know it"):
        matches("a[^]b", found)


def test_a_dollar_is_the_end_of_the_text_and_not_of_its_last_line() -> None:
    assert not matches("^a$", "a\n")
    assert matches("[$]", "$")


@pytest.mark.parametrize(
    "name",
    ["date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
     "uuid", "uri", "iri", "uri-reference", "iri-reference", "uri-template", "json-pointer",
     "relative-json-pointer", "regex", "url", "cuid", "cuid2", "nanoid", "ulid"],
)  # fmt: skip
def test_every_format_is_met(name: str) -> None:
    for seed in range(20):
        text = formatted(name, Random(seed))
        assert text is not None
        assert _valid({"type": "string", "format": name}, text)


def test_an_unknown_format_asks_nothing() -> None:
    assert formatted("shoe-size", Random(1)) is None
    assert isinstance(instance({"type": "string", "format": "shoe-size"}, Random(1)), str)


# schemas as people write them: every keyword by itself and within others
_SCALARS = st.one_of(
    st.builds(lambda low, span: {"type": "integer", "minimum": low, "maximum": low + span},
              st.integers(-50, 50), st.integers(0, 20)),
    st.builds(lambda low, step: {"type": "number", "exclusiveMinimum": low, "multipleOf": step},
              st.integers(-5, 5), st.sampled_from([0.1, 0.25, 3, 1.5])),
    st.builds(lambda low, span: {"type": "string", "minLength": low, "maxLength": low + span},
              st.integers(0, 30), st.integers(0, 9)),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"enum": ["a", 1, None]}, {"const": [1]},
                     {"type": "string", "format": "uuid"}, {"type": "string", "pattern": "^[a-f]{2,}$"}]),
)  # fmt: skip
_SCHEMAS = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda item, low: {"type": "array", "items": item, "minItems": low}, inner, st.integers(0, 3)),
        st.builds(lambda members, needed: {"type": "object", "properties": members,
                                           "required": sorted(members)[:needed], "additionalProperties": False},
                  st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4), st.integers(0, 3)),
        st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda one, other: {"oneOf": [one, other]}, inner, inner),
        st.builds(lambda one: {"allOf": [one, {"not": {"const": "never"}}]}, inner),
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schema=_SCHEMAS, seed=st.integers(0, 2**64))
def test_an_instance_is_valid_or_there_is_none(schema: Any, seed: int) -> None:
    try:
        value = instance(schema, Random(seed))
    except Unsatisfiable:
        # the only contradictions that these schemas can hold
        assert "oneOf" in json.dumps(schema)
        return

    assert _valid(schema, value)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"not": {"$ref": "#"}},
        {"allOf": [{"anyOf": [{"const": at}, {"const": -at}]} for at in range(1, 40)]},
        {"$defs": {str(at): {"anyOf": [{"$ref": f"#/$defs/{at + 1}"}] * 2} for at in range(40)} | {"40": False},
         "$ref": "#/$defs/0"},
        {"type": "array", "minItems": 10**9},
        {"type": "string", "minLength": 10**9},
        {"type": "string", "pattern": "^(a{9999}){9999}$"},
    ],
    ids=lambda schema: json.dumps(schema)[:40],
)  # fmt: skip
def test_a_hostile_schema_is_given_up(schema: Any) -> None:
    with pytest.raises(Unsatisfiable):
        instance(schema, Random(1))
