"""The OpenAPI 3.1 document of the admin API, derived from its route table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from understudy.mockserver.admin.operation import ROOT, Operation, Parameter
from understudy.mockserver.admin.schemas import components, refer

VERSION = "1"
NAMED = re.compile(r"\{(\w+)\}")

_ABOUT = (
    "What a test can see and change while the server runs. It answers on loopback, elsewhere only with the "
    "token of --admin-token. For a namespace of your own, put /ns/NAME before the path of every request "
    "(of chat completions, too), or send x-understudy-namespace: NAME."
)
_WRONG = {
    400: "A value, a parameter or the body that cannot be; the message says what is allowed",
    401: "The token is missing or wrong",
    403: "The Host is not this server, or a page of another site asks",
    404: "There is none of that name, or the admin API is off",
    409: "The clock is the real one",
    413: "The body is too large",
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the document that describes *operations*."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(ROOT + operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Understudy admin API", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": "/"}, {"url": "/ns/{name}", "variables": {"name": {"default": "default"}}}],
        "security": [{}, {"bearer": []}, {"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "token": {"type": "apiKey", "in": "header", "name": "x-understudy-token"},
            },
            "schemas": dict(components()),
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "responses": {
            "200": {
                "description": operation.summary,
                "content": _content(operation.reply, operation.example),
            },
            **{str(status): _wrong(status) for status in statuses(operation)},
        },
    }
    named = [_path_parameter(name) for name in NAMED.findall(operation.path)]
    if parameters := [*named, *map(_parameter, operation.query)]:
        told["parameters"] = parameters
    if operation.body:
        told["requestBody"] = {
            "required": not operation.optional,
            "content": _content(operation.body, operation.asked),
        }
    return told


def statuses(operation: Operation) -> list[int]:
    """Return the statuses of the errors that *operation* may answer with, in order."""
    own = {400, 401, 403, 404, *operation.errors}
    return sorted(own | {413} if operation.body else own)


def _content(name: str, example: Any) -> dict[str, Any]:
    return {"application/json": {"schema": refer(name), "example": example}}


def _wrong(status: int) -> dict[str, Any]:
    return {"description": _WRONG[status], "content": {"application/json": {"schema": refer("Error")}}}


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    told = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": parameter.schema,
    }
    # several of them stand in one value, with commas between
    return {**told, "style": "form", "explode": False} if parameter.choices else told
