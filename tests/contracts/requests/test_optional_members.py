"""Null is as good as absent, for every member that may be absent, however far in (FACTS A.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from understudy.contracts.documents import schema

REQUEST = schema("request")


def optional(node: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Yield each member of *node* and of what is in it that may be absent."""
    if isinstance(node, list):
        for at, inner in enumerate(node):
            yield from optional(inner, f"{place}[{at}]")
    if not isinstance(node, dict):
        return
    required = node.get("required", [])
    for name, inner in node.get("properties", {}).items():
        if name not in required and "if" not in place.split("/"):
            yield f"{place}/{name}", inner
    for key, inner in node.items():
        yield from optional(inner, f"{place}/{key}")


def takes_null(node: Any) -> bool:
    if isinstance(node, bool):
        return node
    if "$ref" in node:
        return takes_null(REQUEST["$defs"][node["$ref"].rpartition("/")[2]])
    if "type" not in node and "enum" not in node and "const" not in node:
        return all(takes_null(inner) for inner in node.get("allOf", [])) or "allOf" not in node
    return "null" in node.get("type", ()) and ("enum" not in node or None in node["enum"])


MEMBERS = sorted(dict(optional(REQUEST, "")).items())


@pytest.mark.parametrize(("place", "member"), MEMBERS, ids=[place for place, _ in MEMBERS])
def test_what_may_be_absent_may_be_null(place: str, member: Any) -> None:
    assert takes_null(member), f"{place} is optional and refuses null"
