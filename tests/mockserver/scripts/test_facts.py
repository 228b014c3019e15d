from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.chat import read_chat
from understudy.mockserver.scripts.facts import Facts, Result
from understudy.mockserver.scripts.paths import query

CALLS = [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
MESSAGES = [
    {"role": "system", "content": "Be kind."},
    {"role": "developer", "content": [{"type": "text", "text": "Be"}, {"type": "text", "text": "brief."}]},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": None, "tool_calls": CALLS},
    {"role": "tool", "tool_call_id": "call_1", "content": "found"},
]


def facts(**members: Any) -> Facts:
    return Facts(
        read_chat({"model": "m", "messages": MESSAGES, **members}), [(b"X-Team", b"a"), (b"x-team", b"b")]
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "m"),
        ("stream", False),
        ("user", "Hi"),
        ("system", "Be kind.\nBe\nbrief."),
        ("texts", ["Be kind.", "Be\nbrief.", "Hi", "found"]),
        ("turn", 1),
        ("results", [Result("look", "call_1", "found")]),
        ("tools", frozenset()),
        ("response_format", "text"),
        ("metadata", {}),
        ("headers", {"x-team": "a, b"}),
    ],
)
def test_what_a_request_is(name: str, value: object) -> None:
    assert getattr(facts(), name) == value


def test_tools_of_every_kind_are_on_offer() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}, {"type": "custom", "custom": {"name": "c"}}, 3]

    assert facts(tools=tools, functions=[{"name": "old"}]).tools == {"f", "c", "old"}


def test_a_result_is_news_for_one_turn() -> None:
    later = [
        *MESSAGES,
        {"role": "assistant", "content": "I found it."},
        {"role": "user", "content": "Thanks"},
    ]

    assert facts(messages=later).results == []


def test_a_legacy_function_gives_a_result() -> None:
    said = [{"role": "user", "content": "Hi"}, {"role": "function", "name": "old", "content": "1"}]

    assert facts(messages=said).results == [Result("old", "", "1")]


def test_paths_are_walked_once() -> None:
    asked = facts()

    assert asked.nodes(query("$.model")) is asked.nodes(query("$.model"))
    assert asked.values(query("$.model")) == {'"m"'}


@pytest.mark.parametrize(
    "members",
    [
        {"messages": None},
        {"messages": [1, None, {"role": 3, "content": 4}, {"content": [5, {"text": 6}]}]},
        {"messages": [{"role": "assistant", "tool_calls": [{"id": 1}, {"id": "a", "function": 2}]}]},
        {"messages": [{"role": "tool", "tool_call_id": 4}]},
        {"tools": {"a": 1}, "functions": [None], "metadata": [], "response_format": "x"},
        {"tools": [{"function": "f"}, {"custom": {"name": 1}}], "metadata": {"a": 1}},
    ],
)
def test_whatever_is_sent_nothing_raises(members: dict[str, Any]) -> None:
    asked = facts(**members)

    for name in (
        "user",
        "system",
        "texts",
        "all_text",
        "turn",
        "results",
        "result_text",
        "tools",
        "metadata",
    ):
        getattr(asked, name)
    assert asked.response_format == "text"
