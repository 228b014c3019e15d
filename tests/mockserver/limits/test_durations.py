"""Durations as the API writes them (FACTS E.2)."""

from __future__ import annotations

import pytest

from understudy.mockserver.limits.durations import go_duration, reset_duration


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"),
        (2, "2ms"),
        (120, "120ms"),
        (1_000, "1s"),
        (8_640, "8.64s"),
        (45_175, "45.175s"),
        (60_000, "1m0s"),
        (360_000, "6m0s"),
        (432_000, "7m12s"),
        (1_252_666, "20m52.666s"),
        (3_600_000, "1h0m0s"),
        (3_723_400, "1h2m3.4s"),
        (86_400_000, "24h0m0s"),
    ],
)
def test_a_duration_reads_as_recorded(milliseconds: int, text: str) -> None:
    assert go_duration(milliseconds) == text


@pytest.mark.parametrize(
    ("microseconds", "text"), [(0, "0s"), (999, "0s"), (1_000, "1ms"), (1_001, "2ms"), (8_640_000, "8.64s")]
)
def test_a_reset_is_rounded_up_but_for_less_than_a_millisecond(microseconds: int, text: str) -> None:
    assert reset_duration(microseconds) == text
