"""The bytes of a stream, fault by fault."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.faults.catalogue import rewrite
from understudy.mockserver.faults.framing import is_done
from understudy.mockserver.wire import Head, Send, Step, Wait

STREAM = Head(200, [(b"content-type", b"text/event-stream")])
FLOW: list[Step] = [STREAM, Send('data: {"a":"ü"}\n\ndata: {"b":"c"}\n\ndata: [DONE]\n\n'.encode())]
A, B, DONE = 'data: {"a":"ü"}\n\n'.encode(), b'data: {"b":"c"}\n\n', b"data: [DONE]\n\n"


@pytest.mark.parametrize(
    ("name", "parameters", "body"),
    [
        ("no_done", {}, A + B),
        ("done_with_space", {}, A + B + b"data:  [DONE]\n\n"),
        ("no_final_blank_line", {}, A + B[:-2]),
        ("crlf", {}, (A + B + DONE).replace(b"\n", b"\r\n")),
        ("comments", {}, b": keep-alive\n\n".join((b"", A, B, DONE))),
        ("comments", {"text": "a\nb", "every": 2}, b": a b\n\n" + A + B + b": a b\n\n" + DONE),
        ("bom", {}, b"\xef\xbb\xbf" + A + B + DONE),
        ("retry_and_id_lines", {}, b"retry: 3000\n\nid: 1\n" + A + b"id: 2\n" + B + b"id: 3\n" + DONE),
        (
            "retry_and_id_lines",
            {"alone": False, "milliseconds": 5},
            b"retry: 5\nid: 1\n" + A + b"id: 2\n" + B + b"id: 3\n" + DONE,
        ),
        ("invalid_utf8", {}, A + b'data: {"b":"c\xff"}\n\n' + DONE),
        ("invalid_utf8", {"event": 9}, A + B + DONE),
        ("split_utf8", {}, A + B + DONE),
    ],
)
def test_the_bytes_are_as_they_should_not_be(name: str, parameters: dict[str, Any], body: bytes) -> None:
    head, *rest = rewrite(name, parameters)(FLOW)

    assert head == STREAM
    assert b"".join(step.data for step in rest if isinstance(step, Send)) == body


def test_pieces_are_kept_apart_by_waits_of_no_length() -> None:
    found = list(rewrite("split_utf8", {"bytes": 13})([STREAM, Send(A)]))

    assert found == [STREAM, Wait(0.0), Send(A[:13]), Wait(0.0), Send(A[13:])]
    with pytest.raises(UnicodeDecodeError):
        A[:13].decode()


def test_waits_stay_where_an_event_is_left_out() -> None:
    found = list(rewrite("no_done", {})([STREAM, Send(A), Wait(1), Send(DONE)]))

    assert found == [STREAM, Send(A), Wait(1)]


@pytest.mark.parametrize(("event", "done"), [(DONE, True), (b"data: [DONE]\r\n\r\n", True), (A, False)])
def test_the_end_of_a_stream_is_known(event: bytes, done: bool) -> None:
    assert is_done(event) is done
