"""Schemas without a value: the reason names what stands against itself, and the path where."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from understudy.mockserver.instances.instance import Unsatisfiable, instance


def closed(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(levels):
        schema = closed(a=schema)
    return schema


BELOW = {"type": "integer", "minimum": 5, "maximum": 4}
STEPS = {"type": "number", "multipleOf": 2.5, "minimum": 1, "exclusiveMaximum": 2.5}
ROWS: list[tuple[Any, str, str]] = [
    (BELOW, "", "minimum 5 is above maximum 4"),
    (closed(a=BELOW, b={"type": "string"}), ".a", "minimum 5 is above maximum 4"),
    (closed(b={"type": "string"}, a=closed(c=BELOW)), ".a.c", "minimum 5 is above maximum 4"),
    (closed(a={"type": "array", "minItems": 2, "items": BELOW}), ".a[0]", "minimum 5 is above maximum 4"),
    (closed(a=STEPS), ".a", "no number that is a multiple of 2.5 lies between minimum 1 and exclusiveMaximum 2.5"),
    (closed(a={"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 4}), ".a",
     "no integer lies between exclusiveMinimum 3 and exclusiveMaximum 4"),
    (closed(a={"enum": []}), ".a", "enum is empty"),
    (closed(a=False), ".a", "the schema allows nothing here (false)"),
    ({**closed(), "required": ["b"]}, ".b", "the schema allows nothing here (false)"),
    (closed(a={"type": "string", "allOf": [{"type": "null"}]}), ".a", "nothing satisfies its type and allOf"),
    (closed(a={"anyOf": [{"$ref": "#"}, BELOW]}), ".a", "minimum 5 is above maximum 4"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "path", "reason"), ROWS, ids=lambda part: json.dumps(part)[:60])
def test_a_contradiction_is_named_with_its_place(schema: Any, path: str, reason: str) -> None:
    with pytest.raises(Unsatisfiable) as caught:
        instance(schema, Random(1))

    assert (caught.value.path, caught.value.reason) == (path, f"no value is possible: {reason}")


@pytest.mark.parametrize("schema", [nested(25), closed(me={"$ref": "#"})], ids=["nested", "recursive"])
def test_what_is_required_too_deep_is_said_to_be_too_deep(schema: Any) -> None:
    with pytest.raises(Unsatisfiable) as caught:
        instance(schema, Random(1))

    assert caught.value.path == ""
    assert "within 20 levels: objects or arrays that are required inside one another" in caught.value.reason


def test_what_lies_within_the_depth_is_drawn() -> None:
    assert json.dumps(instance(nested(20), Random(1))).count("a") == 20


def test_the_reason_is_found_without_going_every_way_twice() -> None:
    both = {"type": "object", "required": ["x", "y"]}
    defs: dict[str, Any] = {
        f"a{at}": {**both, "properties": {name: {"$ref": f"#/$defs/a{at + 1}"} for name in "xy"}}
        for at in range(19)
    }

    with pytest.raises(Unsatisfiable, match="minimum 5 is above maximum 4"):
        instance({"$ref": "#/$defs/a0", "$defs": {**defs, "a19": BELOW}}, Random(1))
