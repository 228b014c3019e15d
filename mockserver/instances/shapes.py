"""A `Shape`: what one way to satisfy a JSON Schema asks of a value, its keywords read and combined.

A schema says what a value must not break; a shape says what to draw. References, ``anyOf`` and the
like are gone from it (``alternatives`` took them apart); the schemas of members and items are left as
they are, to be taken apart when they are drawn. Shapes combine field by field: that is ``allOf``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, TypeAlias

# "number" is taken apart, so that types combine as plain sets
ALL_TYPES = frozenset({"null", "boolean", "integer", "fraction", "string", "array", "object"})

Schema: TypeAlias = "Mapping[str, Any] | bool"
Members: TypeAlias = "tuple[Mapping[str, Schema], Mapping[str, Schema], Schema | None]"
Items: TypeAlias = "tuple[tuple[Schema, ...], Schema]"


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked of a value. *low* is (bound, exclusive), *high* is (bound, inclusive), so that the
    stricter is the greater, or the lesser, of two. *members* are (properties, patternProperties,
    additionalProperties) and *items* (prefixItems, items), one of each schema that took part."""

    types: frozenset[str] = ALL_TYPES
    values: tuple[Any, ...] | None = None
    excluded: tuple[Any, ...] = ()
    low: tuple[Fraction, bool] | None = None
    high: tuple[Fraction, bool] | None = None
    step: Fraction | None = None
    shortest: int = 0
    longest: float = math.inf
    patterns: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    items: tuple[Items, ...] = ()
    fewest: int = 0
    most: float = math.inf
    unique: bool = False
    contains: tuple[tuple[Schema, int, float], ...] = ()
    other_items: tuple[Schema, ...] = ()
    members: tuple[Members, ...] = ()
    required: tuple[str, ...] = ()
    least: int = 0
    greatest: float = math.inf
    names: tuple[Schema, ...] = ()
    other_members: tuple[Schema, ...] = ()

    @property
    def possible(self) -> bool:
        return bool(self.types) and self.values != ()


def combine(one: Shape, other: Shape) -> Shape:
    """Return what both ask."""
    if one == _FREE:
        return other
    changed = {}
    for name, both in _COMBINE.items():
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine != theirs or name in _COUNTED:
            changed[name] = both(mine, theirs)
    return replace(one, **changed)


def read(schema: Mapping[str, Any]) -> Shape:
    """Return what the keywords of *schema* ask that stand for themselves."""
    found: dict[str, Any] = {}
    for keyword, (field, reading) in _KEYWORDS.items():
        if keyword in schema:
            value = reading(schema[keyword])
            found[field] = _COMBINE[field](found[field], value) if field in found else value
    if "properties" in schema or "additionalProperties" in schema or "patternProperties" in schema:
        found["members"] = (_members(schema),)
    if "items" in schema or "prefixItems" in schema:
        found["items"] = (_items(schema),)
    if "contains" in schema:
        found["contains"] = (
            (schema["contains"], int(schema.get("minContains", 1)), schema.get("maxContains", math.inf)),
        )
    return Shape(**found)


def exact(number: float) -> Fraction:
    """Return *number* as it is written in decimals."""
    return Fraction(repr(number))


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal as JSON: true is not 1, but 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    return bool(one == other)


def _types(value: Any) -> frozenset[str]:
    listed = {value} if isinstance(value, str) else set(value)
    return frozenset(listed - {"number"} | ({"integer", "fraction"} if "number" in listed else set()))


def _members(schema: Mapping[str, Any]) -> Members:
    additional = schema.get("additionalProperties")
    return schema.get("properties", {}), schema.get("patternProperties", {}), additional


def _items(schema: Mapping[str, Any]) -> Items:
    items = schema.get("items", True)
    if isinstance(items, list):  # before draft 2020-12
        return tuple(items), schema.get("additionalItems", True)
    return tuple(schema.get("prefixItems", ())), items


def _common(one: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple(value for value in one if any(same(value, known) for known in other))


def _stricter(choose: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    def stricter(one: Any, other: Any) -> Any:
        return (other if one is None else one) if one is None or other is None else choose(one, other)

    return stricter


def _multiple(one: Fraction, other: Fraction) -> Fraction:
    shared = one.denominator * other.denominator
    return Fraction(math.lcm(one.numerator * other.denominator, other.numerator * one.denominator), shared)


def _joined(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return one + tuple(value for value in other if value not in one)


def _added(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return one + other


_FREE = Shape()
# these grow even where both sides are equal
_COUNTED = frozenset({"contains"})
_COMBINE: Mapping[str, Callable[[Any, Any], Any]] = {
    "types": frozenset.__and__,
    "values": _common,
    "low": _stricter(max),
    "high": _stricter(min),
    "step": _stricter(_multiple),
    "unique": bool.__or__,
    "required": _joined,
    **dict.fromkeys(("shortest", "fewest", "least"), max),
    **dict.fromkeys(("longest", "most", "greatest"), min),
    **dict.fromkeys(("excluded", "patterns", "formats", "items", "contains", "other_items"), _added),
    **dict.fromkeys(("members", "names", "other_members"), _added),
}
# keyword -> the field it fills, and how
_KEYWORDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "type": ("types", _types),
    "const": ("values", lambda value: (value,)),
    "enum": ("values", tuple),
    "minimum": ("low", lambda value: (exact(value), False)),
    "exclusiveMinimum": ("low", lambda value: (exact(value), True)),
    "maximum": ("high", lambda value: (exact(value), True)),
    "exclusiveMaximum": ("high", lambda value: (exact(value), False)),
    "multipleOf": ("step", exact),
    "minLength": ("shortest", int),
    "maxLength": ("longest", int),
    "pattern": ("patterns", lambda value: (value,)),
    "format": ("formats", lambda value: (value,)),
    "minItems": ("fewest", int),
    "maxItems": ("most", int),
    "uniqueItems": ("unique", bool),
    "unevaluatedItems": ("other_items", lambda value: (value,)),
    "required": ("required", tuple),
    "minProperties": ("least", int),
    "maxProperties": ("greatest", int),
    "propertyNames": ("names", lambda value: (value,)),
    "unevaluatedProperties": ("other_members", lambda value: (value,)),
}
if {field.name for field in fields(Shape)} != set(_COMBINE):
    raise TypeError("every field of a shape needs a way to combine")
