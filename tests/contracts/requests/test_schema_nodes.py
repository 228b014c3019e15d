"""Sub-schemas and their places."""

from __future__ import annotations

from typing import Any

from understudy.contracts.requests.schema_nodes import nodes


def test_every_sub_schema_is_found_in_the_order_it_is_written() -> None:
    inner: dict[str, Any] = {"type": "object", "properties": {"b": {"anyOf": [{}, {"type": "null"}]}}}
    schema = {"type": "object", "properties": {"a": {"items": inner}}, "$defs": {"d": {}}}

    found = [(node.context, node.level) for node in nodes(schema)]

    a = ("properties", "a")
    assert found == [
        ((), 1),
        (a, 1),
        ((*a, "items"), 2),
        ((*a, "items", "properties", "b"), 2),
        ((*a, "items", "properties", "b", "anyOf", "0"), 2),
        ((*a, "items", "properties", "b", "anyOf", "1"), 2),
        (("$defs", "d"), 1),
    ]


def test_what_is_no_schema_is_passed_over() -> None:
    found = nodes({"properties": [1], "anyOf": {}, "items": True, "$defs": {"a": 1}, "definitions": None})

    assert len(found) == 1
