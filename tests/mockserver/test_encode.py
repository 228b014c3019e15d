"""Answers as bytes: the document and the stream (FACTS B.1 to B.4)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.contracts import Family, accumulate, check_completion, check_stream, chunks_of, family_of
from understudy.mockserver.chat import Answer, Choice, read_chat
from understudy.mockserver.encode import encode
from understudy.mockserver.identity import Stamp, stamp
from understudy.mockserver.usage import Counts, usage_document

MARK = stamp(0, b"r" * 16, 0, 1_700_000_000.0)
USAGE = usage_document(Counts(9, 3), Family())
GPT_4O = "gpt-4o-mini"


def message(**members: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, **members}


def call(name: str, arguments: str, letter: str = "a") -> dict[str, Any]:
    return {
        "id": f"call_{letter * 24}",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


TEXT = Choice(message(content="Hello \u4f60\u597d \U0001f3ad", refusal=None, annotations=[]))
ONE_CALL = Choice(message(tool_calls=[call("f", '{"a": 1}')], refusal=None, annotations=[]), "tool_calls")
TWO_CALLS = Choice(
    message(tool_calls=[call("f", '{"a": 1}'), call("g", "{}", "b")], refusal=None, annotations=[]),
    "tool_calls",
)
REFUSAL = Choice(message(refusal="I cannot help with that.", annotations=[]))
LEGACY = Choice(
    message(function_call={"name": "f", "arguments": "{}"}, refusal=None, annotations=[]), "function_call"
)
CUSTOM = Choice(
    message(
        tool_calls=[{"id": "call_" + "c" * 24, "type": "custom", "custom": {"name": "sql", "input": "select 1"}}],
        refusal=None, annotations=[],
    ),
    "tool_calls",
)  # fmt: skip
SCORED = Choice(
    message(content="Hi", refusal=None, annotations=[]),
    logprobs={
        "content": [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}],
        "refusal": None,
    },
)
BOTH = Choice(
    message(content="Look", tool_calls=[call("f", "{}")], refusal=None, annotations=[]), "tool_calls"
)
AUDIO = Choice(
    message(
        refusal=None,
        audio={"id": "audio_1", "data": "UklG" * 4_000, "transcript": "Hello \u4f60\u597d"},
        annotations=[],
    )
)
CITING = Choice(
    message(
        content="See there.",
        refusal=None,
        annotations=[
            {
                "type": "url_citation",
                "url_citation": {"end_index": 3, "start_index": 0, "title": "\u4f60", "url": "https://e.org"},
            }
        ],
    )
)
ANSWERS = {
    "text": (TEXT,),
    "one call": (ONE_CALL,),
    "parallel calls": (TWO_CALLS,),
    "refusal": (REFUSAL,),
    "legacy function": (LEGACY,),
    "custom tool": (CUSTOM,),
    "logprobs": (SCORED,),
    "text and call": (BOTH,),
    "three choices": (TEXT, TEXT, ONE_CALL),
    "audio": (AUDIO,),
    "citations": (CITING,),
    "audio beside text": (TEXT, AUDIO),
    "empty": (Choice(message(content="", refusal=None, annotations=[])),),
}


def encoded(
    *choices: Choice,
    model: str = GPT_4O,
    mark: Stamp = MARK,
    envelope: dict[str, Any] | None = None,
    **asked: Any,
) -> str:
    chat = read_chat({"model": model, "messages": [], **asked})
    return encode(chat, Answer(choices, envelope=envelope or {}), family_of(model), USAGE).text(mark)


def frames(text: str) -> list[str]:
    """Return the payload of each event."""
    assert text.endswith("\n\n")
    return [frame.removeprefix("data: ") for frame in text[:-2].split("\n\n")]


def chunks(text: str) -> list[dict[str, Any]]:
    *events, done = frames(text)
    assert done == "[DONE]"
    return [json.loads(event) for event in events]


def test_a_body_is_the_api_s_byte_for_byte() -> None:
    text = encoded(Choice(message(content="Hi", refusal=None, annotations=[])))

    assert text == (
        "{\n"
        f'  "id": "{MARK.id}",\n'
        '  "object": "chat.completion",\n'
        '  "created": 1700000000,\n'
        '  "model": "gpt-4o-mini-2024-07-18",\n'
        '  "choices": [\n    {\n      "index": 0,\n      "message": {\n        "role": "assistant",\n'
        '        "content": "Hi",\n        "refusal": null,\n        "annotations": []\n      },\n'
        '      "logprobs": null,\n      "finish_reason": "stop"\n    }\n  ],\n'
        '  "usage": {\n    "prompt_tokens": 9,\n    "completion_tokens": 3,\n    "total_tokens": 12,\n'
        '    "prompt_tokens_details": {\n      "cached_tokens": 0,\n      "audio_tokens": 0\n    },\n'
        '    "completion_tokens_details": {\n      "reasoning_tokens": 0,\n      "audio_tokens": 0,\n'
        '      "accepted_prediction_tokens": 0,\n      "rejected_prediction_tokens": 0\n    }\n  },\n'
        '  "service_tier": "default",\n'
        f'  "system_fingerprint": "{json.loads(text)["system_fingerprint"]}"\n'
        "}\n"
    )


@pytest.mark.parametrize("choices", ANSWERS.values(), ids=ANSWERS)
def test_every_body_is_laid_out_like_the_standard_encoder_s(choices: tuple[Choice, ...]) -> None:
    text = encoded(*choices)

    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("choices", ANSWERS.values(), ids=ANSWERS)
def test_every_body_keeps_its_contract(choices: tuple[Choice, ...]) -> None:
    assert check_completion(json.loads(encoded(*choices))) == ()


@pytest.mark.parametrize("options", [{}, {"include_usage": True}, {"include_obfuscation": False}], ids=str)
@pytest.mark.parametrize("choices", ANSWERS.values(), ids=ANSWERS)
def test_every_stream_keeps_its_contract(choices: tuple[Choice, ...], options: dict[str, bool]) -> None:
    text = encoded(*choices, stream=True, stream_options=options)

    assert check_stream(text.encode()) == ()


@pytest.mark.parametrize("choices", ANSWERS.values(), ids=ANSWERS)
def test_a_stream_says_what_the_body_says(choices: tuple[Choice, ...]) -> None:
    whole = json.loads(encoded(*choices))

    joined = accumulate(chunks_of(encoded(*choices, stream=True).encode()))

    for said, meant in zip(joined["choices"], whole["choices"], strict=True):
        heard = {key: value for key, value in said["message"].items() if value is not None}
        assert heard == {
            key: value for key, value in meant["message"].items() if value is not None and value != []
        }
        assert said["finish_reason"] == meant["finish_reason"]


def test_chunks_are_compact_in_the_api_s_order() -> None:
    text = encoded(TEXT, stream=True)

    for frame in frames(text)[:-1]:
        chunk = json.loads(frame)
        assert frame == json.dumps(chunk, separators=(",", ":"), ensure_ascii=False)
        assert list(chunk) == [
            "id", "object", "created", "model", "service_tier", "system_fingerprint", "choices", "obfuscation",
        ]  # fmt: skip
        assert list(chunk["choices"][0]) == ["index", "delta", "logprobs", "finish_reason"]
    assert text.endswith("data: [DONE]\n\n")


def test_all_chunks_have_one_identity() -> None:
    found = {
        (chunk["id"], chunk["object"], chunk["created"], chunk["model"], chunk["system_fingerprint"])
        for chunk in chunks(encoded(TEXT, TWO_CALLS, stream=True, stream_options={"include_usage": True}))
    }

    assert len(found) == 1
    assert found.pop()[:3] == (MARK.id, "chat.completion.chunk", 1_700_000_000)


def test_usage_asked_for_is_null_until_a_chunk_of_its_own() -> None:
    *others, last = chunks(encoded(TEXT, stream=True, stream_options={"include_usage": True}))

    assert [chunk["usage"] for chunk in others] == [None] * len(others)
    assert (last["choices"], last["usage"]) == ([], USAGE)


def test_usage_not_asked_for_is_absent() -> None:
    assert all("usage" not in chunk for chunk in chunks(encoded(TEXT, stream=True)))


def test_with_parallel_calls_usage_comes_before_the_choices_until_they_end() -> None:
    *speech, end, usage = chunks(encoded(TWO_CALLS, stream=True, stream_options={"include_usage": True}))

    for chunk in speech:
        assert list(chunk)[-3:] == ["usage", "choices", "obfuscation"]
    for chunk in (end, usage):
        assert list(chunk)[-3:] == ["choices", "usage", "obfuscation"]


@pytest.mark.parametrize("choices", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("usage", [False, True])
def test_every_chunk_has_1_modulo_16_characters(choices: tuple[Choice, ...], usage: bool) -> None:
    events = frames(encoded(*choices, stream=True, stream_options={"include_usage": usage}))[:-1]

    assert {len(event) % 16 for event in events} == {1}
    for event in events:
        assert re.fullmatch(r"[A-Za-z0-9]{0,15}", json.loads(event)["obfuscation"])
        assert list(json.loads(event))[-1] == "obfuscation"


@given(st.text(), st.integers(min_value=0, max_value=65_535))
def test_any_text_is_padded_by_characters_and_not_by_bytes(said: str, offset: int) -> None:
    text = encoded(Choice(message(content=said)), mark=MARK._replace(offset=offset), stream=True)

    assert {len(event) % 16 for event in frames(text)[:-1]} == {1}
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks(text)) == said


def test_without_obfuscation_the_member_is_absent() -> None:
    text = encoded(TEXT, stream=True, stream_options={"include_obfuscation": False, "include_usage": True})

    assert all("obfuscation" not in chunk for chunk in chunks(text))


def test_a_stream_with_logprobs_opens_with_empty_ones() -> None:
    first, token, last = [chunk["choices"][0] for chunk in chunks(encoded(SCORED, stream=True))]

    assert first["logprobs"] == {"content": [], "refusal": None}
    assert token["logprobs"] == SCORED.logprobs
    assert last["logprobs"] is None


@pytest.mark.parametrize(
    ("model", "logprobs", "fingerprint"),
    [("gpt-4o", True, True), ("o1", False, True), ("gpt-5", False, False)],
)
@pytest.mark.parametrize("stream", [False, True])
def test_families_differ_in_what_they_leave_out(
    model: str, logprobs: bool, fingerprint: bool, stream: bool
) -> None:
    text = encoded(TEXT, model=model, stream=stream)

    for document in chunks(text) if stream else [json.loads(text)]:
        assert ("logprobs" in document["choices"][0]) == logprobs
        assert (document["system_fingerprint"] is not None) == fingerprint


def test_an_answer_s_own_envelope_replaces_ours() -> None:
    own = {"id": "chatcmpl-own", "created": 5, "model": "other", "x_groq": {"id": "r"}}

    body = json.loads(encoded(TEXT, envelope=own))
    chunk = chunks(encoded(TEXT, envelope=own, stream=True))[0]

    assert list(body) == ["id", "object", "created", "model", "choices", "usage", "x_groq"]
    assert (body["id"], body["created"], body["model"], body["x_groq"]) == (
        "chatcmpl-own",
        5,
        "other",
        {"id": "r"},
    )
    assert list(chunk) == ["id", "object", "created", "model", "choices", "x_groq", "obfuscation"]
    assert (chunk["id"], chunk["created"], chunk["model"]) == ("chatcmpl-own", 5, "other")


@pytest.mark.parametrize("own", [{"id": None, "created": None}, {"created": "yesterday", "model": "m"}])
def test_an_envelope_without_a_usable_identity_gets_ours(own: dict[str, Any]) -> None:
    body = json.loads(encoded(TEXT, envelope=own))

    assert (body["id"], body["created"]) == (MARK.id, 1_700_000_000)
