"""A clock of ours as the admin API sees it."""

from __future__ import annotations

from understudy.mockserver.admin.clockface import Clockface
from understudy.mockserver.clock import ScaledClock


def test_a_scaled_clock_cannot_be_hurried() -> None:
    clock = ScaledClock(100.0)

    face = Clockface("scaled", clock.now, clock.factor)

    assert face.advance is None
    assert face.now() <= clock.now()
