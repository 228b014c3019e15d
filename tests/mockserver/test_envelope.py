"""What stands around choices and usage (FACTS B.1)."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.contracts import Family, family_of
from understudy.mockserver.chat import Answer, Choice, read_chat
from understudy.mockserver.envelope import envelope_of

CHOICES = (Choice({"role": "assistant", "content": "a"}),)


def envelope(model: str = "gpt-4o", own: dict[str, Any] | None = None, **asked: Any) -> dict[str, Any]:
    chat = read_chat({"model": model, "messages": [], **asked})
    return envelope_of(chat, Answer(CHOICES, envelope=own or {}), family_of(model))


@pytest.mark.parametrize(
    ("asked", "tier"),
    [
        ({}, "default"),
        ({"service_tier": None}, "default"),
        ({"service_tier": "auto"}, "default"),
        ({"service_tier": "default"}, "default"),
        ({"service_tier": "flex"}, "flex"),
        ({"service_tier": "priority"}, "priority"),
        ({"service_tier": "fast"}, "priority"),
        ({"service_tier": ["odd"]}, "default"),
    ],
    ids=str,
)
def test_the_tier_is_the_one_that_serves(asked: dict[str, Any], tier: str) -> None:
    assert envelope(**asked)["service_tier"] == tier


@pytest.mark.parametrize(
    ("model", "members"),
    [
        ("gpt-5", {"model": "gpt-5-2025-08-07", "service_tier": "default", "system_fingerprint": None}),
        (
            "gpt-4o-search-preview",
            {"model": "gpt-4o-search-preview-2025-03-11", "system_fingerprint": ""},
        ),
    ],
)
def test_families_differ_in_what_they_leave_out(model: str, members: dict[str, Any]) -> None:
    assert list(envelope(model).items()) == list(members.items())


def test_a_fingerprint_is_the_model_s() -> None:
    assert envelope()["system_fingerprint"].startswith("fp_")
    assert envelope()["system_fingerprint"] != envelope("gpt-4o-mini")["system_fingerprint"]


def test_what_was_asked_for_besides_comes_last() -> None:
    found = envelope(moderation={"model": "m"}, store=True, metadata={"a": "b"})

    assert list(found) == ["model", "service_tier", "system_fingerprint", "moderation", "metadata"]
    assert found["metadata"] == {"a": "b"}


@pytest.mark.parametrize(
    "asked",
    [
        {"metadata": {"a": "b"}},
        {"metadata": {"a": "b"}, "store": False},
        {"metadata": None, "store": True},
        {"metadata": {"a": "b"}, "store": True, "stream": True},
        {"moderation": None},
    ],
    ids=str,
)
def test_what_was_not_asked_for_is_absent(asked: dict[str, Any]) -> None:
    assert list(envelope(**asked)) == ["model", "service_tier", "system_fingerprint"]


def test_an_answer_s_own_envelope_is_all_there_is() -> None:
    own = {"id": "a", "object": "b", "created": 1, "x_groq": {}}

    assert envelope(own=own, moderation={"model": "m"}) == {"model": "gpt-4o", "x_groq": {}}


def test_an_unknown_family_is_like_the_newest_of_openai_s() -> None:
    chat = read_chat({"model": "mine", "messages": []})

    assert list(envelope_of(chat, Answer(CHOICES), Family())) == [
        "model",
        "service_tier",
        "system_fingerprint",
    ]
