"""Bodies of admin requests: read within bounds, and held against the schema the OpenAPI document shows."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NoReturn

import jsonschema_rs

from understudy.contracts.marked import read_marked
from understudy.contracts.mistakes import mistakes
from understudy.mockserver.admin.problems import Problem, invalid
from understudy.mockserver.admin.schemas import alone

BODY_LIMIT = 1024 * 1024
_WHERE = "body"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_no_constant).decode


def read_json(body: bytes) -> tuple[Any, str]:
    """Return the JSON value in *body*, and the text that it is. Raises Problem."""
    if len(body) > BODY_LIMIT:
        message = f"the body is {len(body)} bytes, expected at most {BODY_LIMIT}"
        raise Problem(413, "body_too_large", message)
    if not body.strip():
        raise Problem(400, "no_json", "the body is empty, expected JSON")
    try:
        text = body.decode("utf-8")
        return _decode(text), text
    except RecursionError:
        raise Problem(400, "no_json", "the body is nested too deep") from None
    except ValueError as error:
        raise Problem(400, "no_json", f"the body is no JSON: {error}") from None


def judged(name: str, value: Any, text: str) -> Any:
    """Return *value* (which *text* says) if it is what the schema *name* asks. Raises Problem with all that
    is wrong, a line each: ``body:3: $.limits[0].model: reason``."""
    if _validator(name).is_valid(value):
        return value
    try:
        told = mistakes(read_marked(text, _WHERE), alone(name))
    except ValueError as error:  # a key that stands twice, too many levels
        raise invalid(str(error)) from None
    raise invalid("\n".join(told) or f"the body is no {name}", _first_path(told))


def _first_path(told: tuple[str, ...]) -> str | None:
    """Return the path in the first line of *told*."""
    parts = told[0].split(": ", 2) if told else []
    return parts[1] if len(parts) == 3 else None


@cache
def _validator(name: str) -> Any:
    return jsonschema_rs.Draft202012Validator(dict(alone(name)))
