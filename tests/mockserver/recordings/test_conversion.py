from __future__ import annotations

import json
from typing import Any

from understudy.mockserver.cassettes import Cassettes
from understudy.mockserver.chat import Answer, Choice
from understudy.mockserver.recordings.conversion import converted
from understudy.mockserver.recordings.recording import Recording, read_recording


def completion(text: str, **more: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": "chatcmpl-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        **more,
    }


def recording(**response: Any) -> Recording:
    request = {"body": {"model": "m", "messages": []}}
    return read_recording({"request": request, "response": {"status": 200, **response}}, "a")


def test_every_member_of_a_reply_has_its_place_in_the_answer() -> None:
    logprobs: dict[str, Any] = {"content": [], "refusal": None}
    whole = completion(
        "Hello", object="chat.completion", model="m", usage={"total_tokens": 2}, x_groq={"id": "r"}
    )
    whole["choices"][0] |= {"logprobs": logprobs, "native_finish_reason": "STOP"}

    assert converted(recording(body=whole)) == Answer(
        choices=(
            Choice(
                message={"role": "assistant", "content": "Hello", "refusal": None},
                finish_reason="stop",
                logprobs=logprobs,
                extra={"native_finish_reason": "STOP"},
            ),
        ),
        usage={"total_tokens": 2},
        envelope={"id": "chatcmpl-1", "model": "m", "x_groq": {"id": "r"}},
    )


def test_a_stream_says_the_same_as_its_completion() -> None:
    deltas: list[tuple[dict[str, Any], str | None]] = [({"role": "assistant", "content": "Hel"}, None)]
    deltas += [({"content": "lo"}, None), ({}, "stop")]
    chunks = [
        {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        for delta, finish in deltas
    ]
    sse = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"

    assert converted(recording(sse=sse)) == converted(recording(body=completion("Hello")))


def test_several_choices_are_kept_in_order() -> None:
    whole = completion("one")
    whole["choices"] += completion("two")["choices"]

    answer = converted(recording(body=whole))

    assert answer is not None
    assert [choice.message["content"] for choice in answer.choices] == ["one", "two"]


def test_what_a_provider_sends_instead_of_nothing_is_left_out() -> None:
    whole = completion("Hello", usage=[])
    whole["choices"][0] |= {"logprobs": 0.0, "finish_reason": ""}
    whole["choices"][0]["message"]["function_call"] = {"name": "", "arguments": ""}
    whole["choices"][0]["message"]["audio"] = {"id": "", "data": "", "expires_at": 0}

    answer = converted(recording(body=whole))

    plain = completion("Hello")["choices"][0]["message"]
    assert answer == Answer((Choice(plain, finish_reason=None),), None, {"id": "chatcmpl-1"})


NOT_CONVERTED = {
    "azure/openllmetry-8cd2ba3897.json": "a filtered choice without a message",
    "azure/openllmetry-c815425f2f.json": "an error sent with 200",
    "groq/pydantic-ai-df81bed1a5.json": "a stream that ends in an error",
    "openrouter/req_llm-929b806e00.json": "a stream that is an error",
}


def test_every_success_can_be_converted_but_for_what_says_nothing(traffic: Any) -> None:
    corpus = Cassettes(traffic.folder / "interactions")
    kept = [one for one in map(corpus.load, corpus.index()) if one.status == 200]
    left = {one.name for one in kept if converted(one) is None}

    assert left == set(NOT_CONVERTED)
