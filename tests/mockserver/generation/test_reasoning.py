"""What is thought before it is said."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.contracts.families import family_of
from understudy.mockserver.chat import Choice, read_chat
from understudy.mockserver.generation.reasoning import STEP, thinker, thought
from understudy.mockserver.generation.source import generated
from understudy.mockserver.tokens.bpe import count

MESSAGES = [{"role": "user", "content": "Why is  the\nsky blue?"}]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-5", True), ("o3-mini", True), ("o1", True), ("openai/gpt-5-mini", True), ("deepseek-reasoner", True),
        ("deepseek/deepseek-r1", True), ("deepseek-ai/DeepSeek-R1-0528", True), ("qwen/qwen3-32b", True),
        ("openai/gpt-oss-120b", True), ("anthropic/claude-3.7-sonnet:thinking", True), ("magistral-small", True),
        ("gpt-4o", False), ("gpt-5-chat-latest", False), ("deepseek-chat", False), ("llama-3.1-8b-instant", False),
        ("qwen3-coder-plus", False), ("qwen3-30b-a3b-instruct-2507", False), ("gpt-5-4-mini", False), ("", False),
    ],
)  # fmt: skip
def test_models_that_think_are_known_by_name(model: str, expected: bool) -> None:
    assert (thinker(model) is not None) == expected


@pytest.mark.parametrize(
    ("effort", "low", "high"),
    [("none", 0, 0), ("minimal", 0, 1), ("low", 1, 3), (None, 1, 12), ("high", 4, 32), ("xhigh", 16, 64)],
)
def test_tokens_are_steps_of_64_by_effort(effort: Any, low: int, high: int) -> None:
    document = {"reasoning_effort": effort}
    found = {thought(document, MESSAGES, family_of("gpt-5"), 7919 * at).tokens for at in range(2_000)}

    assert {tokens % STEP for tokens in found} == {0}
    assert (min(found), max(found)) == (low * STEP, high * STEP)


@pytest.mark.parametrize("model", ["gpt-5.1", "gpt-5.4"])
def test_models_whose_own_effort_is_none_think_when_asked(model: str) -> None:
    assert thought({}, MESSAGES, family_of(model), 5) == (None, 0)
    assert thought({"reasoning_effort": "low"}, MESSAGES, family_of(model), 5).tokens


def test_models_of_others_cost_what_they_show() -> None:
    text, tokens = thought({}, MESSAGES, family_of("deepseek-reasoner"), 3)

    assert text is not None
    assert '"Why is the sky blue?"' in text
    assert tokens == count(text)


@pytest.mark.parametrize(
    "document",
    [
        {"reasoning": {"enabled": False}},
        {"reasoning": {"effort": "none"}},
        {"thinking": {"type": "disabled"}},
        {"chat_template_kwargs": {"enable_thinking": False}},
        {"reasoning_effort": "none"},
    ],
)
def test_thinking_is_switched_off_in_each_providers_words(document: dict[str, Any]) -> None:
    assert thought(document, MESSAGES, family_of("qwen3-8b"), 3) == (None, 0)


@pytest.mark.parametrize(
    "document", [{"reasoning": 3}, {"reasoning_effort": []}, {"reasoning_effort": "much"}]
)
def test_other_words_change_nothing(document: dict[str, Any]) -> None:
    assert thought(document, [], family_of("gpt-5"), 3) == thought({}, [], family_of("gpt-5"), 3)


def one(**more: Any) -> Choice:
    document = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}], **more}
    (choice,) = generated(1)(read_chat(document)).choices
    return choice


def test_a_model_that_thinks_has_thought() -> None:
    choice = one(model="gpt-5")

    assert choice.reasoning_tokens > 0
    assert choice.reasoning_tokens % 64 == 0
    assert choice.tokens == count(choice.message["content"])
    assert '"Hello"' in (choice.reasoning or "")
    quick = one(model="gpt-5.1")
    assert (quick.reasoning, quick.reasoning_tokens) == (None, 0)


@pytest.mark.parametrize(
    "more", [{}, {"functions": [{"name": "f"}]}, {"response_format": {"type": "json_object"}}]
)
@pytest.mark.parametrize("most", [0, 1, 63, 64])
def test_a_limit_below_the_thoughts_leaves_nothing_to_say(more: dict[str, Any], most: int) -> None:
    choice = one(model="gpt-5", max_completion_tokens=most, reasoning_effort="high", **more)

    assert choice.message == {"role": "assistant", "content": "", "refusal": None, "annotations": []}
    assert (choice.finish_reason, choice.reasoning_tokens, choice.tokens) == ("length", most, 0)
    assert tuple(choice.pieces or ()) == ()


@pytest.mark.parametrize("model", ["deepseek-reasoner", "qwen/qwen3-32b", "gpt-5"])
def test_a_thought_that_is_cut_is_shown_as_far_as_it_is_billed(model: str) -> None:
    whole = one(model=model).reasoning or ""
    for most in (0, 1, 7, 20):
        choice = one(model=model, max_completion_tokens=most)

        assert choice.reasoning_tokens == most
        assert count(choice.reasoning or "") == most
        assert (choice.reasoning is None) == (most == 0)
        assert choice.reasoning != whole


def test_a_limit_above_the_thoughts_is_one_of_both() -> None:
    for most in range(64, 1_000, 13):
        choice = one(model="gpt-5", max_completion_tokens=most)

        assert choice.reasoning_tokens + (choice.tokens or 0) <= most
        if choice.finish_reason == "length":
            assert choice.reasoning_tokens + (choice.tokens or 0) == most
