"""A schema that a caller wrote, as its sub-schemas, each with its place as the API writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

Context: TypeAlias = tuple[str, ...]


class Node(NamedTuple):
    """One sub-schema. *level* counts the objects around it and itself, the root being the first."""

    schema: Mapping[str, Any]
    context: Context
    level: int


def nodes(root: Mapping[str, Any]) -> Sequence[Node]:
    """Return every sub-schema, root first. A list, not a recursion: a caller's schema may be of any depth."""
    found: list[Node] = []
    waiting = [Node(root, (), 1)]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += reversed(list(_below(node)))
    return found


def members(schema: Mapping[str, Any], keyword: str) -> Mapping[str, Any]:
    """Return the object under *keyword*, empty where there is none."""
    found = schema.get(keyword)
    return found if isinstance(found, dict) else {}


def is_object(schema: Mapping[str, Any]) -> bool:
    return "properties" in schema or schema.get("type") == "object"


def _below(node: Node) -> Iterator[Node]:
    schema, context, level = node
    for key, inner in members(schema, "properties").items():
        if isinstance(inner, dict):
            yield Node(inner, (*context, "properties", key), level + is_object(inner))
    if isinstance(schema.get("items"), dict):
        yield Node(schema["items"], (*context, "items"), level + is_object(schema["items"]))
    options = schema.get("anyOf")
    for number, inner in enumerate(options if isinstance(options, list) else ()):
        if isinstance(inner, dict):
            yield Node(inner, (*context, "anyOf", str(number)), level + is_object(inner))
    for keyword in ("$defs", "definitions"):
        for key, inner in members(schema, keyword).items():
            if isinstance(inner, dict):
                yield Node(inner, (*context, keyword, key), 1)
