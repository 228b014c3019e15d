"""The ways to satisfy a JSON Schema: each one a `Shape`, which is drawn without looking back.

``anyOf``, ``oneOf``, ``if``, ``not`` and the dependent keywords are choices; a choice among choices
multiplies, so what is kept is bounded. What a way misses the validator finds later, and another is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice, product
from typing import Any

from understudy.mockserver.instances.references import References
from understudy.mockserver.instances.shapes import Schema, Shape, combine, read

MOST = 48  # ways kept of one schema
_DEEPEST = 24  # choices inside one another
_MOST_WORK = 20_000  # shapes combined for one schema


class Alternatives:
    """The ways to satisfy the schemas of one document, worked out on first need."""

    def __init__(self, root: Schema) -> None:
        self._references = References(root)
        self._known: dict[int, tuple[Schema, tuple[Shape, ...]]] = {}

    def of(self, schema: Schema) -> tuple[Shape, ...]:
        """Return the ways to satisfy *schema*; none where that is plainly impossible.

        Raises ValueError for a schema with more choices than are followed, LookupError for a reference
        that leads nowhere.
        """
        known = self._known.get(id(schema))
        if known is None:
            known = self._known[id(schema)] = (schema, _Choosing(self._references).ways(schema))
        return known[1]


class _Choosing:
    """One schema being taken apart, and how much work that may still be."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._within: list[int] = []
        self._left = _MOST_WORK

    def ways(self, schema: Schema) -> tuple[Shape, ...]:
        if not isinstance(schema, Mapping):
            return (Shape(),) if schema is True else ()
        if id(schema) in self._within or len(self._within) > _DEEPEST:
            return ()  # a loop that leads to itself adds no way
        self._within.append(id(schema))
        found: tuple[Shape, ...] = (read(schema),)
        for keyword, taking in _CHOICES.items():
            if keyword in schema:
                found = self._each(found, taking(self, schema))
        self._within.pop()
        return tuple(way for way in found if way.possible)

    def _each(self, some: tuple[Shape, ...], others: tuple[Shape, ...]) -> tuple[Shape, ...]:
        """Return one of *some* with one of *others*, in all pairs that go together (the first `MOST`)."""
        self._left -= 1 + len(some) * len(others)
        if self._left < 0:
            raise ValueError("it has more choices than are followed")
        pairs = (combine(one, other) for one, other in product(some, others))
        return tuple(islice((pair for pair in pairs if pair.possible), MOST))

    def _any(self, schemas: Any) -> tuple[Shape, ...]:
        self._left -= len(schemas)
        return tuple(islice((way for schema in schemas for way in self.ways(schema)), MOST))

    def _all(self, schemas: Any) -> tuple[Shape, ...]:
        ways: tuple[Shape, ...] = (Shape(),)
        for schema in schemas:
            ways = self._each(ways, self.ways(schema))
        return ways

    def _one(self, schema: Mapping[str, Any]) -> tuple[Shape, ...]:
        options = schema["oneOf"]
        found: list[Shape] = []
        for at, option in enumerate(options):
            others = [{"not": other} for other in (*options[:at], *options[at + 1 :])]
            found += self._all([option, *others])
        return tuple(found)

    def _if(self, schema: Mapping[str, Any]) -> tuple[Shape, ...]:
        test = schema["if"]
        met = self._all([test, schema.get("then", True)])
        return met + self._all([{"not": test}, schema.get("else", True)])

    def _dependent(self, schema: Mapping[str, Any], keyword: str) -> tuple[Shape, ...]:
        ways: tuple[Shape, ...] = (Shape(),)
        for name, needed in schema[keyword].items():
            then = {"required": needed} if isinstance(needed, list) else needed
            present = self._all([{"required": [name]}, then])
            ways = self._each(ways, present + self.ways({"properties": {name: False}}))
        return ways

    def _not(self, schema: Schema) -> tuple[Shape, ...]:
        """Return the ways to break *schema*: to break any of its keywords is enough."""
        if not isinstance(schema, Mapping):
            return self.ways(not schema)
        broken: list[Schema] = []
        for keyword, value in schema.items():
            if keyword in ("$ref", "$dynamicRef"):
                broken.append({"not": self._references.target(schema, value)})
            elif keyword == "if":
                broken += [
                    {"allOf": [value, {"not": schema.get("then", True)}]},
                    {"allOf": [{"not": value}, {"not": schema.get("else", True)}]},
                ]
            else:
                broken += _BREAKING.get(keyword, lambda _: [])(value)
        ways = self._any(broken)
        if "const" in schema or "enum" in schema:
            ways += (Shape(excluded=tuple(schema.get("enum", [schema.get("const")]))),)
        return ways


