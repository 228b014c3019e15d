"""Why a request does not fit its schema, in the API's words: a table from keyword to refusal (FACTS A.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from understudy.contracts.documents import schema_errors
from understudy.contracts.requests.words import clipped, kind, listed, place, shown

Parts: TypeAlias = tuple[str | int, ...]

# jsonschema's ValidationError: its members are typed so widely that each use would need a proof
Error: TypeAlias = Any
Translator: TypeAlias = Callable[[Error, Parts], Iterator["Misfit"]]

_EXPECTED = {
    "string": "a string",
    "integer": "an integer",
    "number": "a decimal",
    "boolean": "a boolean",
    "object": "an object",
    "array": "an array of objects",
}
_MODEL_MISSING = "you must provide a model parameter"
_TOO_LONG_NAME = (
    "Invalid property name in '{where}': '{short}' is too long. "
    "Expected a string with maximum length {limit}, but got a string with length {length} instead."
)


class Misfit(NamedTuple):
    """One place where the document leaves its schema."""

    rule: str
    parts: Parts
    message: str
    got: str
    at_param: bool = True  # False: the API names no param


def misfits(document: Any, profile: str) -> Sequence[Misfit]:
    """Return what is wrong with the shape of *document*: the first fault of each place."""
    return in_words(schema_errors("request", document, profile))


def in_words(errors: Iterable[Error]) -> Sequence[Misfit]:
    """Return *errors* in the API's words: the first fault of each place."""
    found: dict[Parts, Misfit] = {}
    for error in errors:
        for misfit in _translate(error):
            found.setdefault(misfit.parts, misfit)
    return tuple(found.values())


def _translate(error: Error) -> Iterator[Misfit]:
    parts: Parts = tuple(error.absolute_path)
    if not parts and error.validator == "type":
        yield Misfit(
            "not_an_object", (), f"The body was {kind(error.instance)}, where an object is expected.", ""
        )
    elif parts == ("model",) and error.instance in (None, ""):
        yield _model_missing(clipped(error.instance))
    else:
        yield from _KEYWORDS[str(error.validator)](error, parts)


def _model_missing(got: str) -> Misfit:
    return Misfit("missing_model", ("model",), _MODEL_MISSING, got, at_param=False)


def _missing(error: Error, parts: Parts) -> Iterator[Misfit]:
    for name in error.validator_value:
        if name in error.instance:
            continue
        at = (*parts, name)
        if at == ("model",):
            yield _model_missing("")
        else:
            yield Misfit("missing_required_parameter", at, f"Missing required parameter: '{place(at)}'.", "")


def _unknown(error: Error, parts: Parts) -> Iterator[Misfit]:
    known = error.schema.get("properties", {})
    for name in sorted(set(error.instance) - set(known)):
        at = (*parts, name)
        yield Misfit(
            "unknown_parameter", at, f"Unknown parameter: '{place(at)}'.", clipped(error.instance[name])
        )


def _wrong_type(error: Error, parts: Parts) -> Iterator[Misfit]:
    kinds = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
    known = [_EXPECTED[name] for name in kinds if name != "null"]
    expected = error.schema.get("x-expected") or " or ".join(known)
    message = (
        f"Invalid type for '{place(parts)}': expected {expected}, but got {kind(error.instance)} instead."
    )
    yield Misfit("invalid_type", parts, message, clipped(error.instance))


def _not_one_of(error: Error, parts: Parts) -> Iterator[Misfit]:
    values = error.schema.get("x-supported") or [
        value for value in error.validator_value if value is not None
    ]
    message = f"Invalid value: '{shown(error.instance)}'. Supported values are: {listed(values)}."
    if len(values) == 1:
        message = f"Invalid value: '{shown(error.instance)}'. Value must be '{values[0]}'."
    yield Misfit("invalid_value", parts, message, clipped(error.instance))


def _bound(side: str, short: str, sign: str) -> Translator:
    def translate(error: Error, parts: Parts) -> Iterator[Misfit]:
        # the schema decides, not the value: 3 is out of range for a decimal too
        number = "integer" if "integer" in error.schema["type"] else "decimal"
        message = (
            f"Invalid '{place(parts)}': {number} {side} value. "
            f"Expected a value {sign} {error.validator_value}, but got {shown(error.instance)} instead."
        )
        yield Misfit(f"{number}_{short}_value", parts, message, clipped(error.instance))

    return translate


def _too_short(error: Error, parts: Parts) -> Iterator[Misfit]:
    message = (
        f"Invalid '{place(parts)}': empty array. "
        f"Expected an array with minimum length {error.validator_value}, but got an empty array instead."
    )
    yield Misfit("empty_array", parts, message, "[]")


def _too_many_items(error: Error, parts: Parts) -> Iterator[Misfit]:
    message = (
        f"Invalid '{place(parts)}': array too long. "
        f"Expected an array with maximum length {error.validator_value}, "
        f"but got an array with length {len(error.instance)} instead."
    )
    yield Misfit("array_above_max_length", parts, message, kind(error.instance))


def _too_long(error: Error, parts: Parts) -> Iterator[Misfit]:
    limit, length = error.validator_value, len(error.instance)
    if "propertyNames" in error.absolute_schema_path:
        short = f"{error.instance[:3]}...{error.instance[-3:]}"
        message = _TOO_LONG_NAME.format(where=place(parts), short=short, limit=limit, length=length)
        yield Misfit(
            "property_name_above_max_length", (*parts, error.instance), message, clipped(error.instance)
        )
        return
    message = (
        f"Invalid '{place(parts)}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {length} instead."
    )
    yield Misfit("string_above_max_length", parts, message, clipped(error.instance))


def _off_pattern(error: Error, parts: Parts) -> Iterator[Misfit]:
    message = (
        f"Invalid '{place(parts)}': string does not match pattern. "
        f"Expected a string that matches the pattern '{error.validator_value}'."
    )
    yield Misfit("pattern", parts, message, clipped(error.instance))


def _too_many_properties(error: Error, parts: Parts) -> Iterator[Misfit]:
    message = (
        f"Invalid '{place(parts)}': too many properties. "
        f"Expected an object with at most {error.validator_value} properties, "
        f"but got an object with {len(error.instance)} properties instead."
    )
    yield Misfit("object_above_max_properties", parts, message, kind(error.instance))


_KEYWORDS: Mapping[str, Translator] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "type": _wrong_type,
    "enum": _not_one_of,
    "minimum": _bound("below minimum", "below_min", ">="),
    "maximum": _bound("above maximum", "above_max", "<="),
    "minItems": _too_short,
    "maxItems": _too_many_items,
    "maxLength": _too_long,
    "pattern": _off_pattern,
    "maxProperties": _too_many_properties,
}
