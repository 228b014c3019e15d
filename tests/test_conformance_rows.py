"""Rows of the conformance table (docs/conformance.md) that no other test proves, through the engine."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from understudy.contracts import accumulate, chunks_of
from understudy.mockserver.build import build
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Head, Request, Send

KEY = (b"authorization", b"Bearer sk-any-key-0001")
USER = {"role": "user", "content": "Answer as JSON: what is the weather in Paris?"}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA, "strict": True}}
CUSTOM = {"type": "custom", "custom": {"name": "run_sql"}}
NAMED = {"type": "function", "function": {"name": "get_weather"}}
FUNCTION = {"name": "get_weather", "parameters": SCHEMA}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
WITH_TOOLS = {"tools": [TOOL]}
FORMAT = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA}}
REASONS = {"model": "gpt-5-mini"}
SPEAKS = {"model": "gpt-4o-audio-preview", "modalities": ["text", "audio"]}
VOICE = {"voice": "alloy", "format": "wav"}
SEARCHES = {"model": "gpt-4o-search-preview"}
NEAR = {"type": "approximate", "approximate": {"country": "FR", "city": "Paris"}}


class Field(NamedTuple):
    """Values that are taken, one that is refused with *param* and *code*, and what goes with them."""

    good: list[Any]
    bad: Any
    param: str
    code: str | None
    beside: Any = MappingProxyType({})  # a NamedTuple would share a dict


FIELDS: dict[str, Field] = {
    "audio": Field([VOICE, {**VOICE, "voice": {"id": "v"}}], {"voice": "alloy"}, "audio.format", "missing_required_parameter", SPEAKS),
    "frequency_penalty": Field([-2, 0, 2], 2.1, "frequency_penalty", "decimal_above_max_value"),
    "function_call": Field(["none", "auto", {"name": "get_weather"}], "all", "function_call", "invalid_value", {"functions": [FUNCTION]}),
    "functions": Field([[FUNCTION]], [{}], "functions[0].name", "missing_required_parameter"),
    "logit_bias": Field([{"50256": -100, "11": 100}], {"11": 101}, "logit_bias.11", "integer_above_max_value"),
    "logprobs": Field([True, False], "yes", "logprobs", "invalid_type"),
    "max_completion_tokens": Field([1, 4096], 0, "max_completion_tokens", "integer_below_min_value", REASONS),
    "max_tokens": Field([1, 4096], 0, "max_tokens", "integer_below_min_value"),
    "messages": Field([[USER], [USER, USER]], [], "messages", "empty_array"),
    "metadata": Field([{}, {"k" * 64: "v" * 512}], {"k": "v" * 513}, "metadata.k", "string_above_max_length"),
    "modalities": Field([["text"]], ["smell"], "modalities[0]", "invalid_value"),
    "model": Field(["gpt-4o-mini", "anything"], 7, "model", "invalid_type"),
    "moderation": Field(
        [{"model": "omni-moderation-latest", "policy": {"input": {"mode": "score"}}}], {}, "moderation.model", "missing_required_parameter"
    ),
    "n": Field([1, 128], 129, "n", "integer_above_max_value", {"max_tokens": 1}),
    "parallel_tool_calls": Field([True, False], 1, "parallel_tool_calls", "invalid_type", WITH_TOOLS),
    "prediction": Field(
        [{"type": "content", "content": "x"}, {"type": "content", "content": [{"type": "text", "text": "x"}]}],
        {"type": "content"}, "prediction.content", "missing_required_parameter",
    ),
    "presence_penalty": Field([-2, 0, 2], -2.1, "presence_penalty", "decimal_below_min_value"),
    "prompt_cache_key": Field(["key"], 1, "prompt_cache_key", "invalid_type"),
    "prompt_cache_options": Field(
        [{"mode": "explicit", "ttl": "30m"}], {"size": 1}, "prompt_cache_options.size", "unknown_parameter", {"model": "gpt-5.6-terra"}
    ),
    "prompt_cache_retention": Field(["in_memory", "24h"], "1h", "prompt_cache_retention", "invalid_value"),
    "reasoning_effort": Field(["minimal", "low", "medium", "high"], "most", "reasoning_effort", "invalid_value", REASONS),
    "response_format": Field(
        [{"type": "text"}, {"type": "json_object"}, FORMAT], {"type": "xml"}, "response_format.type", "invalid_value"
    ),
    "safety_identifier": Field(["user-1"], 1, "safety_identifier", "invalid_type"),
    "seed": Field([0, -(2**63), 2**63 - 1], 1.5, "seed", "invalid_type"),
    "service_tier": Field(["auto", "default", "flex", "priority", "fast"], "gold", "service_tier", "invalid_value"),
    "stop": Field(["x", ["a", "b", "c", "d"]], list("abcde"), "stop", "array_above_max_length"),
    "store": Field([True, False], "yes", "store", "invalid_type"),
    "stream": Field([True, False], "yes", "stream", "invalid_type"),
    "stream_options": Field(
        [{"include_usage": True}, {"include_obfuscation": False}], {"include_usage": 1}, "stream_options.include_usage", "invalid_type", {"stream": True}
    ),
    "temperature": Field([0, 1, 2], 2.5, "temperature", "decimal_above_max_value"),
    "tool_choice": Field(
        ["none", "auto", "required", NAMED, {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}}],
        "any", "tool_choice", "invalid_value", WITH_TOOLS,
    ),
    "tools": Field([[TOOL], [TOOL, CUSTOM]], [], "tools", "empty_array"),
    "top_logprobs": Field([0, 20], 21, "top_logprobs", None, {"logprobs": True}),
    "top_p": Field([0, 0.5, 1], 1.5, "top_p", "decimal_above_max_value"),
    "user": Field(["u-1"], 1, "user", "invalid_type"),
    "verbosity": Field(["low", "medium", "high"], "silent", "verbosity", "invalid_value", REASONS),
    "web_search_options": Field(
        [{}, {"search_context_size": "low", "user_location": NEAR}], {"search_context_size": "huge"},
        "web_search_options.search_context_size", "invalid_value", SEARCHES,
    ),
}  # fmt: skip
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
TEXT = {"type": "text", "text": "hi"}
REFUSED = {"type": "refusal", "refusal": "no"}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "rain"}
# role -> histories that are taken, and one that is refused with its param
ROLES: dict[str, tuple[list[list[dict[str, Any]]], list[dict[str, Any]], str]] = {
    "developer": (
        [[{"role": "developer", "content": "Be brief.", "name": "boss"}, USER], [{"role": "developer", "content": [TEXT]}]],
        [{"role": "developer", "content": [PICTURE]}], "messages[0].content[0].type",
    ),
    "system": (
        [[{"role": "system", "content": "Be brief."}, USER], [{"role": "system", "content": [TEXT]}]],
        [{"role": "system", "content": 7}], "messages[0].content",
    ),
    "user": (
        [[{"role": "user", "content": [TEXT, PICTURE], "name": "u-1"}]],
        [{"role": "user", "content": "hi", "name": "two words"}], "messages[0].name",
    ),
    "assistant": (
        [[USER, {"role": "assistant", "content": [REFUSED]}, USER], [USER, {"role": "assistant", "content": None, "refusal": "no"}, USER]],
        [USER, {**CALLED, "tool_calls": [{"id": "x" * 41, **{k: v for k, v in CALL.items() if k != "id"}}]}],
        "messages[1].tool_calls[0].id",
    ),
    "tool": (
        [[USER, CALLED, RESULT], [USER, CALLED, {**RESULT, "content": [TEXT]}]],
        [USER, CALLED, {"role": "tool", "content": "rain"}], "messages[2].tool_call_id",
    ),
    "function": (
        [[USER, {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}}, {"role": "function", "name": "f", "content": None}]],
        [USER, {"role": "function", "content": "4"}], "messages[1].name",
    ),
}  # fmt: skip


class Result(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(document: dict[str, Any], *headers: tuple[bytes, bytes], settings: Settings | None = None) -> Result:
    engine = build(settings or Settings())
    body = json.dumps({"model": "gpt-4o-mini", "messages": [USER], **document}).encode()
    return answer(engine, Request("POST", "/v1/chat/completions", [KEY, *headers], body))


def answer(engine: Any, request: Request) -> Result:
    head, *rest = engine.handle(request, 1_790_000_000.0).steps
    assert isinstance(head, Head)
    headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
    return Result(head.status, headers, b"".join(step.data for step in rest if isinstance(step, Send)))


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_taken_within_its_range_and_refused_beyond(name: str) -> None:
    field = FIELDS[name]

    for value in field.good:
        assert ask({**field.beside, name: value}).status == 200, value
    refused = ask({**field.beside, name: field.bad})

    error = refused.json["error"]
    assert (refused.status, error["param"], error["code"]) == (400, field.param, field.code)
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("name", ROLES)
def test_a_message_of_each_role_is_taken_and_its_fault_is_named(name: str) -> None:
    good, bad, param = ROLES[name]

    for messages in good:
        assert ask({"messages": messages}).status == 200, messages
    refused = ask({"messages": bad})

    assert (refused.status, refused.json["error"]["param"]) == (400, param)


@pytest.mark.parametrize("role", ["system", "user", "assistant", "developer"])
@pytest.mark.parametrize("content", [{}, {"content": None}], ids=["absent", "null"])
def test_content_may_be_missing_on_any_role(role: str, content: dict[str, Any]) -> None:
    assert ask({"messages": [{"role": role, **content}, USER]}).status == 200


@pytest.mark.parametrize(
    ("members", "finish", "said"),
    [
        ({}, "stop", "content"),
        ({"stop": "e"}, "stop", "content"),
        ({"max_tokens": 3}, "length", "content"),
        ({**WITH_TOOLS, "tool_choice": "required"}, "tool_calls", "tool_calls"),
        ({**WITH_TOOLS, "tool_choice": NAMED}, "stop", "tool_calls"),
        ({**WITH_TOOLS, "tool_choice": NAMED, **REASONS}, "tool_calls", "tool_calls"),
        ({"functions": [FUNCTION]}, "function_call", "function_call"),
        ({"functions": [FUNCTION], "function_call": {"name": "get_weather"}}, "stop", "function_call"),
    ],
    ids=["end", "stop sequence", "token cap", "required", "named", "named, reasoning", "functions", "named function"],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_finish_reason_is_the_documented_one(
    members: dict[str, Any], finish: str, said: str, stream: bool
) -> None:
    result = ask({**members, "stream": stream})

    document = accumulate(chunks_of(result.body)) if stream else result.json
    (choice,) = document["choices"]
    assert choice["finish_reason"] == finish
    assert choice["message"].get(said) is not None


def test_chunks_before_the_last_have_no_finish_reason() -> None:
    chunks = chunks_of(ask({"stream": True}).body)

    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks][:-1] == [None] * (len(chunks) - 1)


def test_include_usage_false_is_as_good_as_absent() -> None:
    asked, absent = (
        ask({"stream": True, **options}).body
        for options in ({"stream_options": {"include_usage": False}}, {})
    )

    assert asked == absent


def test_several_choices_may_call_tools() -> None:
    result = ask({**WITH_TOOLS, "tool_choice": "required", "n": 2})

    assert [choice["finish_reason"] for choice in result.json["choices"]] == ["tool_calls"] * 2


def test_an_idempotency_key_is_ignored() -> None:
    engine = build(Settings())
    body = json.dumps({"model": "gpt-4o-mini", "messages": [USER]}).encode()
    request = Request("POST", "/v1/chat/completions", [KEY, (b"idempotency-key", b"once")], body)

    assert answer(engine, request).json["id"] != answer(engine, request).json["id"]


@pytest.mark.parametrize(
    "header",
    [
        (b"accept", b"application/json"),
        (b"user-agent", b"OpenAI/Python 3.54.0"),
        (b"openai-organization", b"org-1"),
        (b"openai-project", b"proj_1"),
        (b"x-stainless-retry-count", b"1"),
    ],
    ids=lambda header: header[0].decode(),
)
def test_what_the_official_clients_send_along_changes_no_answer(header: tuple[bytes, bytes]) -> None:
    for stream in (False, True):
        assert ask({"stream": stream}, header) == ask({"stream": stream})


def test_deleting_a_model_is_a_wrong_method() -> None:
    result = answer(build(Settings()), Request("DELETE", "/v1/models/ft:gpt-4o:acme::id", [KEY]))

    assert (result.status, result.json["error"]["code"]) == (405, "method_not_supported")
