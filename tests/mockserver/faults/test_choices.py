"""What a reply says, fault by fault, on real replies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from understudy.contracts import chunks_of
from understudy.mockserver.faults.catalogue import rewrite
from understudy.mockserver.wire import Head, Send, Step

Read = Callable[..., Any]


@pytest.fixture
def read(ask: Callable[..., list[Step]]) -> Read:
    """Return a function that gives the completion, or the chunks, of a reply with a fault."""

    def read(name: str, *, stream: bool = False, **parameters: Any) -> Any:
        steps = rewrite(name, parameters)(ask(stream=stream))
        body = b"".join(step.data for step in steps if isinstance(step, Send))
        return chunks_of(body) if stream else json.loads(body)

    return read


def roles(chunks: Any) -> list[Any]:
    return [choice["delta"].get("role") for chunk in chunks for choice in chunk["choices"]]


@pytest.mark.parametrize(("name", "value"), [("empty_choices", []), ("null_choices", None)])
def test_choices_are_nothing_in_one_chunk(name: str, value: Any, read: Read) -> None:
    good, chunks = read("slow_head", stream=True), read(name, stream=True, event=3)

    assert chunks[2] == {**good[2], "choices": value, "obfuscation": chunks[2]["obfuscation"]}
    assert [*chunks[:2], *chunks[3:]] == [*good[:2], *good[3:]]
    assert read(name)["choices"] == value


def test_a_delta_is_null(read: Read) -> None:
    chunks = read("null_delta", stream=True)

    assert [chunk["choices"][0]["delta"] is None for chunk in chunks[:3]] == [False, True, False]


def test_nothing_is_ever_finished(read: Read) -> None:
    good, chunks = read("slow_head", stream=True), read("no_finish", stream=True)

    assert chunks == [
        chunk for chunk in good if not chunk["choices"] or not chunk["choices"][0]["finish_reason"]
    ]
    assert len(chunks) == len(good) - 1
    assert read("no_finish")["choices"][0]["finish_reason"] is None


def test_a_finish_that_comes_with_text_is_null() -> None:
    event = b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n'
    head = (b"content-type", b"text/event-stream")
    *_, sent = rewrite("no_finish", {})([Head(200, [head]), Send(event)])

    assert sent == Send(event.replace(b'"stop"', b"null"))


def test_roles_come_always_or_never(read: Read) -> None:
    assert set(roles(read("role_in_every_delta", stream=True))) == {"assistant"}
    assert set(roles(read("role_missing", stream=True))) == {None}


def test_chunks_say_they_are_completions(read: Read) -> None:
    assert {chunk["object"] for chunk in read("wrong_object", stream=True)} == {"chat.completion"}


def test_choices_begin_at_one(read: Read) -> None:
    chunks = read("choices_from_one", stream=True)

    assert {choice["index"] for chunk in chunks for choice in chunk["choices"]} == {1}
    assert read("choices_from_one")["choices"][0]["index"] == 1


def test_usage_is_gone(read: Read) -> None:
    good, chunks = read("slow_head", stream=True), read("usage_missing", stream=True)

    assert chunks == good[:-1]
    assert "usage" not in read("usage_missing")
