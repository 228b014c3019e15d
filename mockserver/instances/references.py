"""Where a ``$ref`` leads inside one schema document. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

_DATA = frozenset({"const", "enum", "default", "examples"})  # values, not schemas


class References:
    """The resources and anchors of *root*, and the base address of each of its schemas."""

    def __init__(self, root: Any) -> None:
        self._bases: dict[int, str] = {}
        # this keeps the schemas alive as well, which are told apart by identity
        self._named: dict[str, Any] = {"": root}
        for schema, base in _walk(root, ""):
            self._bases[id(schema)] = base
            self._named.setdefault(base, schema)
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(anchor := schema.get(keyword), str):
                    self._named.setdefault(f"{base}#{anchor}", schema)

    def target(self, schema: Mapping[str, Any], reference: str) -> Any:
        """Return what *reference* in *schema* leads to. LookupError where that is nowhere in here."""
        base = self._bases.get(id(schema), "")
        # urljoin knows nothing of urn: addresses, for which a fragment is all a reference can be
        joined = base + reference if reference.startswith("#") else urljoin(base, reference)
        address, fragment = urldefrag(joined)
        if not fragment:
            return self._named[address]
        if not fragment.startswith("/"):
            return self._named[f"{address}#{unquote(fragment)}"]
        found = self._named[address]
        for part in unquote(fragment)[1:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            found = found[int(key)] if isinstance(found, list) else found[key]
        return found


def _walk(node: Any, base: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    waiting = [(node, base)]
    while waiting:
        node, base = waiting.pop()
        if isinstance(node, list):
            waiting += [(item, base) for item in node]
        elif isinstance(node, Mapping):
            if isinstance(own := node.get("$id"), str):
                base = urldefrag(urljoin(base, own))[0]
            yield node, base
            waiting += [(value, base) for key, value in node.items() if key not in _DATA]
