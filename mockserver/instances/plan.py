"""What is known of a schema document before anything is drawn: the ways that end in time.

A recursive schema has ways that never end. So each question is asked with a *budget*: how many
objects and arrays may still lie inside one another.
"""

from __future__ import annotations

from collections.abc import Iterator

from understudy.mockserver.instances.alternatives import Alternatives
from understudy.mockserver.instances.numbers import grid
from understudy.mockserver.instances.patterns import matches
from understudy.mockserver.instances.reasons import longest_prefix, why_unmet
from understudy.mockserver.instances.shapes import Members, Schema, Shape

_DEEPEST = 20  # objects and arrays inside one another
FREE_DEPTH = 5  # beneath it only what is required
# what the keywords of a schema without a type suggest, in order
_HINTS = (
    ("object", ("members", "required", "least", "names", "other_members", "greatest")),
    ("array", ("items", "contains", "fewest", "unique", "other_items", "most")),
    ("string", ("patterns", "formats", "shortest", "longest")),
    ("integer", ("low", "high", "step")),
)
_UNASKED = Shape()


class Unsatisfiable(ValueError):
    """No value was found for a schema: *reason*, and *path* of where in the value."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"${path}: {reason}")
        self.reason = reason
        self.path = path

    def under(self, part: str) -> Unsatisfiable:
        """Return the same, seen from one level up."""
        return Unsatisfiable(self.reason, part + self.path)


class SchemaPlan:
    """The ways to satisfy one schema document and its parts, worked out on first need and kept."""

    def __init__(self, root: Schema, alternatives: Alternatives) -> None:
        self.root = root
        self._alternatives = alternatives
        self._closing: dict[tuple[int, int], tuple[tuple[Shape, tuple[str, ...]], ...]] = {}
        # beside each the schemas it was made of: kept alive, since the key is their identity
        self._joined: dict[tuple[int, ...], tuple[Schema, tuple[Schema, ...]]] = {}
        self._broken: dict[int, tuple[Schema, str]] = {}
        self._budget: int | None = None

    @property
    def budget(self) -> int:
        """The levels to go down: some to spare, more where the shortest value needs them."""
        if self._budget is None:
            self._budget = self._needed()
        return self._budget

    def ways(self, schema: Schema, budget: int) -> tuple[tuple[Shape, tuple[str, ...]], ...]:
        """Return the shapes of *schema* that end within *budget* levels, with the types that do."""
        key = (id(schema), budget)
        known = self._closing.get(key)
        if known is None:
            found = ((shape, self._types(shape, budget)) for shape in self.shapes(schema))
            known = self._closing[key] = tuple((shape, types) for shape, types in found if types)
        return known

    def shapes(self, schema: Schema) -> tuple[Shape, ...]:
        """Return the shapes of *schema*, whether or not they end. Unsatisfiable where it cannot be read."""
        broken = self._broken.get(id(schema))
        if broken is None:
            try:
                return self._alternatives.of(schema)
            except (LookupError, ValueError, TypeError, AttributeError) as error:
                # the words of the first two are ours
                said = error if isinstance(error, (LookupError, ValueError)) else repr(error)
                # kept, since to find out may have been a lot of work
                broken = (schema, f"cannot follow the schema: {said}")
                self._broken[id(schema)] = broken
        raise Unsatisfiable(broken[1])

    def joined(self, *schemas: Schema) -> Schema:
        """Return the schema that asks what all *schemas* ask; the same object for the same ones."""
        asking = [schema for schema in schemas if schema is not True and schema != {}]
        if len(asking) <= 1:
            return asking[0] if asking else True
        key = tuple(map(id, asking))
        if key not in self._joined:
            self._joined[key] = ({"allOf": asking}, tuple(asking))
        return self._joined[key][0]

    def negated(self, schema: Schema) -> Schema:
        """Return the schema that asks for what *schema* does not; the same object for the same one."""
        key = (-1, id(schema))
        if key not in self._joined:
            self._joined[key] = ({"not": schema}, (schema,))
        return self._joined[key][0]

    def member(self, shape: Shape, name: str) -> Schema:
        """Return what *shape* asks of the member *name*."""
        asked: list[Schema] = []
        evaluated = False
        for members in shape.members:
            found = list(_of_member(members, name))
            if not found and members[2] is not None:
                found = [members[2]]
            evaluated = evaluated or bool(found)
            asked += found
        return self.joined(*asked) if evaluated else self.joined(*asked, *shape.other_members)

    def item(self, shape: Shape, at: int) -> Schema:
        """Return what *shape* asks of the item *at*."""
        asked = [prefix[at] if at < len(prefix) else rest for prefix, rest in shape.items]
        return self.joined(*asked) if asked else self.joined(*shape.other_items)

    def _needed(self) -> int:
        for budget in range(1, _DEEPEST + 1):
            if self.ways(self.root, budget):
                return max(budget, FREE_DEPTH)
        raise Unsatisfiable(*why_unmet(self, _DEEPEST))

    def _types(self, shape: Shape, budget: int) -> tuple[str, ...]:
        """Return the types *shape* can take within *budget* levels, the suggested ones first."""
        if shape.values is not None:
            return ("values",)
        possible = [name for name in sorted(shape.types) if self._closes(shape, name, budget)]
        hinted = [name for name, hints in _HINTS if any(_asks(shape, hint) for hint in hints)]
        first = [name for name in (*hinted, "string") if name in possible]
        return tuple(first + [name for name in possible if name not in first])

    def _closes(self, shape: Shape, name: str, budget: int) -> bool:
        if name in ("integer", "fraction"):
            return grid(shape, whole=name == "integer") is not None
        if name not in ("array", "object"):
            return True
        if budget <= 0:
            return False
        if name == "array":
            needed = range(min(shape.fewest, longest_prefix(shape) + 1))
            return all(self.ways(self.item(shape, at), budget - 1) for at in needed)
        return all(self.ways(self.member(shape, member), budget - 1) for member in shape.required)


def _of_member(members: Members, name: str) -> Iterator[Schema]:
    properties, patterns, _ = members
    if name in properties:
        yield properties[name]
    for pattern, schema in patterns.items():
        if matches(pattern, name):
            yield schema


def _asks(shape: Shape, field: str) -> bool:
    return bool(getattr(shape, field) != getattr(_UNASKED, field))
