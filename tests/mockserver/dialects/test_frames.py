"""What follows what in a dialect's stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from understudy.contracts import family_of
from understudy.mockserver.chat import Choice
from understudy.mockserver.dialects.dialect import Dialect
from understudy.mockserver.dialects.frames import said, scored, token_id
from understudy.mockserver.dialects.words import words_of

FAMILY = family_of("gpt-4o")
Named = Callable[[str], Dialect]
Answers = Mapping[str, tuple[Choice, ...]]


def kinds(choices: tuple[Choice, ...], dialect: Dialect) -> list[str]:
    words = [words_of(choice, dialect, FAMILY, own_ids=False) for choice in choices]
    told = [f"{one.kind} {one.values['index']}" for one in said(choices, words, dialect, FAMILY)]
    return [kind for number, kind in enumerate(told) if number == 0 or kind != told[number - 1]]


@pytest.mark.parametrize(
    ("name", "kind", "order"),
    [
        ("azure", "text", ["role 0", "text 0", "finish 0"]),
        ("azure", "one call", ["role_call 0", "arguments 0", "finish 0"]),
        ("azure", "calls", ["role_calls 0", "call 0", "arguments 0", "call 0", "arguments 0", "finish 0"]),
        ("azure", "refusal", ["role_refusal 0", "refusal 0", "finish 0"]),
        ("azure", "text and call", ["role 0", "text 0", "call 0", "arguments 0", "finish 0"]),
        ("deepseek", "reasoning", ["role_reasoning 0", "reasoning 0", "text 0", "finish 0"]),
        ("groq", "calls", ["role 0", "call 0", "finish 0"]),
        ("mistral", "text", ["role 0", "text 0"]),
        ("mistral", "calls", ["role 0", "call 0"]),
        ("vllm", "empty", ["role 0", "text 0"]),
        ("xai", "reasoning", ["reasoning 0", "text 0", "finish 0"]),
        ("xai", "empty", ["text 0", "finish 0"]),
        ("ollama", "refusal", ["text 0", "finish 0"]),
    ],
)
def test_chunks_come_in_the_order_of_the_dialect(
    dialect_named: Named, answers: Answers, name: str, kind: str, order: list[str]
) -> None:
    assert kinds(answers[kind], dialect_named(name)) == order


def test_choices_take_turns_and_end_in_index_order(dialect_named: Named, answers: Answers) -> None:
    order = kinds(answers["two choices"], dialect_named("groq"))

    assert order[:6] == ["role 0", "text 0", "role 1", "text 1", "text 0", "text 1"]
    assert order[-2:] == ["finish 0", "finish 1"]


def test_a_finish_that_is_carried_is_on_the_last_chunk_of_its_choice(
    dialect_named: Named, answers: Answers
) -> None:
    dialect = dialect_named("mistral")
    words = [words_of(choice, dialect, FAMILY, own_ids=False) for choice in answers["two choices"]]

    told = list(said(answers["two choices"], words, dialect, FAMILY))

    ends = [(one.values["index"], one.values["finish_reason"]) for one in told if one.values["finish_reason"]]
    assert sorted(ends) == [(0, "stop"), (1, "length")]


def test_pieces_of_an_answer_are_its_own(dialect_named: Named) -> None:
    choice = Choice({"role": "assistant", "content": "abc"}, pieces=("a", "bc"))
    dialect = dialect_named("ollama")

    told = list(said((choice,), [words_of(choice, dialect, FAMILY, own_ids=False)], dialect, FAMILY))

    assert [one.values["text"] for one in told] == ["a", "bc", ""]


@pytest.mark.parametrize("content", [[{"type": "text", "text": "x"}], {"a": 1}])
def test_content_that_is_no_text_comes_whole(dialect_named: Named, content: Any) -> None:
    choice = Choice({"role": "assistant", "content": content})
    dialect = dialect_named("groq")

    told = list(said((choice,), [words_of(choice, dialect, FAMILY, own_ids=False)], dialect, FAMILY))

    assert [one.delta for one in told] == [None, {"content": content}, None]


def test_members_without_words_of_their_own_come_in_a_delta(dialect_named: Named) -> None:
    choice = Choice({"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}})
    dialect = dialect_named("groq")

    told = list(said((choice,), [words_of(choice, dialect, FAMILY, own_ids=False)], dialect, FAMILY))

    assert [one.delta for one in told if one.delta] == [{"function_call": {"name": "f", "arguments": "{}"}}]


def test_tokens_that_cut_a_character_come_together() -> None:
    snow = "\u2603".encode()
    scores = [{"token": "?", "bytes": [snow[0]]}, {"token": "?", "bytes": [*snow[1:]]}, {"token": "b"}]

    assert [(text, len(told)) for text, told in scored(scores)] == [("\u2603", 2), ("b", 1)]


def test_an_end_within_a_character_is_told_as_its_tokens() -> None:
    assert [text for text, _ in scored([{"token": "?", "bytes": [0xE2]}])] == ["?"]


def test_equal_texts_have_equal_token_ids() -> None:
    assert token_id("a") == token_id("a") != token_id("b")
    assert 0 <= token_id("\u00e9") < 128_000
