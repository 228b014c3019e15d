"""Replies as one step an event, however they came."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.steps import (
    data_of,
    frame,
    header,
    is_stream,
    split_events,
    with_events,
    with_header,
)
from understudy.mockserver.wire import Cut, Head, Send, Step, Wait

STREAM = Head(200, [(b"content-type", b"text/event-stream; charset=utf-8")])
JSON = Head(200, [(b"content-type", b"application/json"), (b"content-length", b"2")])
EVENTS = [b"data: one\n\n", b"data: two\r\n\r\n", b": a\n\n", b"data: a\ndata: b\n\n", b"data: [DONE]\n\n"]


def test_a_stream_is_split_at_its_events() -> None:
    steps = [STREAM, Send(b"".join(EVENTS) + b"data: rest")]

    assert list(split_events(steps)) == [STREAM, *map(Send, EVENTS), Send(b"data: rest")]


@given(st.lists(st.integers(1, 12), min_size=1))
def test_events_are_the_same_however_they_were_cut(sizes: list[int]) -> None:
    left, sizes_again = b"".join(EVENTS), iter([*sizes, *repeat(7, 99)])
    pieces: list[Step] = []
    while left:
        size = next(sizes_again)
        pieces += [Send(left[:size]), Wait(0.5)]
        left = left[size:]

    found = list(split_events([STREAM, *pieces]))

    assert [step for step in found if isinstance(step, Send)] == [Send(event) for event in EVENTS]
    assert sum(step.seconds for step in found if isinstance(step, Wait)) == 0.5 * len(pieces) / 2
    assert list(split_events(found)) == found


def test_a_document_is_one_piece_after_its_waits() -> None:
    steps = [Wait(1), JSON, Wait(2), Send(b"{"), Wait(3), Send(b"}")]

    assert list(split_events(steps)) == [Wait(1), JSON, Wait(2), Wait(3), Send(b"{}")]


@pytest.mark.parametrize("head", [STREAM, JSON])
def test_what_came_before_a_cut_stays_before_it(head: Head) -> None:
    assert list(split_events([head, Send(b"da"), Send(b"ta"), Cut()])) == [head, Send(b"data"), Cut()]


def test_a_stream_without_end_is_split_as_it_comes() -> None:
    def endless() -> Iterator[Step]:
        yield STREAM
        yield from repeat(Send(EVENTS[0]))

    assert list(islice(split_events(endless()), 4)) == [STREAM, *repeat(Send(EVENTS[0]), 3)]


def test_nothing_is_nothing_and_no_head_is_left_alone() -> None:
    assert list(split_events([])) == []
    assert list(split_events([Wait(math.inf), Cut(True)])) == [Wait(math.inf), Cut(True)]


def test_heads_are_asked_and_changed_by_name() -> None:
    assert (is_stream(STREAM), is_stream(JSON), is_stream(Head(204, []))) == (True, False, False)
    assert (header(JSON, b"content-length"), header(STREAM, b"content-length")) == (b"2", None)
    assert header(with_header(JSON, b"content-length", b"3"), b"content-length") == b"3"
    assert len(with_header(JSON, b"content-length", b"3").headers) == 2
    assert with_header(JSON, b"content-length", None).headers == [(b"content-type", b"application/json")]


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (frame(b"{}"), b"{}"),
        (b"data:{}\r\n\r\n", b"{}"),
        (b": c\n\n", None),
        (b"event: a\ndata: b\n\n", None),
    ],
)
def test_the_data_of_an_event_is_what_is_in_its_line(event: bytes, data: bytes | None) -> None:
    assert data_of(event) == data


def test_events_of_streams_are_told_from_all_other_steps() -> None:
    steps = [Wait(1.0), STREAM, Send(EVENTS[0]), Wait(0.0), JSON, Send(b"{}")]

    assert list(with_events(steps)) == list(
        zip(steps, [False, False, True, False, False, False], strict=True)
    )
