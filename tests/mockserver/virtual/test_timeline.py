"""The line of waits is bounded."""

from __future__ import annotations

from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.virtual import timeline
from understudy.mockserver.virtual.timeline import TimeLine, Waited


def test_waits_are_kept_in_order() -> None:
    clock = VirtualClock(100)
    line = TimeLine(clock)

    line.add(5, "a.py:1", "time.sleep")
    clock.sleep(5)
    line.add(6, "b.py:2", "anyio.sleep")

    assert line.waits == (Waited(5, "a.py:1", "time.sleep", 100), Waited(6, "b.py:2", "anyio.sleep", 105))
    assert (line.seconds, line.elapsed, len(line)) == ((5, 6), 5, 2)


def test_the_first_are_kept_and_the_rest_counted() -> None:
    line = TimeLine(VirtualClock(0))
    for number in range(timeline.KEPT + 3):
        line.add(number, "a.py:1", "time.sleep")

    assert (len(line), line.dropped, line.waits[0].seconds) == (timeline.KEPT, 3, 0)
