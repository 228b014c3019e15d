"""Whose time is virtual: the threads of one ``virtual_time``, or the modules it is limited to."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Collection
from types import FrameType
from weakref import WeakSet

from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.virtual.timeline import TimeLine

_monotonic = time.monotonic

_BELOW = ("understudy", "anyio")  # waits they ask for are somebody else's, or the engine's
_LOOPS = ("asyncio", "anyio", "trio", "understudy", "outcome")  # no place that a user would look for


class Scope:
    """One ``virtual_time`` in force. It begins with the current thread; threads that its threads start
    belong to it. *modules*: only calls out of these count (top-level names), None for all."""

    def __init__(self, clock: VirtualClock, modules: Collection[str] | None) -> None:
        self.clock = clock
        self.modules = None if modules is None else frozenset(modules)
        self.line = TimeLine(clock)
        self._threads: WeakSet[threading.Thread] = WeakSet()
        self._monotonic, self._start = _monotonic(), clock.now()
        self.adopt(threading.current_thread())

    def adopt(self, thread: threading.Thread) -> None:
        self._threads.add(thread)
        self.clock.join(thread)

    def has(self, thread: threading.Thread) -> bool:
        return thread in self._threads

    def holds(self, module: str) -> bool:
        """Whether what *module* asks of the time is for this scope to answer."""
        return self.modules is None or module in self.modules

    def monotonic(self) -> float:
        """Return this scope's ``time.monotonic``: it goes on from the real one."""
        return self._monotonic + self.clock.now() - self._start

    def due(self, monotonic: float) -> float:
        """Return *monotonic* as seconds since 1970: the first at which ``monotonic`` has got there. A loop
        that is woken the rounding of a float too early would ask again for ever."""
        due = self._start + (monotonic - self._monotonic)
        while self._monotonic + due - self._start < monotonic:
            due = math.nextafter(due, math.inf)
        return due

    def record(self, seconds: float, caller: FrameType | None, kind: str) -> None:
        """Write the wait down, unless it is the engine's own, or an end is not meant to come."""
        if seconds < math.inf and root(caller) not in _BELOW:
            self.line.add(seconds, _place(caller), kind)


def root(frame: FrameType | None) -> str:
    """Return the top-level name of the module that *frame* runs in."""
    name = "" if frame is None else frame.f_globals.get("__name__")
    return str(name).partition(".")[0]


def _place(frame: FrameType | None) -> str:
    """Return the file and line that a wait was asked for at; of a task of its own, only that it is one."""
    while frame is not None and root(frame) in _LOOPS:
        frame = frame.f_back
    return "a task" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
