"""Any stream is judged alike however it is cut, and within bounds however long it is."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import strategies as st

from understudy.contracts import StreamChecker, Violation, check_stream
from understudy.mockserver.build import build
from understudy.mockserver.faults.catalogue import FAULTS
from understudy.mockserver.faults.trouble import Trouble
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request, Send

MEBIBYTE = 1024 * 1024
SPOILT = [name for name in FAULTS if name != "huge_body"]


@pytest.fixture(scope="module")
def streams(fuzz: Any) -> list[list[Any]]:
    """Real streams: their steps, as an engine gives them."""
    engine = build(Settings())
    known = [(b"authorization", b"Bearer sk-any")]
    bodies = [body for body in fuzz.bodies if body.get("stream")]
    asked = [Request("POST", "/v1/chat/completions", known, json.dumps(body).encode()) for body in bodies]
    return [list(engine.handle(request, 1_700_000_000.0).steps) for request in asked]


def body_of(steps: Any) -> bytes:
    return b"".join(step.data for step in steps if isinstance(step, Send))


def test_any_stream_is_judged_alike_however_it_is_cut(fuzz: Any, streams: Any) -> None:
    real = st.sampled_from([body_of(steps) for steps in streams])
    spoilt = st.builds(
        lambda name, steps: body_of(Trouble(name).rewrite()(steps)),
        st.sampled_from(SPOILT),
        st.sampled_from(streams),
    )
    bodies = real.flatmap(fuzz.mangled) | spoilt | spoilt.flatmap(fuzz.mangled) | st.binary(max_size=400)

    def judge(case: tuple[bytes, list[int]]) -> None:
        body, places = case
        checker, found = StreamChecker(), list[Violation]()
        ends = sorted(place % (len(body) + 1) for place in places)
        for start, end in zip([0, *ends], [*ends, len(body)], strict=True):
            found += checker.feed(body[start:end])
        found += checker.close()

        assert found == list(check_stream(body))

    fuzz.run(st.tuples(bodies, st.lists(st.integers(0, 10**6), max_size=6)), judge, 400)


@pytest.mark.parametrize(
    ("piece", "times", "most"),
    [
        (b"x" * 65_536, 270, 80),  # one event may take 16 MiB (LARGEST_EVENT), in bytes and as text
        (b"data: " + b"x" * 65_536 + b"\n", 270, 80),
        (b"event: " + b"x" * 65_536 + b"\n", 270, 80),
        (bytes(range(256)) * 256, 270, 80),
        (b"\n" * 4_096, 4, 4),
        (b"data: {}\n\n" * 400, 4, 4),
        (b": c\n\n" * 800, 4, 4),
    ],
    ids=["a line", "an event", "fields", "all bytes", "blank lines", "events", "comments"],
)
def test_a_stream_without_end_is_judged_within_bounds(piece: bytes, times: int, most: int) -> None:
    checker, found = StreamChecker(), 0
    tracemalloc.start()
    try:
        for _ in range(times):
            found += len(checker.feed(piece))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < most * MEBIBYTE
    assert found < 1_000
