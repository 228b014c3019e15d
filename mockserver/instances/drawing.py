"""Drawing a value: choices are made once, on the way down, within a bounded depth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from random import Random
from typing import Any

from understudy.mockserver.instances.allowance import Allowance
from understudy.mockserver.instances.measures import measured
from understudy.mockserver.instances.patterns import matches, matching
from understudy.mockserver.instances.plan import FREE_DEPTH, SchemaPlan, Unsatisfiable
from understudy.mockserver.instances.reasons import longest_prefix
from understudy.mockserver.instances.shapes import ALL_TYPES, Schema, Shape, same
from understudy.mockserver.instances.strings import Words, text

_MOST_ITEMS = 10_000
_TRIES = 40


class Drawing:
    """One value being drawn. *wild*: of any type where none is asked for, not of the likeliest."""

    def __init__(
        self, plan: SchemaPlan, chance: Random, words: Words, allowance: Allowance, *, wild: bool
    ) -> None:
        self._plan = plan
        self._allowance = allowance
        self._chance = chance
        self._words = words
        self._wild = wild

    def value(self, schema: Schema, budget: int, name: str) -> Any:
        """Return a value for *schema*, most likely valid, for a property called *name*.

        Raises Unsatisfiable, and Exhausted when all that may be drawn is drawn.
        """
        self._allowance.spend(1)
        ways = self._plan.ways(schema, budget)
        if not ways:
            raise Unsatisfiable("nothing satisfies the schema here" if budget > 0 else "too deep")
        shape, types = ways[self._below(len(ways))] if len(ways) > 1 else ways[0]
        kind = types[0]
        if len(types) > 1 and (self._wild or len(shape.types) < len(ALL_TYPES)):
            kind = types[self._below(len(types))]
        for _ in range(_TRIES):
            found = self._of_type(kind, shape, budget, name)
            if not shape.excluded or not any(same(found, other) for other in shape.excluded):
                return found
        raise Unsatisfiable(f"every {kind} that was tried is excluded")

    def _of_type(self, kind: str, shape: Shape, budget: int, name: str) -> Any:
        if kind == "string":
            try:
                return text(shape, self._chance, self._words, name, self._allowance)
            except ValueError as error:
                raise Unsatisfiable(str(error)) from None
        if kind == "values":
            return self._one_of(shape)
        if kind == "object":
            return self._object(shape, budget - 1)
        if kind == "array":
            return self._array(shape, budget - 1, name)
        if kind == "boolean":
            return self._chance.random() < 0.5
        return None if kind == "null" else self._number(shape, name, whole=kind == "integer")

    def _below(self, size: int) -> int:
        return int(self._chance.random() * size)

    def _one_of(self, shape: Shape) -> Any:
        """Return one of the listed values, if it can be told one that the rest of the shape takes."""
        values = [value for value in shape.values or () if _takes(shape, value)]
        if not values:
            raise Unsatisfiable("none of the listed values fits")
        # a copy: the listed ones belong to the plan, which is kept
        return deepcopy(values[self._below(len(values))])

    def _number(self, shape: Shape, name: str, *, whole: bool) -> int | float:
        found = measured(shape, name, whole=whole)
        if found is None:
            raise Unsatisfiable("no number lies within the bounds")
        return found.draw(self._chance)

    def _array(self, shape: Shape, budget: int, name: str) -> list[Any]:
        low = max(shape.fewest, sum(least for _, least, _ in shape.contains))
        free = low + 2 if budget > 0 else low
        high = min(shape.most, max(free, longest_prefix(shape)) if budget > 0 else low)
        if low > shape.most or low > _MOST_ITEMS:
            raise Unsatisfiable(f"{low} items are needed, {min(shape.most, _MOST_ITEMS)} are the most")
        first = low if shape.fewest or budget <= 0 else min(max(low, 1), int(high))
        size = first + self._below(int(high) - first + 1)
        wanted = self._contained(shape, size)
        found: list[Any] = []
        for at in range(size):
            schema = self._plan.joined(self._plan.item(shape, at), *wanted[at])
            if not self._plan.ways(schema, budget) and at >= low:
                break  # no further item is possible; those so far are enough
            try:
                self._append(found, schema, budget, name, unique=shape.unique)
            except Unsatisfiable as error:
                raise error.under(f"[{at}]") from None
        return found

    def _contained(self, shape: Shape, size: int) -> list[list[Schema]]:
        """Return what each item must hold for ``contains``, or must not, beside its own schema."""
        wanted: list[list[Schema]] = [[] for _ in range(size)]
        free = list(range(size))
        for schema, least, most in shape.contains:
            chosen = [at for at in reversed(free) if self._may_hold(shape, at, schema)][:least]
            free = [at for at in free if at not in chosen]
            for at in chosen:
                wanted[at].append(schema)
            if most < size:
                for at in free:
                    wanted[at].append(self._plan.negated(schema))
        return wanted

    def _may_hold(self, shape: Shape, at: int, schema: Schema) -> bool:
        return bool(self._plan.ways(self._plan.joined(self._plan.item(shape, at), schema), FREE_DEPTH))

    def _append(self, found: list[Any], schema: Schema, budget: int, name: str, *, unique: bool) -> None:
        for _ in range(_TRIES * 3 if unique else 1):
            value = self.value(schema, budget, name)
            if not unique or not any(same(value, other) for other in found):
                found.append(value)
                return
        raise Unsatisfiable("no further value that is unlike the others")

    def _object(self, shape: Shape, budget: int) -> dict[str, Any]:
        if len(shape.required) > shape.greatest:
            raise Unsatisfiable(f"{len(shape.required)} required members, {shape.greatest} are the most")
        names = [name for members in shape.members for name in members[0]]
        required = set(shape.required)
        found: dict[str, Any] = {}
        spare = shape.greatest - len(required)
        for name in dict.fromkeys([*names, *shape.required]):
            if name not in required:
                if spare <= 0 or not self._wanted(shape, name, budget):
                    continue
                spare -= 1
            found[name] = self._member(shape, name, budget)
        while len(found) < shape.least:
            name = self._new_name(shape, found, budget)
            found[name] = self._member(shape, name, budget)
        return found

    def _wanted(self, shape: Shape, name: str, budget: int) -> bool:
        """Return whether the optional member *name* is drawn: by chance, where it can be."""
        if budget <= 0 or self._chance.random() < 0.4:
            return False
        return bool(self._plan.ways(self._plan.member(shape, name), budget))

    def _member(self, shape: Shape, name: str, budget: int) -> Any:
        try:
            return self.value(self._plan.member(shape, name), budget, name)
        except Unsatisfiable as error:
            raise error.under(f".{name}") from None

    def _new_name(self, shape: Shape, found: Mapping[str, Any], budget: int) -> str:
        """Return the name of one more member."""
        patterns = [pattern for members in shape.members for pattern in members[1]]
        names = [name for members in shape.members for name in members[0]]
        for attempt in range(_TRIES * 2):
            if attempt < len(names):
                name = names[attempt]
            elif shape.names:
                name = self.value(self._plan.joined(*shape.names), budget, "name")
            elif patterns and attempt % 2:
                name = matching(patterns[self._below(len(patterns))], self._chance, self._allowance)
                if attempt % 4 == 3:  # a pattern that is open at its end has few texts of its own
                    name += f"{self._below(1000)}"
            else:
                name = f"{self._words(self._chance, 'name').split()[0].lower()}_{self._below(100)}"
            if isinstance(name, str) and name not in found and self._nameable(shape, name, budget):
                return name
        raise Unsatisfiable(f"no name found for the member number {len(found) + 1} of {shape.least}")

    def _nameable(self, shape: Shape, name: str, budget: int) -> bool:
        return bool(self._plan.ways(self._plan.member(shape, name), budget))


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "integer" if value == math.floor(value) else "fraction"
    kinds = {str: "string", list: "array", dict: "object", type(None): "null"}
    return kinds[type(value)]


def _takes(shape: Shape, value: Any) -> bool:
    kind = _type_of(value)
    if kind not in shape.types or any(same(value, other) for other in shape.excluded):
        return False
    if kind == "string":
        fits = shape.shortest <= len(value) <= shape.longest
        return fits and all(matches(pattern, value) for pattern in shape.patterns)
    if kind == "object":
        return set(shape.required) <= set(value)
    return True
