"""Calls drawn to scale, within the width of the terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.mockserver.backoff.advice import Advice
from understudy.mockserver.backoff.attempts import backoff_of
from understudy.mockserver.backoff.exchanges import Exchange
from understudy.mockserver.backoff.timeline import ASCII, BLOCKS, NARROWEST, Marks, timeline_of

Row = Callable[..., Exchange]


def drawn(*exchanges: Exchange, width: int = 80) -> list[str]:
    return list(timeline_of(backoff_of(exchanges), width, ASCII))


def test_a_call_is_a_timeline_to_scale() -> None:
    first = Exchange(7, 100.0, 100.0, "f", 429, model="gpt-4o", advice=Advice(20.0, "retry-after"))
    second = Exchange(8, 120.0, 120.0, "f", 429, advice=Advice(20.0, "retry-after-ms"))
    third = Exchange(9, 130.0, 140.0, "f", 200)

    assert drawn(first, second, third, width=72) == [
        "gpt-4o: answered, 3 attempts in 40.000 s",
        "   0.000 s #",
        "           request 7: 429",
        "           .............................|",
        "           waited 20.000 s, advised 20.000 s (retry-after): honoured",
        "  20.000 s                              #",
        "           request 8: 429",
        "                                        ...............               |",
        "           waited 10.000 s, advised 20.000 s (retry-after-ms): early",
        "  30.000 s                                             ################",
        "           request 9: 200",
        "",
    ]  # fmt: skip


def test_advice_far_beyond_the_call_does_not_press_it_together(row: Row) -> None:
    lines = drawn(row(0.0, advised=600.0), row(1.0, 200))

    bar = next(line for line in lines if "...." in line)
    assert bar.endswith(">")
    assert "early" in "".join(lines)


def test_a_client_that_gave_up_left_advice_behind(row: Row) -> None:
    lines = drawn(
        row(0.0, advised=130.0), row(0.0, 500, fingerprint="g", should_retry=False), row(1.0, fingerprint="g")
    )

    assert any("advised 130.000 s (retry-after), not asked again" in line for line in lines)
    assert any("told not to retry" in line for line in lines)
    assert "2 calls: 1 retried, 0 of them answered; 2 gave up; at most 2 attempts" in lines
    assert "retries against x-should-retry: false: 1" in lines


def test_the_summary_tells_growth_and_jitter(row: Row) -> None:
    calls = [
        row(at, 200 if at == 7.3 else 500, fingerprint=name) for name in "abc" for at in (0.0, 1.1, 3.2, 7.3)
    ]

    lines = drawn(*calls)

    assert lines[-1] == "waits nobody advised: exponential (times 2), without jitter"


def test_a_call_tells_what_came_before_it(row: Row) -> None:
    inner = [row(0.0, retry_count=1), row(1.0, retry_count=2)]
    again = [row(3.0, retry_count=0), row(4.0, 200, retry_count=1)]

    text = "\n".join(drawn(*inner, *again, width=120))

    assert "1 of them no longer in the journal" in text
    assert f"after the failed call of request {inner[0].number}" in text


def test_what_clients_say_cannot_drive_the_terminal(row: Row) -> None:
    text = "\n".join(drawn(row(0.0, 0, model="\x1b[2J\u202eevil\n" + "長" * 900, outcome="client left")))

    assert "\x1b" not in text
    assert text.isascii()
    assert "client left" in text
    assert "no reply" in text


def test_less_than_the_narrowest_is_refused() -> None:
    with pytest.raises(ValueError, match="a timeline of 39 columns, expected 40 or more"):
        list(timeline_of((), NARROWEST - 1))


_MOMENTS = st.floats(0, 1e9) | st.floats(0, 1)
_ROWS = st.builds(
    Exchange,
    number=st.integers(0, 10**9),
    at=_MOMENTS,
    ended=st.none() | _MOMENTS,
    fingerprint=st.sampled_from("ab"),
    status=st.integers(0, 999),
    outcome=st.sampled_from(["sent", "open", "cut", "client left"]),
    model=st.text(max_size=50),
    retry_count=st.none() | st.integers(0, 4),
    advice=st.none() | st.builds(Advice, st.floats(-1e9, 1e9), st.just("retry-after date")),
    should_retry=st.none() | st.booleans(),
)


@settings(deadline=None)
@given(st.lists(_ROWS, max_size=12), st.integers(NARROWEST, 200), st.sampled_from([ASCII, BLOCKS]))
def test_every_line_is_within_the_width(rows: list[Exchange], width: int, marks: Marks) -> None:
    for line in timeline_of(backoff_of(rows), width, marks):
        assert len(line) <= width
        assert line.isprintable()
