"""Strict schemas, row by row (FACTS A.6): what is documented is taken and answered, the rest is refused."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from understudy.mockserver.build import build
from understudy.mockserver.engine import Engine
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(Settings(seed=11))


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": [*properties], "additionalProperties": False,
    }  # fmt: skip


def ask(engine: Engine, schema: Any) -> tuple[int, Any]:
    """Return the status and the body of the answer to a strict request for *schema*."""
    wanted = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "response_format": wanted}
    key = (b"authorization", b"Bearer sk-any")
    entry = engine.handle(
        Request("POST", "/v1/chat/completions", [key], json.dumps(asked).encode()), 1e9
    ).entry
    return entry.status, json.loads(entry.reply)


TREE = closed(name={"type": "string"}, below={"type": "array", "items": {"$ref": "#"}, "maxItems": 2})
STEP = {**closed(step={"$ref": "#/$defs/step"}), "$defs": {"step": closed(text={"type": "string"})}}
NUMBER = {"type": "number"}
# row of A.6 -> schemas that are taken
TAKEN: dict[str, list[Any]] = {
    "types": [
        closed(a={"type": kind} if kind != "array" else {"type": "array", "items": {"type": "null"}})
        for kind in ("string", "number", "boolean", "integer", "array", "null")
    ]
    + [
        closed(a=closed()),
        closed(a={"enum": ["x", 1], "type": ["string", "integer"]}),
        closed(a={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        closed(a={"const": "x", "type": "string"}),
    ],
    "refs": [TREE, STEP],
    "string keywords": [
        closed(a={"type": "string", "pattern": "^[a-c]{2}$"}),
        *(
            closed(a={"type": "string", "format": name})
            for name in ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
        ),
    ],
    "number keywords": [
        closed(a={**NUMBER, "multipleOf": 5}),
        closed(a={**NUMBER, "minimum": 2, "maximum": 3}),
        closed(a={**NUMBER, "exclusiveMinimum": 2, "exclusiveMaximum": 9}),
    ],
    "array keywords": [closed(a={"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 3})],
}
# row of A.6 -> schemas that are refused, and the end of the message
REFUSED: dict[str, list[tuple[Any, str]]] = {
    "root": [
        ({"type": "array", "items": NUMBER}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'."),
        ({**closed(), "anyOf": [closed()]}, "In context=(), 'anyOf' is not permitted."),
    ],
    "every object": [
        (
            {"type": "object", "properties": {}, "required": []},
            "In context=(), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (
            {**closed(a=NUMBER), "required": []},
            "'required' is required to be supplied and to be an array including every key in properties. Missing 'a'.",
        ),
    ],
    "not supported": [
        (closed(a={"type": "string", keyword: value}), f"'{keyword}' is not permitted.")
        for keyword, value in {
            "allOf": [{"type": "string"}], "not": {"type": "null"}, "if": {}, "then": {}, "else": {},
            "dependentRequired": {}, "dependentSchemas": {},
        }.items()
    ],
}  # fmt: skip


@pytest.mark.parametrize("row", TAKEN)
def test_what_is_documented_is_answered_with_an_instance(engine: Engine, row: str) -> None:
    for schema in TAKEN[row]:
        status, body = ask(engine, schema)

        assert status == 200, (schema, body)
        jsonschema.validate(json.loads(body["choices"][0]["message"]["content"]), schema)


@pytest.mark.parametrize("row", REFUSED)
def test_the_rest_is_refused_in_the_documented_words(engine: Engine, row: str) -> None:
    for schema, words in REFUSED[row]:
        status, body = ask(engine, schema)

        assert (status, body["error"]["param"]) == (400, "response_format")
        assert body["error"]["message"].startswith("Invalid schema for response_format 'reply': ")
        assert body["error"]["message"].endswith(words)


def test_members_are_answered_in_the_order_of_the_schema(engine: Engine) -> None:
    for names in ("abc", "cab", "bca"):
        _, body = ask(engine, closed(**dict.fromkeys(names, NUMBER)))

        assert list(json.loads(body["choices"][0]["message"]["content"])) == list(names)
