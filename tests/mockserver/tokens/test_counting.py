"""Tokens of requests and answers: the recipe, and how often it meets what the API billed."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from collections import Counter
from typing import Any

import pytest

from understudy.contracts.families import family_of
from understudy.mockserver.tokens.counting import completion_tokens, prompt_tokens
from understudy.mockserver.tokens.images import image_tokens
from understudy.mockserver.tokens.tools import format_text, tools_text

# text-only requests that the recipe does not meet, and why
TEXT_EXCEPTIONS = {
    "gpt-4o-search-preview": "bills the words alone",
    "gpt-3.5-turbo": "one recording has 4 more: a snapshot of 2023 that counted 4 a message",
    "gpt-5-nano": "one recording has 2 more: a history with an assistant's turn",
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
    assert completion_tokens({"content": None, "tool_calls": [call]}, "o200k_base") > 8


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


def test_a_response_format_is_shown_without_what_strict_mode_repeats() -> None:
    wanted = {"name": "answer", "schema": {"type": "object", "additionalProperties": False}}

    assert format_text(wanted) == '# Response Formats\n\n## answer\n\n{"type":"object"}'


def _png(width: int, height: int) -> str:
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
    return "data:image/png;base64," + b64encode(head + bytes(9)).decode()


def _jpeg(width: int, height: int) -> str:
    frame = b"\xff\xc0" + struct.pack(">HBHH", 17, 8, height, width) + bytes(10)
    return "data:image/jpeg;base64," + b64encode(b"\xff\xd8\xff\xe0\x00\x04ab" + frame).decode()


# FACTS C.4
@pytest.mark.parametrize(
    ("model", "image", "expected"),
    [
        ("gpt-4o", {"url": _png(1024, 1024)}, 765),
        ("gpt-4o", {"url": _png(2048, 4096)}, 1105),
        ("gpt-4o", {"url": _jpeg(512, 512), "detail": "high"}, 255),
        ("gpt-4o", {"url": _png(4000, 4000), "detail": "low"}, 85),
        ("gpt-4o-mini", {"url": _png(512, 512)}, 8500),
        ("gpt-5", {"url": _png(512, 512)}, 210),
        ("o3", {"url": "https://example.com/a.png"}, 225),
        ("gpt-4.1-mini", {"url": _png(1024, 1024)}, 1659),
        ("gpt-4.1-mini", {"url": _png(9000, 9000)}, 2465),
        ("gpt-4o", {"url": "data:image/png;base64,@@@"}, 255),
        ("gpt-4o", {"url": _png(0, 0)}, 255),
        ("gpt-4o", None, 255),
    ],
)
def test_images_cost_tiles_or_patches(model: str, image: Any, expected: int) -> None:
    assert image_tokens(model, image) == expected


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
    if any(part.get("type") != "text" for part in parts):
        return "media"
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
    assert exact["text"] >= 0.95 * seen["text"] > 0
    assert exact["tools"] >= 0.55 * seen["tools"] > 0
    assert near["tools"] >= 0.85 * seen["tools"]
    assert near["history"] >= 0.55 * seen["history"] > 0
