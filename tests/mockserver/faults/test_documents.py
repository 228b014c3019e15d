"""Changes to the JSON of a reply keep what they do not change."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.contracts import check_stream
from understudy.mockserver.faults.documents import (
    Document,
    edited,
    laid_out,
    on_choices,
    on_documents,
    on_said,
    read_object,
)
from understudy.mockserver.steps import header, split_events
from understudy.mockserver.wire import Head, Send, Step, Wait

STREAM = Head(200, [(b"content-type", b"text/event-stream")])
JSON = Head(200, [(b"content-type", b"application/json"), (b"content-length", b"8")])


def marked(document: Document) -> Document:
    return {**document, "mark": 1}


def test_no_change_keeps_every_byte(ask: Callable[..., list[Step]]) -> None:
    same = edited(lambda: lambda document: document)
    for stream in (False, True):
        good = list(split_events(ask(stream=stream)))

        assert list(same(good)) == good


def test_a_document_is_laid_out_anew_with_its_length() -> None:
    head, wait, sent = edited(lambda: marked)([JSON, Wait(1), Send(b'{"a": 1}')])

    assert isinstance(head, Head)
    assert (wait, sent) == (Wait(1), Send(b'{\n  "a": 1,\n  "mark": 1\n}\n'))
    assert isinstance(sent, Send)
    assert header(head, b"content-length") == b"%d" % len(sent.data)


@pytest.mark.parametrize(
    "body", [b"[1]", b"<html>", b"", b"[" * 100_000], ids=["list", "page", "empty", "deep"]
)
def test_what_is_no_object_stays(body: bytes) -> None:
    assert list(edited(lambda: marked)([JSON, Send(body)])) == [JSON, Send(body)]
    assert list(edited(lambda: marked)([STREAM, Send(b"data: " + body)])) == [STREAM, Send(b"data: " + body)]


def test_chunks_may_be_left_out_and_each_reply_begins_anew() -> None:
    def changing() -> Callable[[Document], Document | None]:
        seen: list[Any] = []

        def change(document: Document) -> Document | None:
            seen.append(document)
            return None if len(seen) == 1 else marked(document)

        return change

    flow: list[Step] = [
        STREAM,
        Send(b'data: {"a":1}\n\n'),
        Send(b'data: {"a":2}\n\n'),
        Send(b"data: [DONE]\n\n"),
    ]
    again = edited(changing)

    for _ in range(2):
        assert list(again(flow)) == [STREAM, Send(b'data: {"a":2,"mark":1}\n\n'), flow[-1]]


def test_padding_follows_what_was_changed(ask: Callable[..., list[Step]]) -> None:
    longer = edited(lambda: on_said(lambda said: {**said, "content": "ü" * 7} if "content" in said else said))

    body = b"".join(step.data for step in longer(split_events(ask(stream=True))) if isinstance(step, Send))

    assert check_stream(body) == ()


def test_choices_are_changed_one_by_one() -> None:
    drop_second = on_choices(lambda one: None if one.get("index") == 1 else one)
    document = {"choices": [{"index": 0}, {"index": 1}, "odd"]}

    assert drop_second(document) == {"choices": [{"index": 0}, "odd"]}
    for untouched in ({"choices": [{"index": 0}]}, {"choices": None}, {}):
        assert drop_second(untouched) is untouched


def test_what_is_said_is_a_message_or_a_delta() -> None:
    for key in ("message", "delta"):
        assert on_said(marked)({"choices": [{key: {}}]}) == {"choices": [{key: {"mark": 1}}]}
    nothing = {"choices": [{"delta": None}, {}]}
    assert on_said(marked)(nothing) is nothing


def test_streams_are_left_alone_by_what_is_for_documents() -> None:
    nothing_but_head = on_documents(lambda steps: steps[:1])

    assert list(nothing_but_head([Wait(1), JSON, Send(b"a")])) == [Wait(1), JSON]
    assert list(nothing_but_head([STREAM, Send(b"a")])) == [STREAM, Send(b"a")]


@given(st.dictionaries(st.text(), st.text() | st.none() | st.booleans() | st.integers()))
def test_what_is_laid_out_is_read_again(document: Document) -> None:
    assert read_object(laid_out(document)) == document
    assert read_object(laid_out(document, indent=2)) == document


def test_half_a_surrogate_pair_is_escaped() -> None:
    assert json.loads(laid_out({"a": "\ud83d"})) == {"a": "\ud83d"}
