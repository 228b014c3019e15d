"""What is stored of an exchange, and how it is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.contracts import check_document
from understudy.mockserver.build import build
from understudy.mockserver.settings import Settings
from understudy.mockserver.stored.documents import (
    LARGEST_PICTURE,
    kept_request,
    name_of,
    stored_completion,
    stored_messages,
)
from understudy.mockserver.wire import Request, Send

ASKED: dict[str, Any] = {
    "model": "gpt-4o-mini",
    "store": True,
    "messages": [{"role": "user", "content": "Write a haiku."}],
}
USED = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def reply_to(request: dict[str, Any]) -> bytes:
    engine = build(Settings(seed=5))
    key = (b"authorization", b"Bearer sk-any")
    reply = engine.handle(Request("POST", "/v1/chat/completions", [key], json.dumps(request).encode()), 1e9)
    return b"".join(step.data for step in reply.steps if isinstance(step, Send))


def stored(request: dict[str, Any], usage: dict[str, int] | None = None) -> dict[str, Any]:
    kept = json.loads(kept_request(request))
    found = stored_completion(
        kept, reply_to(request), streamed=bool(request.get("stream")), request_id="req_1", usage=usage
    )
    assert found is not None
    return found


def test_a_stored_completion_echoes_what_was_asked() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    asked = {
        **ASKED, "tools": tools, "tool_choice": "none", "seed": 7, "top_p": 0.5, "temperature": 0.2,
        "presence_penalty": 1, "frequency_penalty": -1, "user": "u-1", "metadata": {"team": "a"},
        "response_format": {"type": "text"},
    }  # fmt: skip

    found = stored(asked)

    assert {name: found[name] for name in (
        "tools", "tool_choice", "seed", "top_p", "temperature", "presence_penalty", "frequency_penalty",
        "input_user", "metadata", "response_format", "request_id",
    )} == {
        "tools": tools, "tool_choice": "none", "seed": 7, "top_p": 0.5, "temperature": 0.2,
        "presence_penalty": 1, "frequency_penalty": -1, "input_user": "u-1", "metadata": {"team": "a"},
        "response_format": {"type": "text"}, "request_id": "req_1",
    }  # fmt: skip


def test_what_was_not_asked_has_its_default() -> None:
    found = stored(ASKED)

    assert (found["temperature"], found["top_p"]) == (1.0, 1.0)
    assert (found["presence_penalty"], found["frequency_penalty"]) == (0.0, 0.0)
    assert (found["tools"], found["tool_choice"], found["response_format"], found["input_user"]) == (
        None,
    ) * 4
    assert found["metadata"] == {}
    assert 0 <= found["seed"] < 2**63


def test_an_explicit_null_is_as_good_as_nothing() -> None:
    found = stored({**ASKED, "temperature": None, "metadata": None, "seed": None})

    assert (found["temperature"], found["metadata"]) == (1.0, {})
    assert isinstance(found["seed"], int)


def test_its_members_stand_in_the_order_of_the_published_example() -> None:
    assert list(stored(ASKED)) == [
        "object", "id", "model", "created", "request_id", "tool_choice", "usage", "seed", "top_p",
        "temperature", "presence_penalty", "frequency_penalty", "system_fingerprint", "input_user",
        "service_tier", "tools", "metadata", "choices", "response_format",
    ]  # fmt: skip


def test_the_answer_is_the_one_that_was_given() -> None:
    found, said = stored(ASKED), json.loads(reply_to(ASKED))

    for name in ("id", "created", "model", "usage", "choices", "service_tier", "system_fingerprint"):
        assert found[name] == said[name], name


def test_a_stream_is_stored_as_the_completion_it_amounts_to() -> None:
    found = stored({**ASKED, "stream": True}, usage=USED)

    assert found["object"] == "chat.completion"
    assert found["choices"][0]["message"]["content"]
    assert found["choices"][0]["finish_reason"] == "stop"
    assert found["usage"] == USED
    assert "obfuscation" not in found


def test_a_stream_that_was_answered_at_once_is_stored_as_it_is() -> None:
    at_once = reply_to(ASKED)

    found = stored_completion(ASKED, at_once, streamed=True, request_id="req_1", usage=None)

    assert found == stored(ASKED)


def test_the_usage_of_the_reply_comes_first() -> None:
    streamed = {**ASKED, "stream": True, "stream_options": {"include_usage": True}}

    assert stored(streamed, usage={"total_tokens": -1})["usage"]["total_tokens"] > 0


@pytest.mark.parametrize(
    "request_", [ASKED, {**ASKED, "stream": True}, {**ASKED, "metadata": {"a": "b"}, "n": 2}]
)
def test_a_list_of_it_keeps_its_contract(request_: dict[str, Any]) -> None:
    found = stored(request_, usage=USED)
    page = {
        "object": "list",
        "data": [found],
        "first_id": found["id"],
        "last_id": found["id"],
        "has_more": False,
    }

    assert check_document("stored_list", page) == ()


def test_without_a_request_id_one_is_drawn_from_the_id() -> None:
    reply = reply_to(ASKED)

    first, again = (
        stored_completion(ASKED, reply, streamed=False, request_id="", usage=None) for _ in range(2)
    )

    assert first is not None
    assert first == again
    assert first["request_id"].startswith("req_")
    assert len(first["request_id"]) == 36


@pytest.mark.parametrize(
    ("reply", "streamed"),
    [
        (b"", False),
        (b"<html>", False),
        (b"[]", False),
        (b'{"error": {"message": "no"}}', False),
        (b'{"id": "", "choices": [{}]}', False),
        (b'{"id": 7, "choices": [{}]}', False),
        (b"data: {oops\n\n", True),
        (b"data: [DONE]\n\n", True),
        (b"\xff", False),
    ],
)
def test_what_is_no_completion_is_not_stored(reply: bytes, streamed: bool) -> None:
    assert stored_completion(ASKED, reply, streamed=streamed, request_id="", usage=None) is None


@pytest.mark.parametrize(
    ("reply", "streamed", "name"),
    [
        (b'{"id": "a", "model": "m", "choices": []}', False, ("a", "m")),
        (b'\n {"id": "a"}', True, ("a", "")),
        (b'data: {"id": "a", "model": "m"}\n\ndata: {"id": "b"}\n\n', True, ("a", "m")),
        (
            b': hi\r\n\r\ndata:{"id": "", "model": ""}\r\n\r\ndata: {"id": "a", "model": "m"}\r\n\r\n',
            True,
            ("a", "m"),
        ),
        (b"data: [DONE]\n\n", True, ("", "")),
        (b"data: {oops\n\n", True, ("", "")),
        (b"<html>", False, ("", "")),
        (b"<html>", True, ("", "")),
        (b'{"id": 7}', False, ("", "")),
        (b"", True, ("", "")),
    ],
)
def test_the_name_of_a_reply_is_at_its_beginning(reply: bytes, streamed: bool, name: tuple[str, str]) -> None:
    assert name_of(reply, streamed=streamed) == name


def test_messages_are_numbered_and_parts_have_a_place_of_their_own() -> None:
    parts = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}},
    ]
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "system", "content": "Be brief.", "name": "s"},
        {"role": "user", "content": parts},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "4"},
    ]

    found = stored_messages("chatcmpl-1", messages)

    assert found == [
        {"id": "chatcmpl-1-0", "role": "system", "content": "Be brief.", "name": "s", "content_parts": None},
        {"id": "chatcmpl-1-1", "role": "user", "content": None, "name": None, "content_parts": parts[:2]},
        {"id": "chatcmpl-1-2", "role": "assistant", "content": None, "name": None, "content_parts": None,
         "tool_calls": [call]},
        {"id": "chatcmpl-1-3", "role": "tool", "content": "4", "name": None, "content_parts": None,
         "tool_call_id": "call_1"},
    ]  # fmt: skip
    page = {
        "object": "list",
        "data": found,
        "first_id": "chatcmpl-1-0",
        "last_id": "chatcmpl-1-3",
        "has_more": False,
    }
    assert check_document("message_list", page) == ()


@pytest.mark.parametrize("messages", [None, 7, "hi", ["hi"]])
def test_messages_that_are_none_are_left_out(messages: Any) -> None:
    assert stored_messages("chatcmpl-1", messages) == []


@pytest.mark.parametrize(("more", "kept"), [(0, True), (4, False)])
def test_a_picture_beyond_the_limit_is_not_stored(more: int, kept: bool) -> None:
    letters = LARGEST_PICTURE * 4 // 3 + more
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * letters}}
    text = {"type": "text", "text": "What is this?"}

    request = json.loads(kept_request({**ASKED, "messages": [{"role": "user", "content": [text, picture]}]}))

    assert request["messages"][0]["content"] == ([text, picture] if kept else [text])


def test_what_is_never_shown_is_not_kept() -> None:
    assert list(json.loads(kept_request({**ASKED, "logit_bias": {"1": 2}, "top_p": None}))) == [
        "model",
        "messages",
    ]
