"""What is read of a request, however it is written."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.generation.prompts import role_of_last, sendable, tool_results, user_text

TEXTS = [{"type": "text", "text": "a"}, {"type": "image_url"}, None, {"text": 3}, {"text": "b"}]


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([], ""),
        ([None, 3], ""),
        ([{"role": "user", "content": "first"}, {"role": "user", "content": "last"}], "last"),
        ([{"role": "user", "content": "asked"}, {"role": "assistant", "content": "said"}], "asked"),
        ([{"role": "user", "content": TEXTS}], "a b"),
        ([{"role": "user"}], ""),
    ],
)
def test_the_text_of_a_prompt_is_the_users_last(messages: list[Any], text: str) -> None:
    assert user_text(messages) == text


@pytest.mark.parametrize(("messages", "role"), [([], None), ([3], None), ([{"role": "tool"}], "tool")])
def test_the_role_of_the_last_message_is_told(messages: list[Any], role: Any) -> None:
    assert role_of_last(messages) == role


def test_results_are_those_after_the_last_call_in_order() -> None:
    messages = [
        {"role": "tool", "content": "old"},
        {"role": "assistant", "tool_calls": []},
        {"role": "tool", "content": "one"},
        {"role": "function", "content": {"two": 2}},
    ]

    assert tool_results(messages) == ["one", '{"two": 2}']
    assert tool_results([*messages, 3]) == []
    assert tool_results(messages[:1]) == ["old"]


@pytest.mark.parametrize("role", ["system", "developer"])
def test_instructions_behind_do_not_hide_what_is_answered(role: str) -> None:
    instruction = {"role": role, "content": "Be brief."}
    messages = [{"role": "user"}, instruction, {"role": "tool", "content": "one"}, instruction, instruction]

    assert role_of_last(messages) == "tool"
    assert tool_results(messages) == ["one"]
    assert role_of_last(messages[:2]) == "user"
    assert role_of_last([instruction]) is None


def test_half_characters_are_replaced_and_all_others_kept() -> None:
    assert sendable("plain") == "plain"
    assert sendable("é😀") == "é😀"
    assert sendable("a\ud83d") == "a\ufffd"
