"""trio's clock, as trio asks for one, on a virtual clock. Knows trio by its protocol, not by import."""

from __future__ import annotations

import math

from understudy.mockserver.clock import SETTLE
from understudy.mockserver.virtual.scope import Scope


class TrioClock:
    """For ``trio.run(..., clock=)``: times are those of *scope*'s ``monotonic``."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._asked = (math.inf, math.inf)

    def start_clock(self) -> None:
        """trio says that it begins."""

    def current_time(self) -> float:
        return self.scope.monotonic()

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Return how long to wait for I/O, in real seconds. trio asks when nothing else is left to do; asked
        a second time for the same, nothing has come, and the clock moves."""
        now = self.scope.monotonic()
        if deadline == math.inf or deadline <= now:
            return deadline - now
        asked, self._asked = self._asked, (deadline, now)
        if asked == self._asked:
            clock = self.scope.clock
            with clock.waiting(self.scope.due(deadline), again=True) as turn:
                if clock.passed(turn):
                    return 0.0
        return SETTLE
