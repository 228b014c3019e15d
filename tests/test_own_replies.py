"""Everything the engine says passes the contracts: every kind of request, whole and as a stream."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.contracts import (
    accumulate,
    check_completion,
    check_error,
    check_exchange,
    check_request,
    check_stream,
    chunks_of,
)
from understudy.mockserver.build import build
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request

ENGINE = build(Settings(seed=3))
USER = {"role": "user", "content": "What is the weather in Paris? Answer as JSON."}
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 9}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
WEATHER = {"type": "function", "function": {"name": "get_weather", "strict": True, "parameters": PARAMETERS}}
TIME = {
    "type": "function",
    "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}},
}
CUSTOM = {"type": "custom", "custom": {"name": "run_sql"}}
GRAMMAR = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "[a-z]{3,8}"}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "forecast", "strict": True, "schema": PARAMETERS}}
LEGACY = [{"name": "get_weather", "parameters": PARAMETERS}]
NAMED = {"type": "function", "function": {"name": "get_weather"}}
ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}
CALL = {
    "id": "call_abcdefghijklmnopqrstuvwx",
    "type": "function",
    "function": {"name": "get_weather", "arguments": "{}"},
}
AFTER_A_CALL = [
    USER,
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": CALL["id"], "content": "rain"},
]
BOTH_NAMED = [{"role": "user", "content": "Call get_weather and get_time for Oslo."}]
PICTURE = [{"role": "user", "content": [
    {"type": "text", "text": "What is this?"},
    {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
]}]  # fmt: skip

SHAPES: dict[str, dict[str, Any]] = {
    "text": {},
    "system": {"messages": [{"role": "system", "content": "Be brief."}, USER]},
    "developer": {"model": "gpt-5", "messages": [{"role": "developer", "content": "Be brief."}, USER]},
    "non-ASCII prompt": {"messages": [{"role": "user", "content": "Wie spät ist es in 東京? 🕰️"}]},
    "picture": {"messages": PICTURE},
    "seed and user": {"seed": 7, "user": "u-1", "temperature": 0.2, "top_p": 0.5},
    "metadata": {"metadata": {"team": "a"}, "store": False},
    "n": {"n": 3},
    "n of one token": {"n": 2, "max_tokens": 1},
    "max_tokens 1": {"max_tokens": 1},
    "max_completion_tokens": {"max_completion_tokens": 12},
    "stop": {"stop": ["e"]},
    "stop at once": {"stop": list("AMTS")},
    "logprobs": {"logprobs": True},
    "top_logprobs": {"logprobs": True, "top_logprobs": 3},
    "logprobs of n": {"logprobs": True, "top_logprobs": 1, "n": 2},
    "json_object": {"response_format": {"type": "json_object"}},
    "json_schema": {"response_format": SCHEMA},
    "json_schema cut short": {"response_format": SCHEMA, "max_tokens": 3},
    "json_schema, n": {"response_format": SCHEMA, "n": 2},
    "one tool": {"tools": [WEATHER]},
    "tools": {"tools": [WEATHER, TIME]},
    "tools asked for by name": {"tools": [WEATHER, TIME], "messages": BOTH_NAMED},
    "tools, one at a time": {"tools": [WEATHER, TIME], "messages": BOTH_NAMED, "parallel_tool_calls": False},
    "tools, none": {"tools": [WEATHER], "tool_choice": "none"},
    "tools, required": {"tools": [TIME], "tool_choice": "required"},
    "tools, named": {"tools": [WEATHER, TIME], "tool_choice": NAMED},
    "tools, allowed": {"tools": [WEATHER, TIME], "tool_choice": ALLOWED},
    "tools, n": {"tools": [WEATHER], "n": 2},
    "tools and json_schema": {"tools": [WEATHER], "response_format": SCHEMA, "messages": AFTER_A_CALL},
    "tool result": {"tools": [WEATHER], "messages": AFTER_A_CALL},
    "call cut short": {"tools": [WEATHER], "tool_choice": "required", "max_completion_tokens": 4},
    "custom tool": {"model": "gpt-5", "tools": [CUSTOM], "tool_choice": "required"},
    "custom tool with a grammar": {
        "model": "gpt-5",
        "tools": [{"type": "custom", "custom": {"name": "word", "format": GRAMMAR}}],
        "tool_choice": {"type": "custom", "custom": {"name": "word"}},
    },
    "functions": {"functions": LEGACY},
    "functions, named": {"functions": LEGACY, "function_call": {"name": "get_weather"}},
    "reasoning model": {"model": "gpt-5-mini", "reasoning_effort": "low"},
    "reasoning model, named tool": {"model": "gpt-5-mini", "tools": [WEATHER], "tool_choice": NAMED},
    "reasoning model, tools": {"model": "o4-mini", "tools": [WEATHER, TIME], "messages": BOTH_NAMED},
    "reasoning model, logprobs": {"model": "gpt-5.4", "logprobs": True, "top_logprobs": 2},
    "call of one token": {"tools": [WEATHER], "tool_choice": "required", "max_tokens": 1},
    "call of eight tokens": {"tools": [WEATHER], "tool_choice": "required", "max_tokens": 8},
    "json_schema with stop": {"response_format": SCHEMA, "stop": ['"']},
    "older model": {"model": "gpt-3.5-turbo"},
    "gpt-4": {"model": "gpt-4", "tools": [WEATHER]},
    "search model": {"model": "gpt-4o-search-preview", "web_search_options": {}},
    "a model nobody knows": {"model": "our-own-model"},
    "nulls": {"max_tokens": None, "stop": None, "tools": None, "response_format": None},
}  # fmt: skip

# what is warned about, since it is so: arguments that the token limit cut are no JSON
WARNED = {
    name: ["completion.arguments_json"]
    for name in ("call cut short", "call of one token", "call of eight tokens")
}


def ask(document: dict[str, Any]) -> tuple[int, bytes]:
    body = json.dumps(document).encode()
    request = Request("POST", "/v1/chat/completions", [(b"authorization", b"Bearer sk-any")], body)
    entry = ENGINE.handle(request, 1_790_000_000.0).entry
    assert entry.trace == ""
    return entry.status, entry.reply


def shaped(name: str, **members: Any) -> dict[str, Any]:
    document = {"model": "gpt-4o-mini", "messages": [USER], **SHAPES[name], **members}
    assert check_request(document) == ()
    return document


@pytest.mark.parametrize("name", SHAPES)
def test_a_whole_reply_passes_the_contracts(name: str) -> None:
    request = shaped(name)

    status, reply = ask(request)

    document = json.loads(reply)
    assert status == 200
    assert [found.rule for found in check_completion(document)] == WARNED.get(name, [])
    assert check_exchange(request, document) == ()


@pytest.mark.parametrize(
    "options",
    [{}, {"include_usage": True}, {"include_obfuscation": False}],
    ids=["plain", "include_usage", "no obfuscation"],
)
@pytest.mark.parametrize("name", SHAPES)
def test_a_stream_passes_the_contracts(name: str, options: dict[str, bool]) -> None:
    request = shaped(name, stream=True, **({"stream_options": options} if options else {}))

    status, reply = ask(request)

    chunks = chunks_of(reply)
    assert status == 200
    assert [found.rule for found in check_stream(reply)] == WARNED.get(name, [])
    assert check_exchange(request, chunks) == ()


@pytest.mark.parametrize("name", SHAPES)
def test_a_stream_and_a_whole_reply_to_the_same_request_have_the_same_shape(name: str) -> None:
    whole = json.loads(ask(shaped(name))[1])
    streamed = accumulate(
        chunks_of(ask(shaped(name, stream=True, stream_options={"include_usage": True}))[1])
    )

    assert [choice.keys() for choice in streamed["choices"]] == [choice.keys() for choice in whole["choices"]]
    assert streamed["usage"].keys() == whole["usage"].keys()
    assert streamed["usage"]["prompt_tokens"] == whole["usage"]["prompt_tokens"]


def test_a_stream_and_a_whole_reply_say_the_same() -> None:
    whole = json.loads(ask(shaped("text"))[1])
    streamed = accumulate(chunks_of(ask(shaped("text", stream=True))[1]))

    assert streamed["choices"][0]["message"]["content"] == whole["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"model": "gpt-4o"},
        {"model": "gpt-4o", "messages": [USER], "temperature": 3},
        {"model": "o1", "messages": [USER], "max_tokens": 3},
    ],
)
def test_errors_pass_the_contracts(broken: dict[str, Any]) -> None:
    status, reply = ask(broken)

    assert status == 400
    assert check_error(json.loads(reply)) == ()
