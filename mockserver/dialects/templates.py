"""JSON templates: an object as an API sends it, keys in its order, values that start with ``$`` filled in.

A key that ends in ``?`` is left out where its value is null, ``[]`` or ``{}``; one that ends in ``!``
leaves its whole object out where its value is nothing. ``$a+$b*0.5-$c`` is a sum of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

ABSENT: Final = object()  # what has this value is left out, whatever its key

_NAME = re.compile(r"\$([a-z_]+)")
_TERM = re.compile(r"([+-]?)\$([a-z_]+)(?:\*([0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?))?")


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Return *template* with its ``$names`` replaced from *values*; ABSENT where nothing is left of it."""
    if isinstance(template, str):
        return _value(template, values) if template[:1] == "$" else template
    if isinstance(template, Mapping):
        return _object(template, values)
    if isinstance(template, list):
        return [item for inner in template if (item := fill(inner, values)) is not ABSENT]
    return template


def _object(template: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    filled: dict[str, Any] = {}
    for key, inner in template.items():
        value = fill(inner, values)
        kind = key[-1:]
        if kind == "!" and (not value or value is ABSENT):
            return ABSENT
        if value is ABSENT or (kind == "?" and (value is None or value == [] or value == {})):
            continue
        filled[key[:-1] if kind in ("?", "!") else key] = value
    return filled


def _value(text: str, values: Mapping[str, Any]) -> Any:
    if _NAME.fullmatch(text):
        return values[text[1:]]
    total: int | float = 0
    for sign, name, factor in _TERM.findall(text):
        term = values[name] * (float(factor) if set(factor) & set(".e") else int(factor or 1))
        total = total - term if sign == "-" else total + term
    return round(total, 9)


def names(template: Any) -> Iterator[str]:
    """Yield every name that *template* fills in. Raises ValueError for a ``$`` text that is neither."""
    if isinstance(template, str) and template[:1] == "$":
        found = _TERM.findall(template)
        if "".join(_terms(found)) != template.replace("+$", "$"):
            raise ValueError(f"{template!r} is no $name, nor a sum such as $prompt-$cached or $prompt*0.5")
        yield from (name for _, name, _ in found)
    elif isinstance(template, Mapping):
        for inner in template.values():
            yield from names(inner)
    elif isinstance(template, list):
        for inner in template:
            yield from names(inner)


def _terms(found: list[tuple[str, str, str]]) -> Iterator[str]:
    for sign, name, factor in found:
        yield f"{'-' if sign == '-' else ''}${name}{'*' + factor if factor else ''}"
