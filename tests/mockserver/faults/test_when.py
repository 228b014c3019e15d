from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest

from understudy.mockserver.faults.when import When, read_when


def hit(when: When, count: int = 0, elapsed: float = 0.0, draw: float = 0.0) -> bool:
    return when.holds(count, elapsed, lambda: draw)


@pytest.mark.parametrize(
    ("when", "counts"),
    [
        (When(), [0, 1, 2, 3, 4, 5]),
        (When(times=2), [0, 1]),
        (When(nth=(3,)), [2]),
        (When(nth=(1, 4)), [0, 3]),
        (When(every=3), [2, 5]),
    ],
)
def test_counts_decide(when: When, counts: list[int]) -> None:
    assert [count for count in range(6) if hit(when, count)] == counts


def test_a_window_begins_and_ends() -> None:
    when = When(window=(10.0, 20.0))

    assert [second for second in (9.9, 10, 19.9, 20) if hit(when, elapsed=second)] == [10, 19.9]


def test_a_share_goes_by_the_draw() -> None:
    assert [draw for draw in (0.0, 0.09, 0.1, 0.9) if hit(When(p=0.1), draw=draw)] == [0.0, 0.09]
    assert not hit(When(p=0.0))
    assert hit(When(p=1.0), draw=0.999)


def test_nothing_is_drawn_that_does_not_matter() -> None:
    def never() -> float:
        raise AssertionError("drawn")

    assert When(times=1).holds(0, 0.0, never)
    assert not When(times=1, p=0.5, per="request").holds(1, 0.0, never)


@pytest.mark.parametrize(
    ("told", "when", "text"),
    [
        ({}, When(), ""),
        ({"times": 2, "then": "ok", "model": "x"}, When(times=2), "times=2"),
        ({"nth": 3}, When(nth=(3,)), "nth=3"),
        ({"nth": "1|3"}, When(nth=(1, 3)), "nth=1|3"),
        ({"nth": [2, 5]}, When(nth=(2, 5)), "nth=2|5"),
        ({"every": 4, "per": "request"}, When(every=4, per="request"), "every=4,per=request"),
        ({"window": "10..20.5"}, When(window=(10, 20.5)), "window=10..20.5"),
        ({"window": "10.."}, When(window=(10, math.inf)), "window=10.."),
        ({"window": "..20"}, When(window=(0, 20)), "window=0..20"),
        ({"window": (5, None)}, When(window=(5, math.inf)), "window=5.."),
        ({"window": "1234567..2345678.5"}, When(window=(1234567, 2345678.5)), "window=1234567..2345678.5"),
        ({"window": (1e-7, 1e22)}, When(window=(1e-7, 1e22)), f"window=0.0000001..1{'0' * 22}"),
        ({"window": (0.1 + 0.2, None)}, When(window=(0.1 + 0.2, math.inf)), "window=0.30000000000000004.."),
        (
            {"p": 0.1, "times": 2, "per": "request"},
            When(times=2, p=0.1, per="request"),
            "times=2,p=0.1,per=request",
        ),
        ({"p": 1}, When(p=1.0), "p=1.0"),
    ],
)
def test_it_is_read_and_written(told: Mapping[str, Any], when: When, text: str) -> None:
    assert read_when(told) == when
    assert str(when) == text
    assert read_when({"window": text.removeprefix("window=")} if "window" in text else told) == when


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"times": 0}, "times is 0, expected a whole number from 1"),
        ({"times": True}, "times is True"),
        ({"times": "2"}, "times is '2'"),
        ({"nth": "1|x"}, "nth is 'x'"),
        ({"nth": []}, "nth names 0 requests"),
        ({"every": 1.5}, "every is 1.5"),
        ({"window": "20..10"}, "window is '20..10', expected seconds since the start: 10..20"),
        ({"window": "soon"}, "window is 'soon'"),
        ({"window": (True, 2)}, "window is"),
        ({"window": ("a", None)}, "window is"),
        ({"window": (0, 10**400)}, "window is"),
        ({"p": 1.1}, "p is 1.1, expected a share from 0 to 1"),
        ({"p": True}, "p is True"),
        ({"per": "key"}, "per is 'key', expected all or request"),
        ({"times": 1, "nth": 1}, "times and nth exclude one another"),
        ({"times": 1, "p": 0.5}, "times and p together.*per=request counts"),
        ({"nth": 1, "window": "1..2"}, "nth and window together"),
    ],
)
def test_mistakes_are_told(told: Mapping[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_when(told)
