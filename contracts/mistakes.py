"""Where a user's file leaves its JSON Schema, in lines that say what came and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from understudy.contracts.marked import Marked, json_path, short

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_Steps: TypeAlias = tuple[str | int, ...]

_MOST_NAMED = 20
_LONGEST_WORDS = 80


def mistakes(
    marked: Marked, schema: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[str, ...]:
    """Return where *marked* leaves the JSON Schema *schema*, in the order of its lines.

    Each is ``file:line: path: reason``, with what came, what is allowed, and the nearest right key.
    *others*: schemas that *schema* refers to, by that reference. At most 20 are named.
    """
    # loaded here: explaining is rare, and the import costs more than starting a server
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    resources = [
        (uri, Resource.from_contents(other, default_specification=DRAFT202012))
        for uri, other in (others or {}).items()
    ]
    registry: Any = Registry().with_resources(resources)
    told: dict[tuple[int, str], str] = {}
    for error in Draft202012Validator(schema, registry=registry).iter_errors(marked.value):
        for path, reason in _reasons(error):
            told.setdefault((marked.line_of(path), json_path(path)), marked.mistake(path, reason))
    return tuple(text for _, text in sorted(told.items()))[:_MOST_NAMED]


def nearest(word: str, words: Iterable[str]) -> str:
    """Return ``; nearest is 'maximum'`` for a misspelt one of *words*, nothing where none is near."""
    near = difflib.get_close_matches(word, list(words), 1)
    return f"; nearest is {near[0]!r}" if near else ""


def _reasons(error: ValidationError) -> Iterator[tuple[_Steps, str]]:
    path = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        yield (*path, str(error.instance)), f"{short(error.instance)} is not a key for here{_expected(error)}"
    elif error.validator in ("anyOf", "oneOf") and error.context:
        yield from _alternatives(error, path)
    elif error.validator == "additionalProperties":
        yield from _unknown_keys(error, path)
    else:
        yield path, _WORDS.get(str(error.validator), _other)(error)


def _alternatives(error: ValidationError, path: _Steps) -> Iterator[tuple[_Steps, str]]:
    """Yield the reasons of the alternative that was most likely meant; all of them where none was."""
    branches: dict[Any, list[ValidationError]] = {}
    for reason in error.context or ():
        branches.setdefault(reason.schema_path[0], []).append(reason)
    meant = [found for found in branches.values() if not any(_is_of_another_kind(one) for one in found)]
    if meant:
        for reason in min(meant, key=len):
            yield from _reasons(reason)
        return
    kinds = [found for one in branches.values() for found in one if _is_of_another_kind(found)]
    allowed = [str(one.validator_value) if one.validator == "type" else _expects(one) for one in kinds]
    yield path, f"expected {' or '.join(dict.fromkeys(allowed))}, got {short(error.instance)}"


def _is_of_another_kind(error: ValidationError) -> bool:
    return not error.path and error.validator in ("type", "const", "enum")


def _expects(error: ValidationError) -> str:
    values: Any = [error.validator_value] if error.validator == "const" else error.validator_value
    return " or ".join(short(value) for value in values)


def _unknown_keys(error: ValidationError, path: _Steps) -> Iterator[tuple[_Steps, str]]:
    schema: Any = error.schema
    instance: Any = error.instance
    allowed = sorted(schema.get("properties", {}))
    for name in instance:
        if name not in allowed:
            yield (*path, name), f"unknown key{nearest(name, allowed)}; allowed: {', '.join(allowed)}"


def _missing(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    instance: Any = error.instance
    return f"needs {', '.join(repr(name) for name in wanted if name not in instance)}"


def _wrong_type(error: ValidationError) -> str:
    kinds: Any = error.validator_value
    named = kinds if isinstance(kinds, str) else " or ".join(kinds)
    return f"expected {named}, got {short(error.instance)}{_expected(error)}"


def _none_of(error: ValidationError) -> str:
    values: Any = error.validator_value
    near = nearest(str(error.instance), [value for value in values if isinstance(value, str)])
    return f"{short(error.instance)} is none of {', '.join(map(short, values))}{near}"


def _off_pattern(error: ValidationError) -> str:
    return f"{short(error.instance)} does not match {error.validator_value}{_expected(error)}"


def _bound(words: str) -> Callable[[ValidationError], str]:
    return lambda error: f"{short(error.instance)} is {words} {error.validator_value}"


def _other(error: ValidationError) -> str:
    return f"{error.message}{_expected(error)}"


def _expected(error: ValidationError) -> str:
    schema: Any = error.schema
    says = schema.get("description", "") if isinstance(schema, Mapping) else ""
    return f" ({says})" if says and len(says) <= _LONGEST_WORDS else ""


_WORDS: Mapping[str, Callable[[ValidationError], str]] = {
    "required": _missing,
    "type": _wrong_type,
    "enum": _none_of,
    "pattern": _off_pattern,
    "minimum": _bound("below"),
    "maximum": _bound("above"),
}
