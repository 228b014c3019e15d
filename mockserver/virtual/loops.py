"""asyncio's event loops under a virtual clock.

A loop would wait for its next timer with nothing to do: here it moves the clock instead. So all that
stands on timers moves with it: ``asyncio.timeout``, ``wait_for``, ``call_later``. Only loops written in
Python can be taken: with uvloop, sleeps are skipped one by one, and timers keep real time.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.virtual.layers import Layers
from understudy.mockserver.virtual.scope import Scope
from understudy.mockserver.virtual.trio_clock import TrioClock

_taken: dict[Any, Layers] = {}  # by loop


def drives(clock: VirtualClock) -> bool:
    """Whether the loop that runs in this thread keeps the time of *clock*."""
    trio = sys.modules.get("trio")
    try:
        layers = _taken.get(asyncio.get_running_loop())
        return layers is not None and layers.clock is clock
    except RuntimeError:
        if trio is None or not trio.lowlevel.in_trio_run():
            return False
        current = trio.lowlevel.current_clock()
        return isinstance(current, TrioClock) and current.scope.clock is clock


def take_running(scope: Scope) -> None:
    """Put the loop that runs in this thread, if any, under the clock of *scope*."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    if isinstance(loop, asyncio.BaseEventLoop):
        take(loop, scope)


def take(loop: asyncio.BaseEventLoop, scope: Scope) -> None:
    """Put *loop* under the clock of *scope*. Timers set before keep the time they were set by."""
    layers = _taken.get(loop)
    if layers is None:
        layers = _taken[loop] = Layers(loop)
    if not layers.has(scope):
        layers.enter(scope)


def release(scope: Scope) -> None:
    """Give the loops of *scope* back to what they went by before; in any order."""
    for loop, layers in list(_taken.items()):
        if not layers.has(scope):
            continue
        if loop.is_running() and loop is not asyncio._get_running_loop():
            loop.call_soon_threadsafe(_leave, loop, scope)  # its own thread is in the middle of it
        else:
            _leave(loop, scope)


def _leave(loop: Any, scope: Scope) -> None:
    if _taken[loop].leave(scope):
        del _taken[loop]
