"""Answers that are spoken."""

from __future__ import annotations

import base64
import io
import re
import wave
from random import Random
from typing import Any

import pytest

from understudy.mockserver.chat import Choice, read_chat
from understudy.mockserver.generation.sounds import FORMATS, RATE
from understudy.mockserver.generation.source import generated
from understudy.mockserver.generation.speech import TOKENS_A_SECOND, spoken


@pytest.mark.parametrize(
    ("model", "modalities", "expected"),
    [
        ("gpt-4o-audio-preview", ["text", "audio"], True),
        ("gpt-audio-mini", ["audio"], True),
        ("gpt-audio-mini", ["text"], False),
        ("gpt-audio-mini", None, False),
        ("gpt-4o", ["text", "audio"], False),
        ("somebodys-omni", ["text", "audio"], True),
    ],
)
def test_audio_is_for_models_that_speak_when_it_is_asked_for(
    model: str, modalities: Any, expected: bool
) -> None:
    asked = {"model": model, "messages": [{"role": "user", "content": "hi"}], "modalities": modalities}
    message = generated(0)(read_chat(asked)).choices[0].message

    assert ("audio" in message) == expected
    assert (message["content"] is None) == expected


@pytest.mark.parametrize("wanted", [{"format": "wav"}, {}, {"format": "ogg"}, None, 3, {"format": []}])
def test_the_file_is_as_long_as_its_tokens(wanted: Any) -> None:
    speech = spoken({"audio": wanted}, "Hello.", -1, Random(1))

    with wave.open(io.BytesIO(base64.b64decode(speech.audio["data"]))) as file:
        seconds = file.getnframes() / RATE
    assert list(speech.audio) == ["id", "data", "transcript"]
    assert re.fullmatch("audio_[0-9a-f]{32}", speech.audio["id"])
    assert speech.audio["transcript"] == "Hello."
    assert (speech.tokens / TOKENS_A_SECOND, speech.cut) == (seconds, False)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_made_and_chance_decides_of_the_sound(form: str) -> None:
    made = {spoken({"audio": {"format": form}}, "", -1, Random(seed)).audio["data"] for seed in range(20)}

    assert len(made) > 1


@pytest.mark.parametrize("most", [0, 3])
def test_a_limit_cuts_the_sound(most: int) -> None:
    speech = spoken({}, "", most, Random(1))

    assert (speech.tokens, speech.cut) == (most, True)


def one(**more: Any) -> Choice:
    document = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}], **more}
    (choice,) = generated(1)(read_chat(document)).choices
    return choice


AUDIO: dict[str, Any] = {
    "model": "gpt-4o-audio-preview",
    "modalities": ["text", "audio"],
    "audio": {"voice": "alloy", "format": "mp3"},
}


def test_an_answer_is_spoken_where_that_is_asked() -> None:
    choice = one(**AUDIO)

    assert list(choice.message) == ["role", "content", "refusal", "audio", "annotations"]
    assert choice.message["content"] is None
    assert "".join(choice.pieces or ()) == choice.message["audio"]["transcript"]
    assert choice.audio_tokens > 0
    assert choice.tokens == choice.audio_tokens + len(choice.pieces or ())
    assert one(**AUDIO) == choice


@pytest.mark.parametrize("most", [0, 2, 12, 30])
def test_a_limit_is_one_of_transcript_and_sound(most: int) -> None:
    choice = one(**AUDIO, max_completion_tokens=most)

    assert (choice.tokens, choice.finish_reason) == (most, "length")


def test_several_choices_say_different_things() -> None:
    document = {"messages": [{"role": "user", "content": "Hello"}], "n": 6, **AUDIO}
    choices = generated(1)(read_chat(document)).choices

    assert len({choice.message["audio"]["transcript"] for choice in choices}) == 6
