"""Cuts, stalls and slowness, step by step."""

from __future__ import annotations

import math
from typing import Any

import pytest

from understudy.mockserver.faults.catalogue import rewrite
from understudy.mockserver.wire import Cut, Head, Send, Step, Wait

STREAM = Head(200, [(b"content-type", b"text/event-stream")])
EVENTS: list[Step] = [Send(b"data: %d\n\n" % number) for number in range(4)]
FLOW = [STREAM, *EVENTS]
JSON = Head(200, [(b"content-type", b"application/json"), (b"content-length", b"10")])
WHOLE = [JSON, Send(b"0123456789")]
RESET = Cut(reset=True)


@pytest.mark.parametrize(
    ("name", "parameters", "steps"),
    [
        ("refuse_connection", {}, [RESET]),
        ("reset_before_head", {}, [Wait(0.0), RESET]),
        ("reset_before_head", {"seconds": 2}, [Wait(2.0), RESET]),
        ("close_before_head", {}, [Cut()]),
        ("stall_before_head", {}, [Wait(math.inf), Cut()]),
        ("slow_head", {"seconds": 2}, [Wait(2.0), *FLOW]),
        ("slow_body", {"seconds": 2}, [STREAM, *(s for e in EVENTS for s in (Wait(2.0), e))]),
        ("cut_midstream", {}, [STREAM, *EVENTS[:3], Cut()]),
        ("cut_midstream", {"after_events": 0}, [STREAM, Cut()]),
        ("cut_midstream", {"after_events": 99}, [*FLOW, Cut()]),
        ("cut_midstream", {"after_bytes": 0}, [STREAM, Cut()]),
        ("cut_midstream", {"after_bytes": 12}, [STREAM, EVENTS[0], Send(b"dat"), Cut()]),
        ("cut_midstream", {"after_bytes": 9_999}, [*FLOW, Cut()]),
        ("reset_midstream", {"after_events": 1}, [STREAM, EVENTS[0], RESET]),
        ("stall_midstream", {"after_events": 1}, [STREAM, EVENTS[0], Wait(math.inf), Cut()]),
        ("open_after_done", {}, [*FLOW, Wait(math.inf), Cut()]),
    ],
)
def test_a_stream_goes_wrong_as_it_should(name: str, parameters: dict[str, Any], steps: list[Step]) -> None:
    assert list(rewrite(name, parameters)(FLOW)) == steps


@pytest.mark.parametrize(
    ("name", "parameters", "steps"),
    [
        ("cut_midstream", {}, [JSON, Send(b"01234"), Cut()]),
        ("cut_midstream", {"after_bytes": 2}, [JSON, Send(b"01"), Cut()]),
        ("cut_midstream", {"after_bytes": 99}, [*WHOLE, Cut()]),
        ("stall_midstream", {}, [JSON, Send(b"01234"), Wait(math.inf), Cut()]),
        ("slow_body", {"pieces": 2}, [JSON, Wait(1.0), Send(b"01234"), Wait(1.0), Send(b"56789")]),
        (
            "slow_body",
            {"pieces": 99},
            [JSON, *(s for c in b"0123456789" for s in (Wait(1.0), Send(bytes([c]))))],
        ),
        ("open_after_done", {}, WHOLE),
    ],
)
def test_a_document_goes_wrong_as_it_should(name: str, parameters: dict[str, Any], steps: list[Step]) -> None:
    assert list(rewrite(name, parameters)(WHOLE)) == steps


def test_a_cut_falls_into_a_paced_stream_after_the_wait_for_what_does_not_come() -> None:
    paced = [STREAM, Wait(1), EVENTS[0], Wait(2), EVENTS[1], Wait(3), EVENTS[2]]

    found = list(rewrite("cut_midstream", {"after_events": 1})(paced))

    assert found == [STREAM, Wait(1), EVENTS[0], Wait(2), Cut()]
