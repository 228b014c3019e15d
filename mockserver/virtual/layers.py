"""What one of asyncio's loops goes by: real time, and on top of it the scopes that are open in it.

Timers go by the layer in which they were set. The top layer's are in the loop; those of the others are
set aside, and handed to the loop when they are due by their own time.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import anyio._backends._asyncio as anyio_on_asyncio

from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.virtual.scope import Scope

PATIENCE = 2.0  # seconds of real time without news from open sockets before the clock moves
GRACE = 0.05  # the same where these have been quiet for PATIENCE already
_SLICE = 0.001
_monotonic = time.monotonic


class _Layer:
    """The timers that go by one time: that of *scope*, or real time (None)."""

    def __init__(self, scope: Scope | None, time: Callable[[], float]) -> None:
        self.scope, self.time = scope, time
        self.timers: list[Any] = []  # a heap; empty while this is the top layer
        self.executor: Any = None  # the loop's own, while a layer above has one of its own
        self.idle: list[Any] = []  # anyio's idle threads, the same

    def due(self) -> float:
        """Return when the first timer set aside is due; infinity: there is none."""
        while self.timers and self.timers[0]._cancelled:
            heapq.heappop(self.timers)._scheduled = False
        return self.timers[0]._when if self.timers else math.inf


class Layers:
    """The layers of *loop*. Threads are in the scope that they were started in: so each layer has workers
    of its own."""

    def __init__(self, loop: Any) -> None:
        self._loop, self._selector = loop, loop._selector
        self._time, self._replaced = vars(loop).get("time"), vars(loop._selector).get("select")
        self._select = loop._selector.select
        self._layers = [_Layer(None, self._time or _monotonic)]
        self._selector.select = self._virtual
        self._watched: frozenset[tuple[int, int]] = frozenset()
        self._news = _monotonic()

    @property
    def clock(self) -> VirtualClock | None:
        """The clock that the loop goes by."""
        scope = self._layers[-1].scope
        return None if scope is None else scope.clock

    def has(self, scope: Scope) -> bool:
        return any(layer.scope is scope for layer in self._layers)

    def enter(self, scope: Scope) -> None:
        """Put *scope* on top."""
        loop, below = self._loop, self._layers[-1]
        below.timers, loop._scheduled = loop._scheduled, []
        if getattr(loop._default_executor, "_thread_name_prefix", "") == "asyncio":  # not one of the user's
            below.executor, loop._default_executor = loop._default_executor, None
        idle = _idle_workers(loop)
        below.idle = list(idle)
        idle.clear()
        self._layers.append(_Layer(scope, scope.monotonic))
        loop.time = scope.monotonic

    def leave(self, scope: Scope) -> bool:
        """Take *scope* out, wherever it is; what was begun in it keeps what is left of its time, by the
        layer below. Returns whether it was the last: then the loop is as before."""
        place = next(place for place, layer in enumerate(self._layers) if layer.scope is scope)
        layer, below = self._layers.pop(place), self._layers[place - 1]
        top = place == len(self._layers)  # of those that are left
        if top:
            layer.timers, layer.executor = self._loop._scheduled, self._loop._default_executor
        ahead = layer.time() - below.time()
        for timer in layer.timers:
            timer._when -= ahead
        below.timers += layer.timers
        heapq.heapify(below.timers)
        if below.executor is None:
            below.executor = layer.executor
        elif layer.executor is not None:
            layer.executor.shutdown(wait=False)
        for worker in list(_idle_workers(self._loop)) if top else layer.idle:
            worker.stop()
        if top:
            self._now_on_top(below)
        return len(self._layers) == 1

    def _now_on_top(self, layer: _Layer) -> None:
        loop = self._loop
        loop._scheduled, layer.timers = layer.timers, []
        loop._timer_cancelled_count = sum(timer._cancelled for timer in loop._scheduled)
        loop._default_executor, layer.executor = layer.executor, None
        _idle_workers(loop).extend(layer.idle)
        layer.idle = []
        loop.time = layer.time
        if layer.scope is None:
            _put_back(loop, "time", self._time)
            _put_back(self._selector, "select", self._replaced)

    def _virtual(self, timeout: float | None = None) -> list[Any]:
        """Stands in for the ``select`` of the loop's selector."""
        events = self._look(0)
        if self._handed_over() or events or (timeout is not None and timeout <= 0):
            return events
        scope, due = self._next()
        real = max(0.0, self._layers[0].due() - self._layers[0].time())
        if scope is None:  # only another thread, the network or real time can bring something
            return self._look(None if real == math.inf else real)
        grace = self._grace()
        if grace and ((events := self._look(min(grace, real))) or real < grace):
            return events
        with scope.clock.waiting(scope.due(due)) as turn:
            while not scope.clock.passed(turn, lambda: self._select(0)):
                if (events := self._look(_SLICE)) or self._handed_over():
                    return events
        return []

    def _look(self, timeout: float | None) -> list[Any]:
        events: list[Any] = self._select(timeout)
        if events:
            self._news = _monotonic()
        return events

    def _handed_over(self) -> bool:
        """Let the loop run what is due in the layers below; return whether there was something."""
        before = len(self._loop._scheduled)
        for layer in self._layers[:-1]:
            while layer.due() <= layer.time():
                timer = heapq.heappop(layer.timers)
                timer._when = self._loop.time()
                heapq.heappush(self._loop._scheduled, timer)
        return len(self._loop._scheduled) > before

    def _next(self) -> tuple[Scope | None, float]:
        """Return the scope that is to move its clock, and to what time by its ``monotonic``: the topmost
        that somebody waits in. None where threads do that by themselves, and where nobody waits."""
        scheduled = self._loop._scheduled
        due = scheduled[0]._when if scheduled else math.inf
        for layer in reversed(self._layers[1:]):
            assert layer.scope is not None  # noqa: S101  # only the first has none
            due = min(due, layer.due())
            if due < math.inf:
                return layer.scope, due
            if layer.scope.clock.awaited:
                break
        return None, math.inf

    def _grace(self) -> float:
        """Return for how many real seconds open sockets are still listened to before the clock moves."""
        registered: Any = getattr(self._selector, "get_map", dict)()
        watched = frozenset((key.fd, key.events) for key in registered.values())
        if watched != self._watched:
            self._watched, self._news = watched, _monotonic()
        if len(watched) < 2:  # the loop's own, which wakes it up
            return 0.0
        return max(GRACE, self._news + PATIENCE - _monotonic())


def _idle_workers(loop: Any) -> Any:
    """Return the deque of the idle threads that anyio keeps for *loop*; it tells only whoever runs in it."""
    try:
        running = asyncio._get_running_loop() is loop
        return anyio_on_asyncio._threadpool_idle_workers.get() if running else deque()
    except (LookupError, RuntimeError):  # none yet; or a callback of the loop asks, outside of any task
        return deque()


def _put_back(owner: Any, name: str, before: Any) -> None:
    if before is None:
        delattr(owner, name)
    else:
        setattr(owner, name, before)
