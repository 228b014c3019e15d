"""A dialect that differs in nothing is OpenAI's own wire, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from understudy.contracts import family_of
from understudy.mockserver.chat import Answer, Choice, read_chat
from understudy.mockserver.dialects.dialect import dialect_of
from understudy.mockserver.dialects.replies import encode, usage_of
from understudy.mockserver.encode import encode as encode_openai
from understudy.mockserver.identity import stamp
from understudy.mockserver.usage import Counts, usage_document

MARK = stamp(0, b"r" * 16, 0, 1_790_000_000.0)
COUNTS = Counts(prompt=9, completion=3)
KINDS = ("text", "one call", "two choices", "refusal", "empty", "logprobs")
FORMS: Mapping[str, dict[str, Any]] = {
    "whole": {},
    "stream": {"stream": True, "stream_options": {"include_obfuscation": False}},
    "usage": {"stream": True, "stream_options": {"include_obfuscation": False, "include_usage": True}},
}


def both(choices: tuple[Choice, ...], model: str, asked: dict[str, Any]) -> tuple[str, str]:
    chat, family = read_chat({"model": model, "messages": [], **asked}), family_of(model)
    plain = dialect_of({"layout": "indented"})
    assert plain is not None
    answer = Answer(choices)
    ours = encode(chat, answer, family, usage_of(COUNTS, family, plain), plain)
    return ours.text(MARK), encode_openai(chat, answer, family, usage_document(COUNTS, family)).text(MARK)


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-5-mini"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_are_openai_s_wire(
    answers: Mapping[str, tuple[Choice, ...]], kind: str, form: str, model: str
) -> None:
    ours, openai = both(answers[kind], model, FORMS[form])

    assert ours == openai


def test_padding_is_as_long_as_openai_s(answers: Mapping[str, tuple[Choice, ...]]) -> None:
    ours, openai = both(answers["text"], "gpt-4o-mini", {"stream": True})

    assert [len(frame) for frame in ours.split("\n\n")] == [len(frame) for frame in openai.split("\n\n")]
    assert {len(frame[6:]) % 16 for frame in ours.split("\n\n") if frame.startswith("data: {")} == {1}
