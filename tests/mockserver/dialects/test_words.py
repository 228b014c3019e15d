"""What a choice says, in a dialect's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from understudy.contracts import family_of
from understudy.mockserver.chat import Choice
from understudy.mockserver.dialects.dialect import Dialect
from understudy.mockserver.dialects.templates import ABSENT
from understudy.mockserver.dialects.words import words_of

Named = Callable[[str], Dialect]
FAMILY = family_of("gpt-4o")
GENERATED = "call_" + "a" * 24


def call(identity: str) -> dict[str, Any]:
    return {"id": identity, "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(("name", "refusal"), [("deepseek", None), ("azure", "No.")])
def test_a_refusal_is_content_where_there_is_no_member_for_it(
    dialect_named: Named, name: str, refusal: str | None
) -> None:
    choice = Choice({"role": "assistant", "content": None, "refusal": "No."})

    words = words_of(choice, dialect_named(name), FAMILY, own_ids=False)

    assert words.refusal == refusal
    assert words.content == (None if refusal else "No.")
    assert words.message["content"] == (None if refusal else "No.")


@pytest.mark.parametrize(
    ("identity", "own_ids", "stays"),
    [
        (GENERATED, False, False),
        (GENERATED, True, True),
        ("call_mine", False, True),
        ("functions.f:0", False, True),
    ],
)
def test_only_generated_ids_follow_the_pattern(
    dialect_named: Named, identity: str, own_ids: bool, stays: bool
) -> None:
    choice = Choice({"role": "assistant", "content": None, "tool_calls": [call(identity)]})

    words = words_of(choice, dialect_named("mistral"), FAMILY, own_ids=own_ids)

    assert (words.message["tool_calls"][0]["id"] == identity) is stays
    assert stays or len(words.message["tool_calls"][0]["id"]) == 9


def test_what_a_template_does_not_name_is_not_lost(dialect_named: Named) -> None:
    said = {"role": "assistant", "content": "x", "annotations": [{"type": "url_citation"}], "refusal": None}

    words = words_of(Choice(said), dialect_named("ollama"), FAMILY, own_ids=False)

    assert words.message == {"role": "assistant", "content": "x", "annotations": [{"type": "url_citation"}]}
    assert words.others == {"annotations": [{"type": "url_citation"}]}


def test_a_custom_call_goes_out_as_it_is(dialect_named: Named) -> None:
    custom = {"id": "call_1", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}

    words = words_of(
        Choice({"role": "assistant", "content": None, "tool_calls": [custom]}),
        dialect_named("groq"),
        FAMILY,
        own_ids=False,
    )

    assert words.message["tool_calls"] == [custom]


@pytest.mark.parametrize(("model", "logprobs"), [("gpt-4o", None), ("gpt-5", ABSENT)])
def test_logprobs_that_a_family_does_not_send_are_absent(
    dialect_named: Named, model: str, logprobs: Any
) -> None:
    words = words_of(Choice({"content": "x"}), dialect_named("azure"), family_of(model), own_ids=False)

    assert words.logprobs is logprobs


def test_a_recorded_thought_is_one(dialect_named: Named) -> None:
    said = {"role": "assistant", "content": "x", "reasoning_content": "hm"}

    words = words_of(Choice(said), dialect_named("ollama"), FAMILY, own_ids=True)

    assert words.message == {"role": "assistant", "content": "x", "reasoning": "hm"}


def test_keys_of_an_answer_are_sorted_where_the_dialect_sorts(dialect_named: Named) -> None:
    scores = {
        "content": [{"token": "x", "logprob": -0.1, "bytes": None, "top_logprobs": []}],
        "refusal": None,
    }

    words = words_of(
        Choice({"role": "assistant", "content": "x"}, logprobs=scores),
        dialect_named("azure"),
        FAMILY,
        own_ids=False,
    )

    assert list(words.logprobs["content"][0]) == ["bytes", "logprob", "token", "top_logprobs"]
