"""Whether a value fits a schema that came in a request: untrusted, perhaps broken, met again and again."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NoReturn

import jsonschema_rs

from understudy.contracts.replies.rules import shorten

LARGEST_SCHEMA = 1024 * 1024
"""Characters. A larger schema is not applied."""


def misfit(schema: Any, value: Any) -> str | None:
    """Return why *value* does not fit *schema*; None where it does or the schema is unusable.

    Nothing is fetched: a schema that refers outside itself is unusable.
    """
    try:
        text = json.dumps(schema)
        validator = _validator(text) if len(text) <= LARGEST_SCHEMA else None
        error = next(validator.iter_errors(value), None) if validator else None
    except (ValueError, RecursionError):
        return None
    if error is None:
        return None
    place = "".join(f"[{part!r}]" for part in error.instance_path)
    return shorten(f"{place}: {error.message}" if place else error.message)


@lru_cache(maxsize=256)
def _validator(text: str) -> Any:
    """Return the validator, None for what is no schema. (Kept by text: agents send the same tools.)"""
    try:
        return jsonschema_rs.Draft202012Validator(json.loads(text), retriever=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched")
