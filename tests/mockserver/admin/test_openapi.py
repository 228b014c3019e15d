"""The OpenAPI document: complete, valid, and true of what the API answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from understudy.mockserver.admin.door import answer
from understudy.mockserver.admin.operation import ROOT, Operation
from understudy.mockserver.admin.routes import OPERATIONS
from understudy.mockserver.wire import Request


@pytest.fixture
def document(admin: Any) -> Any:
    status, document = admin("GET", "/openapi.json")
    assert status == 200
    return document


def validate(document: Any, schema: Any, value: Any) -> None:
    whole = {**schema, "components": document["components"]}
    Draft202012Validator(whole).validate(json.loads(json.dumps(value)))


def described(document: Any, operation: Operation) -> Any:
    return document["paths"][ROOT + operation.path][operation.method.lower()]


def test_every_route_is_in_it_and_nothing_else(document: Any) -> None:
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}

    assert told == {(operation.method, ROOT + operation.path) for operation in OPERATIONS}


def test_operations_have_names_of_their_own(document: Any) -> None:
    names = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]

    assert len(set(names)) == len(names)


def test_every_reference_leads_somewhere(document: Any) -> None:
    def visit(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                found = document
                for part in value["$ref"].removeprefix("#/").split("/"):
                    found = found[part]
            for one in value.values():
                visit(one)
        elif isinstance(value, list):
            for one in value:
                visit(one)

    visit(document)


def test_it_is_valid_openapi(document: Any) -> None:
    validator = pytest.importorskip(
        "openapi_spec_validator", reason="openapi-spec-validator is not installed"
    )

    validator.validate(document)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_examples_are_as_the_schemas_say(document: Any, operation: Operation) -> None:
    told = described(document, operation)
    contents = [told["responses"]["200"]["content"]]
    contents += [told["requestBody"]["content"]] if operation.body else []

    for content in contents:
        validate(document, content["application/json"]["schema"], content["application/json"]["example"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_answers_are_as_the_schemas_say(admin: Any, document: Any, operation: Operation) -> None:
    admin.chat("hi")
    admin.chat("hi", temperature=99)
    rule = admin("POST", "/rules", {"reply": "x"})[1]["data"][0]["id"]
    fault = admin("POST", "/faults", "429@times=1")[1]["data"][0]["id"]
    admin("PUT", "/limits", {"limits": [{"requests_per_minute": 1}]})
    named = {"{number}": "0", "{id}": fault if "faults" in operation.path else rule}
    path = operation.path
    for marker, name in named.items():
        path = path.replace(marker, name)

    status, page = admin(operation.method, path, operation.asked)

    told = described(document, operation)["responses"]
    assert str(status) in told
    assert status == 200 or operation.id in ("advanceClock", "removeNamespace")
    validate(document, told[str(status)]["content"]["application/json"]["schema"], page)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_refusals_are_as_the_schemas_say(admin: Any, document: Any, operation: Operation) -> None:
    asked = Request(operation.method, ROOT + operation.path, [(b"host", b"localhost")], b"{", b"nope=1")

    page = answer(admin.desk, asked, 0.0)

    told = described(document, operation)["responses"]
    validate(document, told[str(page.status)]["content"]["application/json"]["schema"], page.document)
    assert page.status == 400
