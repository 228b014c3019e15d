"""Clocks: what time it is, and what waiting costs.

``RealClock`` waits. ``ScaledClock`` waits less. ``VirtualClock`` does not wait: a wait moves it. Many
can wait on it at once, from threads and from tasks, and are woken in the order of their times.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from weakref import ref

import anyio
from anyio import sleep as _loop_sleep
from anyio.lowlevel import checkpoint

from understudy.mockserver.parked import Positions, at_work, ended
from understudy.mockserver.wire import FASTEST, SLOWEST

_monotonic = time.monotonic  # the real one, whatever is patched later
_SLICE = 0.001  # seconds between two looks at what others do
SETTLE = 0.002  # seconds that other threads must have been seen to wait before the clock moves
STUCK = 0.5  # seconds after which a thread that is blocked out of our sight is passed over
LONGEST = 10.0  # seconds after which one that is busy is
_YIELDS = 3  # turns of the event loop that other tasks get to say that they wait for less


class Clock(Protocol):
    """All times are seconds; ``now`` since 1970."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    async def asleep(self, seconds: float) -> None: ...

    def lasts(self, seconds: float) -> float:
        """Return for how many real seconds a wait of *seconds* holds somebody up."""


class RealClock:
    """The time of this machine."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    def lasts(self, seconds: float) -> float:
        return seconds


class ScaledClock:
    """Runs *factor* times as fast as real time, from the present on: 100 makes a minute of 0.6 s."""

    def __init__(self, factor: float) -> None:
        if not SLOWEST <= factor <= FASTEST:
            raise ValueError(f"the factor of a scaled clock is {factor}, expected {SLOWEST} to {FASTEST}")
        self.factor = factor
        self._start, self._real_start = time.time(), _monotonic()

    def now(self) -> float:
        return self._start + (_monotonic() - self._real_start) * self.factor

    def sleep(self, seconds: float) -> None:
        time.sleep(self.lasts(seconds))

    async def asleep(self, seconds: float) -> None:
        await anyio.sleep(self.lasts(seconds))

    def lasts(self, seconds: float) -> float:
        return seconds / self.factor


class Turn:
    """One wait on a virtual clock, until *due* (seconds since 1970)."""

    def __init__(self, due: float, number: int, thread: threading.Thread) -> None:
        self.due, self.number, self.thread = due, number, thread

    def __lt__(self, other: Turn) -> bool:
        return (self.due, self.number) < (other.due, other.number)


class VirtualClock:
    """Stands still until somebody waits, then jumps to the end of that wait. *flowing*: real time passes
    on it as well, and waits are skipped on top of that.

    Of several waits the one that ends first is woken first. Before the clock moves, threads at work are
    waited for: LONGEST seconds of real time, STUCK if they do not get on. ``driven`` says
    whether the caller's event loop keeps this clock's time by itself, as under ``virtual_time``.
    """

    def __init__(self, start: float | None = None, *, flowing: bool = False) -> None:
        self._at = time.time() if start is None else float(start)
        self._flowing = flowing
        self._real_start = _monotonic()
        self._changed = threading.Condition()
        self._turns: list[Turn] = []
        self._count = 0
        self._quiet_since = self._progress = self._worked = _monotonic()
        self._working: Positions = {}
        self._threads: dict[int, ref[threading.Thread]] = {}  # by id; a WeakSet is not for several threads
        self.driven: Callable[[], bool] = lambda: False

    def now(self) -> float:
        return self._at + (_monotonic() - self._real_start if self._flowing else 0.0)

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass: whoever waits for less is woken first, in order."""
        self.sleep(seconds)

    def sleep(self, seconds: float) -> None:
        """Return *seconds* later on this clock. Raises ValueError for less than 0, or for ever."""
        if not 0 <= seconds < math.inf:
            raise ValueError(f"a virtual wait of {seconds} s: expected 0 or more, and an end")
        with self.waiting(self.now() + seconds) as turn:
            while not self.passed(turn):
                with self._changed:
                    self._changed.wait(_SLICE)

    async def asleep(self, seconds: float) -> None:
        """The same in a task, under asyncio or trio. For ever: until it is cancelled."""
        if seconds == math.inf or self.driven():
            await _loop_sleep(seconds)
            return
        with self.waiting(self.now() + max(0.0, seconds)) as turn:
            for _ in range(_YIELDS):
                await checkpoint()
            while not self.passed(turn):
                await checkpoint()

    def lasts(self, seconds: float) -> float:
        return math.inf if seconds == math.inf else 0.0

    @property
    def awaited(self) -> bool:
        """Whether anybody waits on it."""
        return bool(self._turns)

    def join(self, thread: threading.Thread) -> None:
        """Wait for *thread* to settle, too, before moving on. Threads that wait have joined by that."""
        with self._changed:
            self._threads[id(thread)] = ref(thread)

    @contextmanager
    def waiting(self, due: float, *, again: bool = False) -> Iterator[Turn]:
        """Yield a turn that waits until *due*; ask ``passed`` for it until that is true. *again*: this goes
        on with an earlier one, and is no sign of life."""
        with self._changed:
            turn = Turn(due, self._count, threading.current_thread())
            self._threads[id(turn.thread)] = ref(turn.thread)
            self._count += 1
            self._turns.append(turn)
            self._moved(again)
        try:
            yield turn
        finally:
            with self._changed:
                self._turns.remove(turn)
                self._moved(again)

    def passed(self, turn: Turn, woken: Callable[[], Any] = lambda: None) -> bool:
        """Whether the time of *turn* has come: now, or by moving the clock where it is the first to be.
        Asked last is whether something else has *woken* it: others may have done that, and ended."""
        with self._changed:
            ahead = turn.due - self.now()
            if ahead <= 0:
                return True
            if turn is not min(self._turns) or not self._still() or woken():
                return False
            self._at = self._at + ahead if self._flowing else turn.due
            self._moved()
            return True

    def _moved(self, again: bool = False) -> None:
        if not again:
            self._quiet_since = _monotonic()
            self._changed.notify_all()

    def _still(self) -> bool:
        """Whether no other thread can be about to wait for less."""
        waiting = {turn.thread for turn in self._turns}
        known = [thread for one in self._threads.values() if (thread := one()) and not ended(thread)]
        self._threads = {id(thread): self._threads[id(thread)] for thread in known}
        others = [thread for thread in known if thread not in waiting]
        if not others:
            return True
        now = _monotonic()
        working = at_work(others)
        if not working:
            return now - max(self._quiet_since, self._worked) > SETTLE
        if working != self._working:
            self._working, self._progress = working, now
        self._worked = now
        return now - self._progress > STUCK or now - self._quiet_since > LONGEST
