"""Each rule between request and reply, broken alone, is the one that is named."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.contracts import check_exchange
from understudy.contracts.exchanges.rules import RULES

Document = dict[str, Any]

USER = {"role": "user", "content": "Hi"}
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}
STRICT = {"type": "function", "function": {"name": "f", "parameters": SCHEMA, "strict": True}}
CUSTOM = {"type": "custom", "custom": {"name": "c"}}
OTHER = {"type": "function", "function": {"name": "g"}}
ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [OTHER]}}
TOKEN = {"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def asks(**members: Any) -> Document:
    return {"model": "gpt-4o", "messages": [USER], **members}


def says(content: str | None = "Hi", finish: str = "stop", **members: Any) -> Document:
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": finish, **members}
    return {"model": "gpt-4o-2024-08-06", "choices": [choice], "usage": USAGE}


def calls(*named: tuple[str, str], finish: str = "tool_calls") -> Document:
    reply = says(None, finish)
    reply["choices"][0]["message"]["tool_calls"] = [
        {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
        for name, arguments in named
    ]
    return reply


def formats(strict: bool) -> Document:
    wanted = {"name": "n", "schema": SCHEMA, "strict": strict}
    return asks(response_format={"type": "json_schema", "json_schema": wanted})


def offering(*tools: Document, **members: Any) -> Document:
    return asks(tools=list(tools), **members)


def logged(*alternatives: Document) -> Document:
    return says(logprobs={"content": [{**TOKEN, "top_logprobs": list(alternatives)}], "refusal": None})


def chunks(*, usage: bool = False, obfuscation: bool = False) -> list[Document]:
    more: Document = {"obfuscation": "x"} if obfuscation else {}
    delta = {"role": "assistant", "content": "Hi"}
    stream = [
        {"model": "gpt-4o", "choices": [{"index": 0, "delta": delta, "finish_reason": None}], **more},
        {"model": "gpt-4o", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], **more},
    ]
    return [*stream, {"model": "gpt-4o", "choices": [], "usage": USAGE}] if usage else stream


FIT, UNFIT = '{"a":1}', '{"a":"x"}'
JSON_OBJECT = asks(response_format={"type": "json_object"})
CUSTOM_CALL = calls(("c", ""))
LEGACY = says(None)
LEGACY["choices"][0]["message"]["function_call"] = {"name": "f", "arguments": FIT}
NAMED = {"type": "function", "function": {"name": "g"}}


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        (asks(), says()),
        (asks(n=None), says()),
        (asks(model="gpt-4o-latest"), says()),
        (asks(stream=True), chunks()),
        (asks(stream=True, stream_options={"include_usage": True}), chunks(usage=True)),
        (offering(FUNCTION), calls(("f", FIT))),
        (offering(FUNCTION), says()),
        (offering(OTHER), calls(("g", "{}"))),
        (offering(STRICT), calls(("f", '{"a":'), finish="length")),
        (offering(FUNCTION, tool_choice="required"), says("", "length")),
        (offering(FUNCTION, OTHER, tool_choice=ALLOWED), calls(("g", "{}"))),
        (asks(functions=[{"name": "f", "parameters": SCHEMA}], function_call={"name": "f"}), LEGACY),
        (JSON_OBJECT, says("{}")),
        (JSON_OBJECT, says('{"a', "length")),
        (formats(True), says(FIT)),
        (formats(True), says(None)),
        (asks(logprobs=True), logged()),
        (asks(logprobs=True, top_logprobs=1), logged(TOKEN)),
        (asks(stop=["x", "y"]), says()),
        (asks(max_completion_tokens=3), says()),
        (asks(), {"error": {"message": "m"}}),
        (
            asks(response_format={"type": "json_schema", "json_schema": {"schema": {"$ref": "http://x"}}}),
            says("1"),
        ),
    ],
)
def test_what_answers_the_request_is_right(request_: Document, reply: Any) -> None:
    assert check_exchange(request_, reply) == ()


BROKEN: list[tuple[str, str, Document, Any]] = [
    ("exchange.form", "error", asks(stream=True), says()),
    ("exchange.form", "error", asks(), chunks()),
    ("exchange.choices", "error", asks(n=2), says()),
    ("exchange.model", "warning", asks(model="o3"), says()),
    ("exchange.tool_not_offered", "error", offering(OTHER), calls(("f", FIT))),
    ("exchange.tool_not_offered", "error", asks(), calls(("f", FIT))),
    ("exchange.tool_kind", "error", offering(CUSTOM), CUSTOM_CALL),
    ("exchange.tool_choice_none", "error", offering(FUNCTION, tool_choice="none"), calls(("f", FIT))),
    ("exchange.tool_choice_required", "error", offering(FUNCTION, tool_choice="required"), says()),
    ("exchange.tool_choice_required", "error", offering(OTHER, tool_choice=NAMED), says()),
    ("exchange.tool_choice_named", "error", offering(FUNCTION, OTHER, tool_choice=NAMED), calls(("f", FIT))),
    (
        "exchange.tool_choice_named",
        "error",
        offering(FUNCTION, OTHER, tool_choice=ALLOWED),
        calls(("f", FIT)),
    ),
    (
        "exchange.parallel_calls",
        "error",
        offering(FUNCTION, parallel_tool_calls=False),
        calls(("f", FIT), ("f", FIT)),
    ),
    ("exchange.arguments", "warning", offering(FUNCTION), calls(("f", UNFIT))),
    ("exchange.strict_arguments", "error", offering(STRICT), calls(("f", UNFIT))),
    ("exchange.json_object", "error", JSON_OBJECT, says("[]")),
    ("exchange.json_object", "error", JSON_OBJECT, says("Hi")),
    ("exchange.json_schema", "warning", formats(False), says(UNFIT)),
    ("exchange.strict_json_schema", "error", formats(True), says(UNFIT)),
    ("exchange.strict_json_schema", "error", formats(True), says("Hi")),
    (
        "exchange.usage_missing",
        "error",
        asks(stream=True, stream_options={"include_usage": True}),
        chunks(),
    ),
    ("exchange.usage_unasked", "error", asks(stream=True), chunks(usage=True)),
    (
        "exchange.obfuscation",
        "error",
        asks(stream=True, stream_options={"include_obfuscation": False}),
        chunks(obfuscation=True),
    ),
    ("exchange.logprobs_missing", "error", asks(logprobs=True), says()),
    ("exchange.logprobs_unasked", "error", asks(), logged()),
    ("exchange.top_logprobs", "error", asks(logprobs=True, top_logprobs=1), logged(TOKEN, TOKEN)),
    ("exchange.stop", "error", asks(stop="i"), says()),
    ("exchange.too_long", "error", asks(max_tokens=2), says()),
]


@pytest.mark.parametrize(("rule", "tier", "request_", "reply"), BROKEN)
def test_a_breach_is_named(rule: str, tier: str, request_: Document, reply: Any) -> None:
    found = check_exchange(request_, reply)

    assert {violation.rule: violation.tier for violation in found} == {rule: tier}


def test_the_table_of_this_file_covers_every_rule() -> None:
    assert {rule for rule, *_ in BROKEN} == set(RULES)


def test_compatible_only_warns_of_what_providers_do() -> None:
    found = check_exchange(offering(STRICT), calls(("f", UNFIT)), profile="compatible")

    assert [(violation.rule, violation.tier) for violation in found] == [
        ("exchange.strict_arguments", "warning")
    ]


def test_the_reason_of_a_misfit_is_told() -> None:
    (violation,) = check_exchange(formats(True), says(UNFIT))

    assert '[\'a\']: "x" is not of type "integer"' in violation.message


@pytest.mark.parametrize("reply", [{}, {"choices": None}, {"choices": [{"message": 1}]}, [], [1]])
def test_a_malformed_reply_is_no_reason_to_raise(reply: Any) -> None:
    check_exchange({"tools": 1, "tool_choice": [], "stop": 4, "n": True, "response_format": []}, reply)


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="no profile 'azura'"):
        check_exchange({}, {}, profile="azura")
