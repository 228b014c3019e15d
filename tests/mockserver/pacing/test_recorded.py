"""The pace of what was recorded: piece by piece, byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.pacing.recorded import recorded_pace
from understudy.mockserver.wire import Cut, Head, Send, Step, Wait

STREAM = Head(200, [(b"content-type", b"text/event-stream")])
JSON = Head(200, [(b"content-type", b"application/json")])


@pytest.mark.parametrize(
    ("timing", "speed", "steps", "expected"),
    [
        (
            [(0.5, 3), (0.25, 1), (0.0, 2)],
            1.0,
            [STREAM, Send(b"ab"), Send(b"cdef")],
            [STREAM, Wait(0.5), Send(b"abc"), Wait(0.25), Send(b"d"), Send(b"ef")],
        ),
        (
            [(0.5, 1), (1.0, 1)],
            2.0,
            [STREAM, Send(b"ab")],
            [STREAM, Wait(0.25), Send(b"a"), Wait(0.5), Send(b"b")],
        ),
        (
            [(0.5, 1), (1.0, 1)],
            1.0,
            [JSON, Send(b"ab")],
            [Wait(0.5), JSON, Send(b"a"), Wait(1.0), Send(b"b")],
        ),
        ([(0.5, 1)], 1.0, [STREAM, Send(b"abc")], [STREAM, Wait(0.5), Send(b"a"), Send(b"bc")]),
        ([(0.5, 9), (0.5, 9)], 1.0, [STREAM, Send(b"abc")], [STREAM, Wait(0.5), Send(b"abc")]),
        ([], 1.0, [STREAM, Send(b"a"), Send(b"b")], [STREAM, Send(b"a"), Send(b"b")]),
        ([], 1.0, [JSON, Send(b"a")], [JSON, Send(b"a")]),
        ([(0.5, 4)], 1.0, [STREAM, Send(b"ab"), Cut()], [STREAM, Wait(0.5), Send(b"ab"), Cut()]),
        ([(0.5, 0), (0.5, 2)], 1.0, [STREAM, Send(b"ab")], [STREAM, Wait(1.0), Send(b"ab")]),
        ([(0.5, 1)], 1.0, [STREAM], [STREAM]),
        ([(0.5, 1)], 1e-300, [STREAM, Send(b"a")], [STREAM, Wait(86_400.0), Send(b"a")]),
        ([(0.5, 1)], 1e-300, [JSON, Send(b"a")], [Wait(86_400.0), JSON, Send(b"a")]),
    ],
)
def test_a_body_comes_in_the_recorded_pieces(
    timing: list[tuple[float, int]], speed: float, steps: list[Step], expected: list[Step]
) -> None:
    assert list(recorded_pace(timing, speed)(steps)) == expected


@given(
    st.lists(st.tuples(st.floats(0, 10), st.integers(0, 9)), max_size=9),
    st.lists(st.binary(max_size=9), max_size=9),
    st.sampled_from([STREAM, JSON]),
)
def test_no_byte_is_lost_or_made_up(timing: list[tuple[float, int]], body: list[bytes], head: Head) -> None:
    steps = list(recorded_pace(timing)([head, *map(Send, body)]))

    assert b"".join(step.data for step in steps if isinstance(step, Send)) == b"".join(body)
    assert steps.count(head) == 1
    assert not [step for step in steps if isinstance(step, Send) and not step.data and timing]


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 9)), min_size=1, max_size=9), st.integers(1, 7))
def test_a_recorded_body_comes_as_it_was_however_it_is_split(
    timing: list[tuple[float, int]], size: int
) -> None:
    body = bytes(range(sum(length for _, length in timing)))
    split: list[Step] = [Send(body[start : start + size]) for start in range(0, len(body), size)]

    steps = list(recorded_pace(timing)([STREAM, *split]))

    assert [len(step.data) for step in steps if isinstance(step, Send)] == [length for _, length in timing]
    assert [step.seconds for step in steps if isinstance(step, Wait)] == [wait for wait, _ in timing if wait]


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_a_speed_that_is_none_is_named(speed: float) -> None:
    with pytest.raises(ValueError, match=r"^speed is .+, expected above 0"):
        recorded_pace([], speed)
