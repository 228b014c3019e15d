"""The JSON Schemas a caller writes: what the API takes in a tool or a response format (FACTS A.6).

Strict schemas are a subset: closed objects, every property required, few keywords, within limits.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

Context: TypeAlias = tuple[str, ...]

_NOT_PERMITTED = ("allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else")
_FORMATS = frozenset(["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"])
_LONGEST_REMEMBERED = 32_768  # bytes
_MAX_LEVELS = 10
_MAX_PROPERTIES = 5_000
_MAX_TEXT = 120_000
_MAX_ENUM_VALUES = 1_000
_LONG_ENUM = 250
_MAX_LONG_ENUM_TEXT = 15_000
_ROOT = "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{got}\"'."
_CLOSED = "'additionalProperties' is required to be supplied and to be false."
_REQUIRED = (
    "'required' is required to be supplied and to be an array including every key in properties. "
    "Missing '{key}'."
)


class Fault(NamedTuple):
    """What is wrong with a schema: where it is, as the API writes it, and its words."""

    rule: str
    text: str
    context: Context | None = None

    def tail(self) -> str:
        return self.text if self.context is None else f"In context={self.context}, {self.text}"


class _Node(NamedTuple):
    schema: Mapping[str, Any]
    context: Context
    level: int  # of objects, the root being the first


def schema_faults(schema: Mapping[str, Any], *, strict: bool) -> Sequence[Fault]:
    """Return what the API would refuse in *schema*, in the order it reads it."""
    kind = schema.get("type")
    if kind != "object" and (strict or kind is not None):
        return (Fault("schema_root_type", _ROOT.format(got=kind)),)
    if strict:
        return _remembered(schema)
    if kind == "object" and schema.get("properties") is None:
        return (Fault("schema_missing_properties", "object schema missing properties.", ()),)
    return ()


def _remembered(schema: Any) -> Sequence[Fault]:
    # a client sends the same tools with each request: reading them once is some twenty times faster
    try:
        written = marshal.dumps(schema, 2)  # 2: equal values give equal bytes
    except ValueError:  # deeper than marshal goes
        return _strict_faults(schema)
    return _of_written(written) if len(written) <= _LONGEST_REMEMBERED else _strict_faults(schema)


@lru_cache(maxsize=256)
def _of_written(written: bytes) -> Sequence[Fault]:
    return _strict_faults(marshal.loads(written))  # noqa: S302  (bytes that _remembered just wrote)


def _strict_faults(root: Mapping[str, Any]) -> Sequence[Fault]:
    nodes = _nodes(root)
    faults: list[Fault] = []
    for node in nodes:
        schema = node.schema
        if "properties" in schema or schema.get("type") == "object":
            faults += _object_faults(node)
        faults += [
            Fault("strict_keyword", f"'{keyword}' is not permitted.", node.context)
            for keyword in _NOT_PERMITTED
            if keyword in schema
        ]
        if isinstance(schema.get("format"), str) and schema["format"] not in _FORMATS:
            faults.append(
                Fault("strict_format", f"format '{schema['format']}' is not supported.", node.context)
            )
    return (*faults, *_limits_passed(nodes))


def _object_faults(node: _Node) -> Iterator[Fault]:
    if node.schema.get("additionalProperties") is not False:
        yield Fault("strict_additional_properties", _CLOSED, node.context)
    required = node.schema.get("required")
    listed = required if isinstance(required, list) else ()
    for key in _members(node.schema, "properties"):
        if key not in listed:
            yield Fault("strict_required", _REQUIRED.format(key=key), node.context)
            return  # the API names the first


def _nodes(root: Mapping[str, Any]) -> Sequence[_Node]:
    """Return every sub-schema, root first. A list, not a recursion: a caller's schema may be of any depth."""
    found: list[_Node] = []
    waiting = [_Node(root, (), 1)]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += reversed(list(_below(node)))
    return found


def _below(node: _Node) -> Iterator[_Node]:
    schema, context, level = node
    for key, inner in _members(schema, "properties").items():
        if isinstance(inner, dict):
            yield _Node(inner, (*context, "properties", key), level + _is_object(inner))
    if isinstance(schema.get("items"), dict):
        yield _Node(schema["items"], (*context, "items"), level + _is_object(schema["items"]))
    options = schema.get("anyOf")
    for number, inner in enumerate(options if isinstance(options, list) else ()):
        if isinstance(inner, dict):
            yield _Node(inner, (*context, "anyOf", str(number)), level + _is_object(inner))
    for keyword in ("$defs", "definitions"):
        for key, inner in _members(schema, keyword).items():
            if isinstance(inner, dict):
                yield _Node(inner, (*context, keyword, key), 1)


def _members(schema: Mapping[str, Any], keyword: str) -> Mapping[str, Any]:
    members = schema.get(keyword)
    return members if isinstance(members, dict) else {}


def _is_object(schema: Mapping[str, Any]) -> bool:
    return "properties" in schema or schema.get("type") == "object"


def _limits_passed(nodes: Sequence[_Node]) -> Iterator[Fault]:
    levels = max(node.level for node in nodes)
    if levels > _MAX_LEVELS:
        yield Fault("strict_nesting", f"{levels} levels of nesting exceeds limit of {_MAX_LEVELS}.", ())
    names = [key for node in nodes for key in _members(node.schema, "properties")]
    if len(names) > _MAX_PROPERTIES:
        yield Fault("strict_properties", f"{len(names)} properties exceeds limit of {_MAX_PROPERTIES}.", ())
    enums = [node.schema["enum"] for node in nodes if isinstance(node.schema.get("enum"), list)]
    names += [
        key
        for node in nodes
        for keyword in ("$defs", "definitions")
        for key in _members(node.schema, keyword)
    ]
    names += [value for node in nodes if isinstance(value := node.schema.get("const"), str)]
    text = sum(map(len, names)) + sum(map(_text, enums))
    if text > _MAX_TEXT:
        yield Fault("strict_text", f"{text} characters of names and values exceeds limit of {_MAX_TEXT}.", ())
    values = sum(map(len, enums))
    if values > _MAX_ENUM_VALUES:
        yield Fault("strict_enum_values", f"{values} enum values exceeds limit of {_MAX_ENUM_VALUES}.", ())
    longest = max((_text(enum) for enum in enums if len(enum) > _LONG_ENUM), default=0)
    if longest > _MAX_LONG_ENUM_TEXT:
        yield Fault(
            "strict_enum_text",
            f"{longest} characters in one enum exceeds limit of {_MAX_LONG_ENUM_TEXT}.",
            (),
        )


def _text(enum: Sequence[Any]) -> int:
    return sum(len(value) for value in enum if isinstance(value, str))
