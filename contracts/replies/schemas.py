"""Where a reply does not fit its JSON Schema, said in words: one violation for each misfit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from understudy.contracts.documents import is_valid, schema_errors
from understudy.contracts.replies.rules import quote
from understudy.contracts.violations import Violation

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MOST = 20
"""Misfits told of one document; a wrong document is wrong in many places for one reason."""

SOURCES: Mapping[str, str] = {
    "completion": "FACTS B.1",
    "chunk": "FACTS B.2",
    "error": "FACTS D.1",
    "model": "FACTS G",
    "models": "FACTS G",
    "stored_list": "FACTS G",
    "message_list": "FACTS G",
    "deleted": "FACTS G",
}

_TYPES = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
    type(None): "null",
}
_PLAIN_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


def schema_violations(kind: str, document: Any, profile: str, root: str = "$") -> tuple[Violation, ...]:
    """Return the misfits of *document*, at most ``MOST``; paths begin with *root*.

    The rule ids are the kind and the keyword: ``completion.required``.
    """
    try:
        if is_valid(kind, document, profile):
            return ()
    except ValueError:
        pass  # the fast validator cannot read lone surrogates or very deep values: the other decides
    try:
        misfits = schema_errors(kind, document, profile)
    except RecursionError:
        return (_too_deep(kind, root),)
    return tuple(_violation(kind, misfit, root) for misfit in misfits[:MOST])


def json_path(parts: Iterable[str | int], root: str = "$") -> str:
    """Return *parts* as a JSON path: ``$.choices[0]['odd name']``."""
    path = root
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if _PLAIN_NAME.match(part) else f"[{part!r}]"
    return path


def kind_of(value: Any) -> str:
    """Return the JSON type of *value*."""
    return _TYPES.get(type(value), type(value).__name__)


def _violation(kind: str, misfit: ValidationError, root: str) -> Violation:
    keyword = str(misfit.validator)
    say = _WORDS.get(keyword, _any_keyword)
    parts = list(misfit.absolute_path)
    if keyword == "required":
        parts.append(_missing(misfit))
    got = "nothing" if keyword == "required" else _shown(misfit.instance)
    documented = say(misfit)
    path = json_path(parts, root)
    return Violation(
        rule=f"{kind}.{keyword}",
        tier="error",
        path=path,
        message=f"expected {documented}, got {got}",
        source=SOURCES[kind],
        got=got,
        documented=documented,
        advice=_ADVICE.get(keyword, f"send {documented} at {path}"),
    )


def _shown(value: Any) -> str:
    return "null" if value is None else f"{kind_of(value)} {quote(value)}"


def _missing(misfit: ValidationError) -> str:
    found = re.match(r"'(.*)' is a required property", misfit.message)
    return found.group(1) if found else "?"


def _one_of(values: Any) -> str:
    return " or ".join(quote(value) for value in values)


def _types(misfit: ValidationError) -> str:
    names: Any = misfit.validator_value
    return " or ".join([names] if isinstance(names, str) else names)


def _any_keyword(misfit: ValidationError) -> str:
    return f"{misfit.validator} {quote(misfit.validator_value)}"


_WORDS: Mapping[str, Callable[[ValidationError], str]] = {
    "required": lambda misfit: f"the member {_missing(misfit)!r}",
    "type": _types,
    "const": lambda misfit: quote(misfit.validator_value),
    "enum": lambda misfit: _one_of(misfit.validator_value),
    "minItems": lambda misfit: f"an array of at least {misfit.validator_value}",
    "minLength": lambda misfit: f"a string of at least {misfit.validator_value} character",
    "minimum": lambda misfit: f"a number of at least {misfit.validator_value}",
    "maximum": lambda misfit: f"a number of at most {misfit.validator_value}",
    "pattern": lambda misfit: f"a string like {misfit.validator_value}",
}
_ADVICE: Mapping[str, str] = {
    "required": "send it; clients read it without asking whether it is there",
    "minItems": "leave the member out instead of sending it empty",
}


def _too_deep(kind: str, root: str) -> Violation:
    return Violation(
        rule=f"{kind}.depth",
        tier="error",
        path=root,
        message="the document is nested too deeply to be judged",
        source=SOURCES[kind],
        documented="a few levels",
        advice="send what the API documents",
    )
