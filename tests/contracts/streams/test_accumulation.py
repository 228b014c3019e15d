from __future__ import annotations

from typing import Any

import pytest

from understudy.contracts import accumulate, check_completion, chunks_of

HEAD = {
    "id": "chatcmpl-CVf4msBhgrvUf9Va4VuyLMKAjhbCG",
    "object": "chat.completion.chunk",
    "created": 1761669844,
    "model": "gpt-4o-2024-08-06",
    "service_tier": "default",
    "system_fingerprint": "fp_f33640a400",
}
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def chunk(delta: dict[str, Any], finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    part = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {**HEAD, "choices": [part], **more}


def message_of(*deltas: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = accumulate([chunk(delta) for delta in deltas])["choices"][0]["message"]
    return message


def test_a_text_stream_becomes_its_completion() -> None:
    whole = accumulate(
        [
            chunk({"role": "assistant", "content": "", "refusal": None}, usage=None, obfuscation="x"),
            chunk({"content": "Hel"}, usage=None),
            chunk({"content": "lo"}, usage=None),
            chunk({}, "stop", usage=None),
            {**HEAD, "choices": [], "usage": USAGE},
        ]
    )

    assert whole == {
        **HEAD,
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": USAGE,
    }
    assert list(whole) == [
        "id",
        "object",
        "created",
        "model",
        "choices",
        "usage",
        "service_tier",
        "system_fingerprint",
    ]
    assert check_completion(whole) == ()


def test_tool_calls_are_put_together_by_index() -> None:
    message = message_of(
        {"role": "assistant", "content": None},
        {
            "tool_calls": [
                {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"x"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
        {"tool_calls": [{"index": 1, "id": "b", "type": "custom", "custom": {"name": "g", "input": "y"}}]},
        {"tool_calls": [{"index": 1, "custom": {"input": "z"}}]},
    )

    assert message == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
            {"id": "b", "type": "custom", "custom": {"name": "g", "input": "yz"}},
        ],
        "refusal": None,
    }


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        # a provider that numbers every call 0
        (
            [
                {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}},
                {"index": 0, "id": "b", "function": {"name": "f", "arguments": "{}"}},
            ],
            ["a", "b"],
        ),
        # a provider that repeats the id with every fragment
        (
            [
                {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}},
                {"index": 0, "id": "a", "function": {"name": "f", "arguments": "}"}},
            ],
            ["a"],
        ),
        # a provider without indexes
        (
            [
                {"id": "a", "function": {"name": "f", "arguments": "{"}},
                {"function": {"arguments": "}"}},
                {"id": "b", "function": {"name": "f", "arguments": "{}"}},
            ],
            ["a", "b"],
        ),
    ],
)
def test_odd_tool_call_numbering_is_understood(pieces: list[dict[str, Any]], calls: list[str]) -> None:
    message = message_of(*({"tool_calls": [piece]} for piece in pieces))

    assert [call["id"] for call in message["tool_calls"]] == calls
    assert [call["function"] for call in message["tool_calls"]] == [{"name": "f", "arguments": "{}"}] * len(
        calls
    )
    assert [call["type"] for call in message["tool_calls"]] == ["function"] * len(calls)


@pytest.mark.parametrize(
    ("deltas", "member", "value"),
    [
        ([{"refusal": ""}, {"refusal": "I'm"}, {"refusal": " sorry"}], "refusal", "I'm sorry"),
        ([{"role": "assistant"}, {"role": "assistant"}], "role", "assistant"),
        ([{"reasoning_content": "a"}, {"reasoning_content": "b"}], "reasoning_content", "ab"),
        (
            [{"function_call": {"name": "f", "arguments": ""}}, {"function_call": {"arguments": "{}"}}],
            "function_call",
            {"name": "f", "arguments": "{}"},
        ),
        (
            [{"audio": {"id": "audio_1"}}, {"audio": {"transcript": "h"}}, {"audio": {"transcript": "i"}}],
            "audio",
            {"id": "audio_1", "transcript": "hi"},
        ),
        ([{"annotations": [1]}, {"annotations": [2]}], "annotations", [1, 2]),
        (
            [{"content": "a"}, {"content": [{"type": "thinking"}]}, {"content": "b"}],
            "content",
            [{"type": "text", "text": "a"}, {"type": "thinking"}, {"type": "text", "text": "b"}],
        ),
        ([{"content": None}], "content", None),
    ],
)
def test_members_of_the_message_grow(deltas: list[dict[str, Any]], member: str, value: Any) -> None:
    assert message_of(*deltas)[member] == value


def test_the_choices_are_sorted_and_each_has_its_own_text() -> None:
    whole = accumulate(
        [chunk({"content": "b"}, index=1), chunk({"content": "a"}), chunk({}, "stop", index=1)]
    )

    assert [choice["message"]["content"] for choice in whole["choices"]] == ["a", "b"]
    assert [choice["finish_reason"] for choice in whole["choices"]] == [None, "stop"]


def test_logprobs_are_joined() -> None:
    parts = [{"content": [], "refusal": None}, {"content": ["t1"], "refusal": None}, {"content": ["t2"]}]
    chunks = [{"choices": [{"index": 0, "delta": {}, "logprobs": logprobs}]} for logprobs in parts]

    assert accumulate(chunks)["choices"][0]["logprobs"] == {"content": ["t1", "t2"], "refusal": None}
    assert parts[1] == {"content": ["t1"], "refusal": None}


def test_an_empty_first_envelope_says_nothing() -> None:
    first = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": []}

    whole = accumulate([first, chunk({"content": "a"})])

    assert (whole["id"], whole["created"], whole["model"]) == (HEAD["id"], HEAD["created"], HEAD["model"])
    assert whole["prompt_filter_results"] == []


def test_groq_hides_its_usage() -> None:
    assert accumulate([chunk({}, "stop", x_groq={"usage": USAGE})])["usage"] == USAGE


def test_chunks_of_skips_comments_and_done() -> None:
    assert chunks_of(b': hello\n\ndata: {"a":1}\n\ndata: {"b":2}\n\ndata: [DONE]\n\n') == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [(b"data: {}\n\ndata: {\n\n", "event 1 .* not JSON"), (b"data: 1\n\n", "event 0 .* int")],
)
def test_chunks_of_names_the_event_that_is_no_object(data: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        chunks_of(data)
