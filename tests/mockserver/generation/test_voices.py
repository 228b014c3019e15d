"""Which models can speak."""

from __future__ import annotations

import pytest

from understudy.contracts.families import family_of
from understudy.mockserver.chat import read_chat
from understudy.mockserver.generation.source import generated
from understudy.mockserver.generation.voices import speaks


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o", False), ("openai/gpt-4o", False), ("openai/gpt-5-mini", False), ("gpt-audio", True),
        ("openai/gpt-4o-audio-preview", True), ("ft:gpt-4o:acme", False), ("claude-sonnet-4-5", False),
        ("meta-llama/Llama-3.1-8B-Instruct", False), ("deepseek-chat", False), ("google/gemini-2.5-flash", False),
        ("gemini-2.5-flash-preview-tts", True), ("qwen3-omni-30b", True), ("qwen/qwen3-32b", False),
        ("my-model", True), ("", True),
    ],
)  # fmt: skip
def test_models_that_speak_are_known_by_name(model: str, expected: bool) -> None:
    assert speaks(model, family_of(model)) == expected


@pytest.mark.parametrize("model", ["gpt-4o", "openai/gpt-4o", "llama-3.1-8b-instant"])
@pytest.mark.parametrize("modalities", [["text", "audio"], ["audio"]])
def test_a_model_that_cannot_speak_writes(model: str, modalities: list[str]) -> None:
    asked = {"model": model, "messages": [{"role": "user", "content": "hi"}], "modalities": modalities}
    (choice,) = generated(1)(read_chat({**asked, "audio": {"voice": "ash", "format": "wav"}})).choices

    assert choice.message["content"]
    assert "audio" not in choice.message
