"""Single events, fault by fault."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.mockserver.faults.catalogue import rewrite
from understudy.mockserver.wire import Head, Send, Step

STREAM = Head(200, [(b"content-type", b"text/event-stream")])
A, B, C, DONE = b'data: {"a":1}\n\n', b'data: {"b":2}\n\n', b'data: {"c":3}\n\n', b"data: [DONE]\n\n"
FLOW: list[Step] = [STREAM, *map(Send, (A, B, C, DONE))]
ERROR = b'data: {"error":{"message":"no","type":"server_error","param":null,"code":null}}\n\n'


@pytest.mark.parametrize(
    ("name", "parameters", "body"),
    [
        ("duplicate_event", {}, A + B + B + C + DONE),
        ("duplicate_event", {"event": 1, "times": 3}, A + A + A + B + C + DONE),
        ("reordered_events", {}, A + C + B + DONE),
        ("reordered_events", {"event": 4}, A + B + C + DONE),
        ("malformed_event", {}, A + b'data: {"b":2\n\n' + C + DONE),
        ("truncated_event", {}, A + B[: len(B) // 2]),
        ("error_event", {"message": "no"}, A + B + C + ERROR),
        ("error_event", {"message": "no", "after_events": 1}, A + ERROR),
        ("error_event", {"message": "no", "after_events": 99}, A + B + C + ERROR),
        ("error_event", {"message": "no", "after_events": 0, "done": True}, ERROR + DONE),
        ("named_error_event", {"message": "no", "after_events": 1}, A + b"event: error\n" + ERROR),
        ("ping_event", {}, A + b'data: {"type":"ping"}\n\n' + B + C + DONE),
        ("empty_data", {}, A + b"data:\n\n" + B + C + DONE),
    ],
)
def test_the_stream_is_as_it_should_not_be(name: str, parameters: dict[str, Any], body: bytes) -> None:
    head, *rest = rewrite(name, parameters)(FLOW)

    assert head == STREAM
    assert b"".join(step.data for step in rest if isinstance(step, Send)) == body


def test_an_error_may_come_without_its_envelope() -> None:
    *_, last = rewrite("named_error_event", {"enveloped": False, "message": "zürich"})(FLOW)

    assert isinstance(last, Send)
    assert last.data.startswith(b"event: error\ndata: {")
    assert json.loads(last.data.split(b"data: ")[1])["message"] == "zürich"
