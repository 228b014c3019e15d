"""Tokens of requests and answers: the recipe, and how often it meets what the API billed."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from collections import Counter
from typing import Any

import pytest

from understudy.contracts.families import family_of
from understudy.mockserver.tokens.blocks import block_tokens, forced_tokens
from understudy.mockserver.tokens.counting import (
    completion_tokens,
    message_tokens,
    prompt_counts,
    prompt_tokens,
)
from understudy.mockserver.tokens.tools import format_text, tools_text

# text-only requests that the recipe does not meet, and why
TEXT_EXCEPTIONS = {
    "gpt-3.5-turbo": "one recording has 4 more: a snapshot of 2023 that counted 4 a message",
}
# what a request holds -> the least share that is counted exactly, and within 2 % (measured: see docs/usage.md)
SHARES = {
    "text": (0.98, 0.98),
    "tools": (0.65, 0.91),
    "schema": (0.92, 0.96),
    "history": (0.67, 0.81),
    "image": (0.68, 0.73),
    "audio": (1.0, 1.0),
    "file": (0.0, 0.23),
}


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


# FACTS C.3
@pytest.mark.parametrize(
    ("model", "messages", "expected"),
    [
        ("gpt-4o", [_user("hello")], 8),
        ("gpt-3.5-turbo", [_user("Hello!")], 9),
        ("gpt-4", [_user("What is the capital of France?")], 14),
        ("gpt-4.1", [{"role": "system", "content": "You are a helpful assistant."}, _user("hello")], 18),
        ("gpt-5", [_user("hello")], 7),
        ("gpt-5-nano", [_user("What is the capital of France?")], 13),
        ("gpt-4o", [{**_user("hello"), "name": "user"}], 9),
        ("gpt-4o", [{"role": "user", "content": [{"type": "text", "text": "hello"}]}], 8),
        ("gpt-4o-search-preview", [{"role": "system", "content": "hello"}, _user("hello")], 2),
        ("gpt-4o", [_user("hello"), {"role": "assistant", "content": "hello"}], 13),
        ("gpt-5", [_user("hello"), {"role": "assistant", "content": "hello"}], 14),
    ],
)
def test_messages_cost_what_the_recipe_says(model: str, messages: list[Any], expected: int) -> None:
    assert prompt_tokens({"model": model, "messages": messages}, family_of(model)) == expected


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"messages": None},
        {"messages": [None, 3, "x", [], {"role": 5, "content": 7, "name": []}]},
        {"messages": [{"role": "user", "content": [None, {"text": 3}, {"type": "image_url"}]}]},
        {
            "messages": [
                {"role": "assistant", "tool_calls": [None, {"function": 3}, {"function": {"name": 3}}]}
            ]
        },
        {"messages": [{"role": "assistant", "tool_calls": 5, "function_call": "x"}]},
        {
            "messages": [],
            "tools": [None, 3, {"function": {"name": 1, "parameters": {"properties": {"a": 3}}}}],
        },
        {"messages": [], "tools": "x", "response_format": 5, "tool_choice": {"function": 3}},
        {"messages": [], "tools": [{"function": {"parameters": {"properties": {"a": {"type": [{}, 1]}}}}}]},
        {"messages": [], "response_format": {"json_schema": {"schema": [1]}}},
    ],
)
def test_malformed_requests_are_counted_as_far_as_they_go(document: dict[str, Any]) -> None:
    assert prompt_tokens(document, family_of("gpt-4o")) >= 0


def test_an_answer_costs_its_texts() -> None:
    call = {
        "id": "c",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
    }

    assert completion_tokens({"content": "hello", "refusal": None}, "o200k_base") == 1
    assert completion_tokens({"content": None, "refusal": "I cannot."}, "o200k_base") == 3
    # 6, ``functions.get_weather`` and the arguments
    assert completion_tokens({"content": None, "tool_calls": [call]}, "o200k_base") == 6 + 3 + 5
    assert completion_tokens({"content": None, "tool_calls": [call] * 2}, "o200k_base") == 14 + 2 * 14
    assert completion_tokens({"content": None, "tool_calls": [call]}, "o200k_base", forced=True) == 5


def test_a_legacy_call_costs_as_a_tool_call_does() -> None:
    called = {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    call = {"id": "c", "type": "function", "function": called}

    assert completion_tokens({"function_call": called}, "o200k_base") == completion_tokens(
        {"tool_calls": [call]}, "o200k_base"
    )


def test_a_custom_call_costs_its_input() -> None:
    call = {"id": "c", "type": "custom", "custom": {"name": "shell", "input": "hello"}}

    assert completion_tokens({"tool_calls": [call]}, "o200k_base", forced=True) == 1


@pytest.mark.parametrize(("model", "beside"), [("gpt-4o", 0), ("gpt-5", 6)])
def test_the_answer_to_a_call_repeats_its_name(model: str, beside: int) -> None:
    called = {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    turn = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": called}]}
    family = family_of(model)

    added = message_tokens(turn, family, model)

    assert added == 3 + 1 + completion_tokens(turn, family.encoding) + 2 - 2 + beside


def test_the_parts_of_a_prompt_are_told() -> None:
    document = {
        "model": "gpt-4o-audio-preview",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "hello"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                    {"type": "input_audio", "input_audio": {"data": _wav(1.5), "format": "wav"}},
                    {"type": "file", "file": {"file_id": "file-1"}},
                ],
            },
            {"role": "assistant", "content": None, "audio": {"id": "audio_1"}},
        ],
        "tools": [{"type": "function", "function": {"name": "ping"}}],
    }
    family = family_of("gpt-4o-audio-preview")

    counts = prompt_counts(document, family)

    assert (counts.audio, counts.image) == (15 + 20, 255)
    assert counts.tools == block_tokens(document, document["messages"], family) > 20
    assert counts.total == prompt_tokens(document, family) == 8 + 255 + 4 + 15 + 220 + 4 + 20 + counts.tools


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5", "gpt-4o-search-preview"])
def test_a_prompt_is_the_sum_of_its_messages(model: str) -> None:
    family = family_of(model)
    messages = [{"role": "system", "content": "Be brief."}, _user("hello"), _user("What is it?")]
    overhead = 0 if family.web_search else family.prompt_overhead

    total = prompt_tokens({"model": model, "messages": messages}, family)

    assert total == overhead + sum(message_tokens(message, family, model) for message in messages)


def test_tools_read_as_declarations() -> None:
    tool = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the weather.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "title": "City", "description": "Where."},
                    "unit": {"enum": ["c", "f"]},
                    "days": {"type": "array", "items": {"type": "integer"}},
                },
                "required": ["city"],
            },
        },
    }

    assert tools_text([tool]) == (
        "# Tools\n\n## functions\n\nnamespace functions {\n\n// Get the weather\n"
        'type get_weather = (_: {\n// City\n// Where\ncity: string,\nunit?: "c" | "f",\ndays?: number[],\n}) => any;'
        "\n\n} // namespace functions"
    )


def test_a_response_format_is_shown_without_what_is_held_by_other_means() -> None:
    schema = {
        "type": "object",
        "properties": {"required": {"type": "integer", "minimum": 1, "default": 2}},
        "required": ["required"],
        "additionalProperties": False,
    }

    assert format_text({"name": "answer", "schema": schema}) == (
        '# Response Formats\n\n## answer\n\n{"type":"object","properties":{"required":{"type":"integer"}}}'
    )


@pytest.mark.parametrize(
    ("choice", "cost"), [("required", 0), ({"function": {"name": "ping"}}, 6 + 1), ({}, 0)]
)
def test_naming_a_tool_costs(choice: Any, cost: int) -> None:
    assert forced_tokens({"tool_choice": choice}, family_of("gpt-4o")) == cost
    assert forced_tokens({"tool_choice": choice}, family_of("gpt-5")) == 0


def _wav(seconds: float) -> str:
    """Return silence: 16,000 samples of two bytes a second."""
    data = bytes(int(seconds * 32_000))
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    return b64encode(struct.pack("<4sI", b"RIFF", len(body)) + body).decode()


def _billed(response: dict[str, Any]) -> int | None:
    """Return the prompt tokens that a recorded response reports."""
    bodies = [response.get("body")]
    for line in str(response.get("sse", "")).splitlines():
        if line.startswith("data: {"):
            bodies.append(json.loads(line.removeprefix("data: ")))
    usages = (body.get("usage") for body in bodies if isinstance(body, dict))
    return next((usage["prompt_tokens"] for usage in usages if usage), None)


def _kind(document: dict[str, Any]) -> str:
    """Return what beside text a request holds."""
    parts = [
        part for m in document["messages"] if isinstance(m.get("content"), list) for part in m["content"]
    ]
    for kind, name in (("input_audio", "audio"), ("file", "file"), ("image_url", "image")):
        if any(part.get("type") == kind for part in parts):
            return name
    if any(m.get("tool_calls") or m["role"] in ("tool", "function") for m in document["messages"]):
        return "history"
    if (document.get("response_format") or {}).get("type") == "json_schema":
        return "schema"
    return "tools" if document.get("tools") or document.get("functions") else "text"


def test_prompts_of_recorded_traffic_are_counted_as_billed(traffic: Any) -> None:
    seen: Counter[str] = Counter()
    exact: Counter[str] = Counter()
    near: Counter[str] = Counter()
    missed: set[str] = set()
    for row in traffic.rows:
        if row["provider"] != "openai" or not row["status"].startswith("2"):
            continue
        recording = traffic.load(row)
        document, billed = recording["request"]["body"], _billed(recording["response"])
        if not isinstance(document, dict) or billed is None:
            continue
        kind, counted = _kind(document), prompt_tokens(document, family_of(document["model"]))
        seen[kind] += 1
        exact[kind] += counted == billed
        near[kind] += abs(counted - billed) <= billed * 0.02
        if kind == "text" and counted != billed:
            missed.add(document["model"])

    assert missed <= set(TEXT_EXCEPTIONS)
    assert set(seen) == set(SHARES)
    for kind, (least_exact, least_near) in SHARES.items():
        assert exact[kind] >= least_exact * seen[kind], (kind, exact[kind], seen[kind])
        assert near[kind] >= least_near * seen[kind], (kind, near[kind], seen[kind])


def test_tool_calls_of_recorded_traffic_are_counted_as_billed(traffic: Any) -> None:
    off: Counter[int] = Counter()
    for row in traffic.rows:
        if row["provider"] != "openai" or row["status"] != "200":
            continue
        body = traffic.load(row)["response"].get("body")
        choice = body["choices"][0] if isinstance(body, dict) and body.get("choices") else {}
        # a call that was forced ends with "stop", and is billed otherwise
        if choice.get("finish_reason") != "tool_calls" or family_of(body["model"]).reasoning:
            continue
        counted = completion_tokens(choice["message"], family_of(body["model"]).encoding)
        off[counted - body["usage"]["completion_tokens"]] += 1

    assert off[0] >= 0.65 * off.total() > 0
    assert off[-1] + off[0] + off[1] >= 0.8 * off.total()


@pytest.mark.parametrize("part", [{"type": ["x"]}, {"type": {}}, {"type": None}, {}, 3, None])
def test_a_part_that_is_none_costs_nothing(part: Any) -> None:
    bare: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": []}]}
    with_part = {"model": "gpt-4o", "messages": [{"role": "user", "content": [part]}]}

    assert prompt_tokens(with_part, family_of("gpt-4o")) == prompt_tokens(bare, family_of("gpt-4o"))
