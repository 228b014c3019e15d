"""Whether what a caller wrote is a JSON Schema at all, and in whose words the API says that it is not.

Refusals reported by users are those of Python's ``jsonschema`` for draft 2020-12, so its words are used;
``jsonschema_rs`` stands in front of it, since nearly all schemas are sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

_TOO_DEEP = "it is nested too deep to be read."


def not_a_schema(schema: Mapping[str, Any]) -> str | None:
    """Return why *schema* is no JSON Schema (``'strnig' is not valid under any …``), None where it is one."""
    # whatever dialect it names, the API reads it as 2020-12
    plain = {key: value for key, value in schema.items() if key != "$schema"}
    try:
        if jsonschema_rs.meta.is_valid(plain):
            return None
    except (ValueError, jsonschema_rs.ReferencingError):  # too deep, half a surrogate, another dialect inside
        return None
    return _explained(plain)


def _explained(schema: Mapping[str, Any]) -> str | None:
    # loaded here: explaining is rare, and the import costs more than starting a server
    from jsonschema import Draft202012Validator

    metaschema: Any = Draft202012Validator.META_SCHEMA
    try:
        # the first, not the best: "not valid under any of the given schemas" is what users report
        error: Any = next(Draft202012Validator(metaschema).iter_errors(schema), None)
    except RecursionError:
        return _TOO_DEEP
    return None if error is None else f"{error.message}."
