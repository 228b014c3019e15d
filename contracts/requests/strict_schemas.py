"""The JSON Schemas a caller writes: what the API takes in a tool or a response format (FACTS A.6).

Every schema must be one, and say what its arrays hold. Strict schemas are a subset: closed objects, every
property required, few keywords, within limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from understudy.contracts.requests.metaschema import not_a_schema
from understudy.contracts.requests.schema_nodes import Context, Node, members, nodes

_NOT_PERMITTED = (
    *("allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else"),
    *("oneOf", "uniqueItems"),  # reported by users, 2024 to 2026
)
# neither among what A.6 says is supported nor among what it says is not
_UNLISTED = (
    *("minLength", "maxLength", "minProperties", "maxProperties", "propertyNames", "patternProperties"),
    *("contains", "minContains", "maxContains", "prefixItems", "unevaluatedItems", "unevaluatedProperties"),
)
# one of these says what a value is; `enum` and `const` do so too
_TYPED = frozenset(["type", "anyOf", "$ref", "enum", "const", "allOf", "oneOf", "not", "if"])
_FORMATS = frozenset(["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"])
_MAX_LEVELS = 10
_MAX_PROPERTIES = 5_000
_MAX_TEXT = 120_000
_MAX_ENUM_VALUES = 1_000
_LONG_ENUM = 250
_MAX_LONG_ENUM_TEXT = 15_000
_ROOT = "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{got}\"'."
_CLOSED = "'additionalProperties' is required to be supplied and to be false."
_REQUIRED = "'required' is required to be supplied and to be an array including every key in properties. "
_MISSING = _REQUIRED + "Missing '{key}'."
_EXTRA = _REQUIRED + "Extra required key '{key}' supplied."


class Fault(NamedTuple):
    """What is wrong with a schema: where it is, as the API writes it, and its words."""

    rule: str
    text: str
    context: Context | None = None
    opening: str = "In "

    def tail(self) -> str:
        return self.text if self.context is None else f"{self.opening}context={self.context}, {self.text}"


def schema_faults(schema: Mapping[str, Any], *, strict: bool) -> Sequence[Fault]:
    """Return what the API would refuse in *schema*, in the order it reads it."""
    broken = not_a_schema(schema)
    if broken is not None:
        return (Fault("schema_invalid", broken),)
    kind = schema.get("type")
    if kind != "object" and (strict or kind is not None):
        return (Fault("schema_root_type", _ROOT.format(got=kind)),)
    parts = nodes(schema)
    if strict:
        return _strict_faults(parts)
    if kind == "object" and schema.get("properties") is None:
        return (Fault("schema_missing_properties", "object schema missing properties.", ()),)
    return tuple(fault for node in parts for fault in _items_missing(node))


def _items_missing(node: Node) -> Iterator[Fault]:
    """Yield where an array does not say what it holds; the place of a listed type is told with its number."""
    kind = node.schema.get("type")
    if "items" in node.schema or not (kind == "array" or (isinstance(kind, list) and "array" in kind)):
        return
    place = node.context if kind == "array" else (*node.context, "type", str(kind.index("array")))
    yield Fault("schema_missing_items", "array schema missing items.", place)


def _strict_faults(parts: Sequence[Node]) -> Sequence[Fault]:
    faults: list[Fault] = []
    for node in parts:
        if "properties" in node.schema or node.schema.get("type") == "object":
            faults += _object_faults(node)
        faults += _items_missing(node)
        faults += _keyword_faults(node)
    return (*faults, *_limits_passed(parts))


def _keyword_faults(node: Node) -> Iterator[Fault]:
    schema, context, _ = node
    beside = set(schema) - {"$ref"}
    if "$ref" in schema and beside and context:  # at the root the definitions stand beside it
        text = f"$ref cannot have keywords {_set(beside)}."
        yield Fault("strict_ref_siblings", text, context, opening="")
    not_permitted = (*_NOT_PERMITTED, "anyOf") if not context else _NOT_PERMITTED
    for keyword in not_permitted:
        if keyword in schema:
            yield Fault("strict_keyword", f"'{keyword}' is not permitted.", context)
    for keyword in _UNLISTED:
        if keyword in schema:
            yield Fault("strict_unlisted_keyword", f"'{keyword}' is not permitted.", context)
    if isinstance(schema.get("format"), str) and schema["format"] not in _FORMATS:
        yield Fault("strict_format", f"format '{schema['format']}' is not supported.", context)
    if _TYPED.isdisjoint(schema):
        yield Fault("strict_untyped", "schema must have a 'type' key.", context)


def _set(names: set[str]) -> str:
    return "{" + ", ".join(map(repr, sorted(names))) + "}"  # a set of Python, but always in one order


def _object_faults(node: Node) -> Iterator[Fault]:
    if node.schema.get("additionalProperties") is not False:
        yield Fault("strict_additional_properties", _CLOSED, node.context)
    required = node.schema.get("required")
    listed = required if isinstance(required, list) else ()
    properties = members(node.schema, "properties")
    named = {key for key in listed if isinstance(key, str)}
    missing = [_MISSING.format(key=key) for key in properties if key not in named]
    extra = [_EXTRA.format(key=key) for key in listed if isinstance(key, str) and key not in properties]
    for text in (missing + extra)[:1]:  # the API names the first
        yield Fault("strict_required", text, node.context)


def _limits_passed(parts: Sequence[Node]) -> Iterator[Fault]:
    levels = max(node.level for node in parts)
    if levels > _MAX_LEVELS:
        yield Fault("strict_nesting", f"{levels} levels of nesting exceeds limit of {_MAX_LEVELS}.", ())
    names = [key for node in parts for key in members(node.schema, "properties")]
    if len(names) > _MAX_PROPERTIES:
        yield Fault("strict_properties", f"{len(names)} properties exceeds limit of {_MAX_PROPERTIES}.", ())
    enums = [node.schema["enum"] for node in parts if isinstance(node.schema.get("enum"), list)]
    names += [
        key for node in parts for keyword in ("$defs", "definitions") for key in members(node.schema, keyword)
    ]
    names += [value for node in parts if isinstance(value := node.schema.get("const"), str)]
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
