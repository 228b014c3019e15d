"""Whole replies and streams of each dialect: they pass the contracts, and say the same in both forms."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from understudy.contracts import (
    accumulate,
    check_completion,
    check_exchange,
    check_stream,
    chunks_of,
    family_of,
)
from understudy.mockserver.chat import Answer, Choice, read_chat
from understudy.mockserver.dialects.dialect import Dialect, dialect_of
from understudy.mockserver.dialects.replies import encode, usage_of
from understudy.mockserver.identity import stamp
from understudy.mockserver.usage import Counts, usage_document

Say = Callable[..., Any]
Named = Callable[[str], Dialect]
KINDS = (
    "text",
    "one call",
    "calls",
    "two choices",
    "reasoning",
    "refusal",
    "empty",
    "text and call",
    "logprobs",
)
MARK = stamp(0, b"r" * 16, 0, 1_790_000_000.0)
GPT_4O = family_of("gpt-4o")

# what the real APIs do too, and the contract of compatible APIs warns of
ROLE_EVERYWHERE = {"stream.role_repeated"}
WARNED: Mapping[str, set[str]] = {
    "azure": {"stream.empty_choices", "stream.envelope", "stream.object"},  # its first chunk
    "bytespike": set(),
    "deepseek": set(),
    "groq": {"stream.envelope"},  # service_tier on the last chunk alone
    "mistral": set(),
    "ollama": ROLE_EVERYWHERE,
    "openrouter": ROLE_EVERYWHERE | {"stream.finish_repeated"},  # the chunk of usage repeats it
    "together": ROLE_EVERYWHERE,
    "vllm": {"stream.envelope"},  # the fingerprint on terminal chunks alone
    "xai": {"completion.reasoning_tokens", "completion.usage_total"},  # reasoning beside the completion
}


@pytest.mark.parametrize("name", WARNED)
def test_replies_pass_the_contracts_but_for_what_their_api_does(say: Say, name: str) -> None:
    found = []
    for kind in KINDS:
        told = say(name, kind)
        found += check_completion(told.document, profile="compatible")
        for options in ({}, {"stream_options": {"include_usage": True}}):
            stream = say(name, kind, stream=True, **options).text.encode()
            found += check_stream(stream, profile="compatible")

    assert [violation for violation in found if violation.tier == "error"] == []
    assert {violation.rule for violation in found if violation.tier == "warning"} == WARNED[name]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", WARNED)
def test_a_reply_fits_its_request(say: Say, name: str, kind: str) -> None:
    asked: dict[str, Any] = {"n": 2} if kind == "two choices" else {}
    if "call" in kind:
        asked["tools"] = [
            {"type": "function", "function": {"name": tool, "parameters": {"type": "object"}}}
            for tool in ("get_weather", "get_time")
        ]
    whole = say(name, kind, **asked)
    stream = say(name, kind, stream=True, **asked)

    found = check_exchange(whole.request, whole.document, profile="compatible")
    found += check_exchange(stream.request, chunks_of(stream.text.encode()), profile="compatible")

    assert [violation for violation in found if violation.tier == "error"] == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "reasoning"])
@pytest.mark.parametrize("name", WARNED)
def test_a_stream_says_what_a_whole_reply_says(say: Say, name: str, kind: str) -> None:
    whole = say(name, kind).document
    streamed = accumulate(chunks_of(say(name, kind, stream=True).text.encode()))

    for one, other in zip(whole["choices"], streamed["choices"], strict=True):
        assert (one["message"].get("content") or "") == (other["message"].get("content") or "")
        assert (one["message"].get("refusal") or "") == (other["message"].get("refusal") or "")
        assert spoken_calls(one["message"]) == spoken_calls(other["message"])
        assert one["finish_reason"] == other["finish_reason"]
    assert whole["id"] == streamed["id"]


def spoken_calls(message: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in message.get("tool_calls") or ()
    ]


@pytest.mark.parametrize("name", WARNED)
def test_another_attempt_has_another_id(say: Say, name: str) -> None:
    ids = {say(name, "text", attempt=attempt).document["id"] for attempt in range(9)}

    assert len(ids) >= 8  # the ids of ollama are few


@pytest.mark.parametrize("name", ["azure", "groq", "ollama", "openrouter", "vllm", "xai"])
def test_usage_in_a_chunk_of_its_own_comes_when_asked(say: Say, name: str) -> None:
    always = name == "openrouter"

    assert ("usage" in say(name, "text", stream=True).chunks[-1]) is always
    assert say(name, "text", stream=True, stream_options={"include_usage": True}).chunks[-1]["usage"]


@pytest.mark.parametrize("name", ["deepseek", "mistral", "together"])
def test_usage_on_the_finish_chunk_is_told_once_for_all_choices(say: Say, name: str) -> None:
    chunks = say(name, "two choices", stream=True).chunks

    assert [bool(chunk.get("usage")) for chunk in chunks].count(True) == 1
    assert chunks[-1]["usage"]
    assert chunks[-1]["choices"]


def test_obfuscation_is_left_out_where_it_is_not_wanted(say: Say) -> None:
    chunks = say("azure", "text", stream=True, stream_options={"include_obfuscation": False}).chunks

    assert not any("obfuscation" in chunk for chunk in chunks)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ollama", {"prompt_tokens": 100, "completion_tokens": 30, "total_tokens": 130}),
        (
            "deepseek",
            {
                "prompt_tokens": 100,
                "completion_tokens": 30,
                "total_tokens": 130,
                "prompt_tokens_details": {"cached_tokens": 64},
                "completion_tokens_details": {"reasoning_tokens": 10},
                "prompt_cache_hit_tokens": 64,
                "prompt_cache_miss_tokens": 36,
            },
        ),
        (
            "together",
            {"prompt_tokens": 100, "completion_tokens": 30, "total_tokens": 130, "cached_tokens": 64},
        ),
    ],
)
def test_usage_has_the_members_of_its_api(dialect_named: Named, name: str, expected: dict[str, Any]) -> None:
    counts = Counts(prompt=100, completion=30, cached=64, reasoning=10)

    assert usage_of(counts, GPT_4O, dialect_named(name)) == expected


def test_xai_counts_reasoning_beside_the_completion(dialect_named: Named) -> None:
    usage = usage_of(Counts(prompt=100, completion=30, reasoning=10), GPT_4O, dialect_named("xai"))

    assert (usage["completion_tokens"], usage["total_tokens"]) == (20, 130)
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 10
    assert type(usage["cost_in_usd_ticks"]) is int


def test_usage_without_a_template_is_openai_s() -> None:
    plain = dialect_of({"layout": "compact"})
    counts = Counts(prompt=100, completion=30)

    assert plain is not None
    assert usage_of(counts, GPT_4O, plain) == usage_document(counts, GPT_4O)


RECORDED = Answer(
    (
        Choice(
            {"role": "assistant", "content": "Hi", "reasoning": "Greet."},
            extra={"native_finish_reason": "STOP"},
        ),
    ),
    envelope={"id": "gen-1", "created": 7, "model": "google/gemini", "provider": "Google", "new": 1},
)


def test_a_recorded_answer_keeps_its_own_members(dialect_named: Named) -> None:
    chat = read_chat({"model": "x", "messages": []})

    text = encode(chat, RECORDED, GPT_4O, {"total_tokens": 3}, dialect_named("openrouter")).text(MARK)

    assert json.loads(text) == {
        "id": "gen-1",
        "object": "chat.completion",
        "created": 7,
        "model": "google/gemini",
        "provider": "Google",
        "choices": [
            {
                "index": 0,
                "logprobs": None,
                "finish_reason": "stop",
                "native_finish_reason": "STOP",
                "message": RECORDED.choices[0].message,
            }
        ],
        "usage": {"total_tokens": 3},
        "new": 1,
    }


def test_a_recorded_answer_streams_under_its_own_name(dialect_named: Named) -> None:
    chat = read_chat({"model": "x", "messages": [], "stream": True})

    text = encode(chat, RECORDED, GPT_4O, {"total_tokens": 3}, dialect_named("openrouter")).text(MARK)

    chunks = chunks_of(text.encode())
    assert {(chunk["id"], chunk["created"], chunk["provider"]) for chunk in chunks[:-1]} == {
        ("gen-1", 7, "Google")
    }
    assert chunks[-2]["choices"][0]["native_finish_reason"] == "STOP"
