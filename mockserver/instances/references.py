"""Where a ``$ref`` leads inside one schema document. Nothing is fetched.

The schemas of schemas are known to every validator, though no document brings them along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

# where schemas stand in a schema: what stands elsewhere is no schema, whatever it looks like
_ONE = (
    *("not", "if", "then", "else", "contains", "propertyNames", "additionalProperties", "additionalItems"),
    *("unevaluatedItems", "unevaluatedProperties", "contentSchema", "items"),
)
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")
_METASCHEMAS = "https://json-schema.org/draft/"
# the shortest schemas there are; the validator knows the rest
_ANY_SCHEMA: Mapping[str, Any] = {"type": ["object", "boolean"], "maxProperties": 0}


class References:
    """The resources and anchors of *root*, and the base address of each of its schemas."""

    def __init__(self, root: Any) -> None:
        self._bases: dict[int, str] = {}
        # this keeps the schemas alive as well, which are told apart by identity
        self._named: dict[str, Any] = {"": root}
        self._dynamic: dict[str, list[Any]] = {}
        for schema, base in _walk(root, ""):
            self._bases[id(schema)] = base
            self._named.setdefault(base, schema)
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(anchor := schema.get(keyword), str):
                    self._named.setdefault(f"{base}#{anchor}", schema)
            if isinstance(anchor := schema.get("$dynamicAnchor"), str):
                self._dynamic.setdefault(anchor, []).append(schema)

    def targets(self, schema: Mapping[str, Any], reference: str) -> Sequence[Any]:
        """Return what a dynamic *reference* in *schema* may lead to: the one that a ``$ref`` would, first.

        Which it is depends on the way that led there. That is not followed: the validator will say.
        """
        found = self.target(schema, reference)
        anchor = found.get("$dynamicAnchor") if isinstance(found, Mapping) else None
        if anchor is None or anchor != unquote(urldefrag(reference)[1]):
            return (found,)
        return (found, *(other for other in self._dynamic.get(anchor, ()) if other is not found))

    def target(self, schema: Mapping[str, Any], reference: str) -> Any:
        """Return what *reference* in *schema* leads to. LookupError where that is nowhere in here."""
        base = self._bases.get(id(schema), "")
        # urljoin knows nothing of urn: addresses, for which a fragment is all a reference can be
        joined = base + reference if reference.startswith("#") else urljoin(base, reference)
        try:
            return self._found(*urldefrag(joined))
        except (LookupError, ValueError, TypeError):
            raise LookupError(_nowhere(reference)) from None

    def lost(self) -> str | None:
        """Return why the first reference that leads nowhere is lost, None where all lead somewhere."""
        for schema, _ in _walk(self._named[""], ""):
            for keyword in ("$ref", "$dynamicRef"):
                try:
                    if isinstance(reference := schema.get(keyword), str):
                        self.target(schema, reference)
                except LookupError as error:
                    return str(error)
        return None

    def _found(self, address: str, fragment: str) -> Any:
        if address.startswith(_METASCHEMAS) and address not in self._named:
            return _ANY_SCHEMA
        if not fragment:
            return self._named[address]
        if not fragment.startswith("/"):
            return self._named[f"{address}#{unquote(fragment)}"]
        found = self._named[address]
        for part in unquote(fragment)[1:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            found = found[int(key)] if isinstance(found, list) else found[key]
        return found


def _nowhere(reference: str) -> str:
    if reference.startswith("#"):
        return f"the reference {reference!r} leads nowhere in the schema"
    return f"the reference {reference!r} leads out of the schema, and nothing is fetched"


def _walk(node: Any, base: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    waiting = [(node, base)]
    while waiting:
        node, base = waiting.pop()
        if isinstance(node, Mapping):
            if isinstance(own := node.get("$id"), str):
                base = urldefrag(urljoin(base, own))[0]
            yield node, base
            waiting += [(inner, base) for inner in _inside(node)]


def _inside(schema: Mapping[str, Any]) -> Iterator[Any]:
    yield from (schema[keyword] for keyword in _ONE if keyword in schema)
    for keyword in _SEVERAL:
        if isinstance(several := schema.get(keyword), list):
            yield from several
    for keyword in _NAMED:
        if isinstance(named := schema.get(keyword), Mapping):
            yield from named.values()
