"""asyncio's event loops under a virtual clock.

A loop would wait for its next timer with nothing to do: here it moves the clock instead. So all that
stands on timers moves with it: ``asyncio.timeout``, ``wait_for``, ``call_later``. Only loops written in
Python can be taken: with uvloop, sleeps are skipped one by one, and timers keep real time.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import sys
import time
from collections.abc import Callable
from typing import Any

from understudy.mockserver.virtual.scope import Scope
from understudy.mockserver.virtual.trio_clock import TrioClock

GRACE = 0.05  # seconds of real time that open sockets get to bring something before the clock moves
_SLICE = 0.001
_monotonic = time.monotonic


class Loops:
    """The loops that keep the time of *scope*."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._taken: dict[asyncio.AbstractEventLoop, Callable[[], None]] = {}

    def drives(self) -> bool:
        """Whether the loop that runs in this thread keeps the scope's time."""
        trio = sys.modules.get("trio")
        try:
            return asyncio.get_running_loop() in self._taken
        except RuntimeError:
            if trio is None or not trio.lowlevel.in_trio_run():
                return False
            clock = trio.lowlevel.current_clock()
            return isinstance(clock, TrioClock) and clock.scope is self._scope

    def take_running(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if isinstance(loop, asyncio.BaseEventLoop):
            self.take(loop)

    def take(self, loop: asyncio.BaseEventLoop) -> None:
        """Put *loop* under the virtual clock. Timers set before are outside: they wait until the release."""
        if loop not in self._taken:
            self._taken[loop] = _take(loop, self._scope)

    def release(self) -> None:
        for loop, undo in self._taken.items():
            if loop.is_running() and loop is not asyncio._get_running_loop():
                loop.call_soon_threadsafe(undo)  # its own thread is in the middle of it
            else:
                undo()
        self._taken.clear()


def _take(loop: Any, scope: Scope) -> Callable[[], None]:
    timers, selector = loop._scheduled, loop._selector
    outside = list(timers)
    timers.clear()
    before, select = loop.__dict__.get("time"), selector.select
    replaced = selector.__dict__.get("select")
    loop.time = scope.monotonic
    selector.select = _virtual(loop, selector, select, scope)

    def undo() -> None:
        _put_back(loop, "time", before)
        _put_back(selector, "select", replaced)
        ahead = scope.monotonic() - _monotonic()
        for timer in timers:  # what was begun inside keeps what is left of its time
            timer._when -= ahead
        timers.extend(outside)
        heapq.heapify(timers)

    return undo


def _put_back(owner: Any, name: str, before: Any) -> None:
    if before is None:
        delattr(owner, name)
    else:
        setattr(owner, name, before)


def _virtual(loop: Any, selector: Any, select: Callable[[Any], list[Any]], scope: Scope) -> Any:
    def virtual(timeout: float | None = None) -> list[Any]:
        events = select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        due = loop._scheduled[0]._when if loop._scheduled else math.inf
        if due == math.inf:  # only another thread, or the network, can bring something
            return select(None)
        if _sockets(selector) and (events := select(GRACE)):
            return events
        with scope.clock.waiting(scope.due(due)) as turn:
            while not scope.clock.passed(turn, lambda: select(0)):
                if events := select(_SLICE):
                    return events
        return []

    return virtual


def _sockets(selector: Any) -> bool:
    """Whether there is more than the loop's own pair of sockets, which wakes it up."""
    registered = getattr(selector, "get_map", None)
    return registered is not None and len(registered()) > 1
