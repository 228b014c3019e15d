"""Why a schema has no value at all, and where: what stands against itself, or lies too deep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from understudy.mockserver.instances.numbers import contradiction
from understudy.mockserver.instances.shapes import Schema, Shape

_MOST_NAMED = 6  # keywords


class Plan(Protocol):
    """What is asked of a schema document (a `plan.SchemaPlan`)."""

    root: Schema

    def ways(self, schema: Schema, budget: int) -> tuple[tuple[Shape, tuple[str, ...]], ...]: ...

    def shapes(self, schema: Schema) -> tuple[Shape, ...]: ...

    def member(self, shape: Shape, name: str) -> Schema: ...

    def item(self, shape: Shape, at: int) -> Schema: ...


def why_unmet(plan: Plan, deepest: int) -> tuple[str, str]:
    """Return the reason why the root of *plan* has no value within *deepest* levels, and its path."""
    found = _Search(plan).of(plan.root, deepest)
    if found is None:
        return (
            f"no value is possible within {deepest} levels: objects or arrays that are required inside one "
            "another go deeper",
            "",
        )
    return f"no value is possible: {found[0]}", found[1]


def longest_prefix(shape: Shape) -> int:
    """Return how many items *shape* names one by one."""
    return max((len(prefix) for prefix, _ in shape.items), default=0)


class _Search:
    """A walk down what has no value. Each schema is looked at once, so loops end."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # beside each the schema: kept alive, since the key is its identity
        self._seen: dict[int, Schema] = {}

    def of(self, schema: Schema, budget: int) -> tuple[str, str] | None:
        """Return the contradiction in *schema* and its path, None where depth is all that is wrong."""
        if id(schema) in self._seen:
            return None
        self._seen[id(schema)] = schema
        shapes = self._plan.shapes(schema)
        if not shapes:
            return _excluded(schema), ""
        for shape in shapes:
            for kind in ("integer", "fraction"):
                if kind in shape.types:
                    return contradiction(shape, whole="fraction" not in shape.types), ""
            found = self._inside(shape, budget - 1) if budget > 0 else None
            if found:
                return found
        return None

    def _inside(self, shape: Shape, budget: int) -> tuple[str, str] | None:
        for part, schema in self._parts(shape):
            if not self._plan.ways(schema, budget):
                found = self.of(schema, budget)
                if found:
                    return found[0], part + found[1]
        return None

    def _parts(self, shape: Shape) -> Iterator[tuple[str, Schema]]:
        if "object" in shape.types:
            for name in shape.required:
                yield f".{name}", self._plan.member(shape, name)
        if "array" in shape.types:
            for at in range(min(shape.fewest, longest_prefix(shape) + 1)):
                yield f"[{at}]", self._plan.item(shape, at)


def _excluded(schema: Schema) -> str:
    if isinstance(schema, bool):
        return "the schema allows nothing here (false)"
    if schema.get("enum") == []:
        return "enum is empty"
    named = [keyword for keyword in schema if not keyword.startswith("$") or keyword == "$ref"]
    return f"nothing satisfies its {' and '.join(named[:_MOST_NAMED])}"