def _opposite(types: Any) -> list[Schema]:
    named = {types} if isinstance(types, str) else set(types)
    if "integer" in named and "number" not in named:  # a number that is not whole: rejected afterwards
        named = named - {"integer"}
    every = ("string", "number", "boolean", "null", "object", "array")
    left = [name for name in every if name not in named]
    return [{"type": left}] if left else []


def _some_member(_: Any) -> list[Schema]:
    return [{"type": "object", "minProperties": 1}]


_CHOICES: Mapping[str, Callable[[_Choosing, Mapping[str, Any]], tuple[Shape, ...]]] = {
    "$ref": lambda self, schema: self.ways(self._references.target(schema, schema["$ref"])),
    "$dynamicRef": lambda self, schema: self._any(self._references.targets(schema, schema["$dynamicRef"])),
    "allOf": lambda self, schema: self._all(schema["allOf"]),
    "anyOf": lambda self, schema: self._any(schema["anyOf"]),
    "oneOf": lambda self, schema: self._one(schema),
    "if": lambda self, schema: self._if(schema),
    "not": lambda self, schema: self._not(schema["not"]),
    "dependentRequired": lambda self, schema: self._dependent(schema, "dependentRequired"),
    "dependentSchemas": lambda self, schema: self._dependent(schema, "dependentSchemas"),
    "dependencies": lambda self, schema: self._dependent(schema, "dependencies"),
}
# keyword -> schemas each of which breaks it; what cannot be said in a schema is left to the validator
_BREAKING: Mapping[str, Callable[[Any], list[Schema]]] = {
    "type": _opposite,
    "minimum": lambda value: [{"type": "number", "exclusiveMaximum": value}],
    "exclusiveMinimum": lambda value: [{"type": "number", "maximum": value}],
    "maximum": lambda value: [{"type": "number", "exclusiveMinimum": value}],
    "exclusiveMaximum": lambda value: [{"type": "number", "minimum": value}],
    "multipleOf": lambda value: [{"type": "number"}],
    "minLength": lambda value: [{"type": "string", "maxLength": value - 1}] if value else [],
    "maxLength": lambda value: [{"type": "string", "minLength": value + 1}],
    "pattern": lambda value: [{"type": "string"}],
    "format": lambda value: [{"type": "string"}],
    "minItems": lambda value: [{"type": "array", "maxItems": value - 1}] if value else [],
    "maxItems": lambda value: [{"type": "array", "minItems": value + 1}],
    "uniqueItems": lambda value: [{"type": "array", "minItems": 2, "items": {"const": 0}}] if value else [],
    "items": lambda value: [{"type": "array", "contains": {"not": value}}],
    "contains": lambda value: [{"type": "array", "items": {"not": value}}],
    "prefixItems": lambda value: [
        {"type": "array", "minItems": at + 1, "prefixItems": [*[True] * at, {"not": item}]}
        for at, item in enumerate(value)
    ],
    "required": lambda value: [{"type": "object", "properties": {name: False}} for name in value],
    "properties": lambda value: [
        {"type": "object", "required": [name], "properties": {name: {"not": member}}}
        for name, member in value.items()
    ],
    **dict.fromkeys(("additionalProperties", "unevaluatedProperties"), _some_member),
    "unevaluatedItems": lambda _: [{"type": "array", "minItems": 1}],
    "propertyNames": lambda value: [{"type": "object", "minProperties": 1, "propertyNames": {"not": value}}],
    "minProperties": lambda value: [{"type": "object", "maxProperties": value - 1}] if value else [],
    "maxProperties": lambda value: [{"type": "object", "minProperties": value + 1}],
    "dependentRequired": lambda value: [
        {"type": "object", "required": [name], "properties": {missing: False}}
        for name, needed in value.items()
        for missing in needed
    ],
    "allOf": lambda value: [{"not": schema} for schema in value],
    "anyOf": lambda value: [{"allOf": [{"not": schema} for schema in value]}],
    "oneOf": lambda value: [
        {"allOf": [{"not": schema} for schema in value]},
        *({"allOf": [one, other]} for at, one in enumerate(value) for other in value[at + 1 :]),
    ],
    "not": lambda value: [value],
}
