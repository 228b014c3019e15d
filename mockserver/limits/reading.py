"""Limits from scenario files and from JSON: the form is ``limits.schema.json``, beside this file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from understudy.mockserver.limits.limit import FIELDS, Limit
from understudy.mockserver.limits.tiers import limits_of_tier

Path: TypeAlias = "tuple[str | int, ...]"
Tell: TypeAlias = Callable[[Path, str], None]

KEYS = (*FIELDS, "model", "scope", "tier")


def read_limits(documents: Sequence[Mapping[str, Any]], tell: Tell) -> tuple[Limit, ...]:
    """Return the limits that *documents* state. *tell* hears of what is wrong with them: the path within
    *documents*, and the reason."""
    found: list[Limit] = []
    for number, document in enumerate(documents):
        if not isinstance(document, Mapping):
            tell((number,), f"a limit is an object, not {type(document).__name__}")
            continue
        unknown = [key for key in document if key not in KEYS]
        for key in unknown:
            tell((number, key), f"a limit has no {key!r}; there are: {', '.join(KEYS)}")
        if not unknown:
            try:
                found += _read(document)
            except (TypeError, ValueError) as error:
                tell((number,), str(error))
    return tuple(found)


def limits_of(documents: Sequence[Mapping[str, Any]]) -> tuple[Limit, ...]:
    """Return the limits that *documents* state. Raises ValueError with all that is wrong, a line each."""
    told: list[str] = []
    found = read_limits(documents, lambda path, reason: told.append(f"limits[{path[0]}]: {reason}"))
    if told:
        raise ValueError("\n".join(told))
    return found


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a list of limits."""
    text = (files("understudy.mockserver.limits") / "limits.schema.json").read_text("utf-8")
    document: Mapping[str, Any] = json.loads(text)
    return document


def _read(document: Mapping[str, Any]) -> tuple[Limit, ...]:
    tier = document.get("tier")
    if tier is not None:
        if len(document) > 1:
            others = ", ".join(key for key in document if key != "tier")
            raise ValueError(
                f"a tier brings its own numbers; leave out {others}, or state it as another limit"
            )
        return limits_of_tier(str(tier))
    values = dict(document)
    if "scope" in values:
        scope = values["scope"]
        values["scope"] = tuple(scope) if isinstance(scope, list) else scope
    return (Limit(**values),)
