"""Requests that are longer than the model's context."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.contracts import Family, family_of
from understudy.mockserver.chat import ChatRequest, read_chat
from understudy.mockserver.overflow import may_overflow, overflow
from understudy.mockserver.tokens.counting import prompt_tokens

TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}


def asking(model: str, **more: Any) -> ChatRequest:
    return read_chat({"model": model, "messages": [{"role": "user", "content": "hi"}], **more})


@pytest.mark.parametrize(
    ("model", "prompt", "more", "words"),
    [
        (
            "gpt-4o",
            128_001,
            {},
            "This model's maximum context length is 128000 tokens. However, your messages resulted in "
            "128001 tokens. Please reduce the length of the messages.",
        ),
        (
            "gpt-4",
            8_000,
            {"max_tokens": 193},
            "This model's maximum context length is 8192 tokens. However, you requested 8193 tokens "
            "(8000 in the messages, 193 in the completion). "
            "Please reduce the length of the messages or completion.",
        ),
        (
            "gpt-5",
            272_001,
            {"max_completion_tokens": 9},
            "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in "
            "272001 tokens. Please reduce the length of the messages.",
        ),
        (
            "o1",
            200_001,
            {"max_completion_tokens": 9},
            "This model's maximum context length is 200000 tokens. However, your messages resulted in "
            "200001 tokens. Please reduce the length of the messages.",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_the_documented_words(
    model: str, prompt: int, more: dict[str, Any], words: str
) -> None:
    chat, family = asking(model, **more), family_of(model)

    error = overflow(chat, family, prompt)

    assert error is not None
    assert (error.status, error.type) == (400, "invalid_request_error")
    assert (error.param, error.code) == ("messages", "context_length_exceeded")
    assert error.message == words
    assert overflow(chat, family, prompt - 1) is None


@pytest.mark.parametrize(
    ("more", "told", "reduce"),
    [
        ({}, "your messages resulted in {n} tokens ({m} in the messages, {f} in the functions)", "messages or functions"),
        (
            {"max_tokens": 5},
            "you requested {n} tokens ({m} in the messages, {f} in the functions, and 5 in the completion)",
            "messages, functions, or completion",
        ),
    ],
)  # fmt: skip
def test_functions_are_counted_apart(more: dict[str, Any], told: str, reduce: str) -> None:
    family = family_of("gpt-4o")
    chat = asking("gpt-4o", tools=[TOOL], **more)
    prompt = prompt_tokens(chat.document, family)
    bare = prompt_tokens(asking("gpt-4o").document, family)
    asked = more.get("max_tokens", 0)

    error = overflow(chat, family, prompt, prompt + asked - 1)

    assert error is not None
    assert prompt > bare
    assert told.format(n=prompt + asked, m=bare, f=prompt - bare) in error.message
    assert error.message.endswith(f" Please reduce the length of the {reduce}.")


def test_the_limit_of_a_profile_goes_before_that_of_the_family() -> None:
    chat, family = asking("gpt-5"), family_of("gpt-5")

    error = overflow(chat, family, 101, 100)

    assert error is not None
    assert error.message.startswith(
        "This model's maximum context length is 100 tokens. However, your messages"
    )
    assert overflow(chat, family, 300_000, 400_000) is None


@pytest.mark.parametrize("cap", [None, True, "9000", 1.5, [9000]])
def test_a_cap_that_is_no_number_asks_for_nothing(cap: object) -> None:
    assert overflow(asking("gpt-4", max_tokens=cap), family_of("gpt-4"), 8192) is None


def test_a_model_of_which_no_limit_is_known_takes_any_length() -> None:
    assert overflow(asking("llama-3"), family_of("llama-3"), 10**9) is None
    assert not may_overflow(b"x" * 10_000, asking("llama-3"), Family())


@pytest.mark.parametrize(
    ("model", "more", "possible"),
    [
        ("gpt-4o", {}, False),
        ("gpt-4o", {"messages": [{"role": "user", "content": "x" * 128_000}]}, True),
        ("gpt-4", {"max_tokens": 8192}, True),
        ("gpt-5", {"max_completion_tokens": 128_000}, False),
        ("gpt-4o", {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, True),
    ],
)
def test_a_short_request_need_not_be_counted(model: str, more: dict[str, Any], possible: bool) -> None:
    chat = asking(model, **more)

    assert may_overflow(json.dumps(chat.document).encode(), chat, family_of(model)) is possible
