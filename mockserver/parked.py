"""Whether threads wait, read off their frames: for what a virtual clock must know before it moves.

A thread that was woken but has not run yet still looks as if it waited; what woke it tells.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import Any

Positions = Mapping[int, tuple[int, int]]


def at_work(threads: Iterable[threading.Thread]) -> Positions:
    """Return where those of *threads* are that do not wait: two that are equal in time, and the thread has
    not moved between. Empty: all of them wait."""
    frames = sys._current_frames()
    found: dict[int, tuple[int, int]] = {}
    for thread in threads:
        if _begins(thread):
            found[-id(thread)] = 0, 0
            continue
        frame = frames.get(thread.ident or 0)
        if frame is not None and not _waits(frame):
            found[thread.ident or 0] = id(frame), frame.f_lasti
    return found


def ended(thread: threading.Thread) -> bool:
    """Return whether *thread* has begun and is over."""
    return not _begins(thread) and not thread.is_alive()


def _begins(thread: threading.Thread) -> bool:
    """Whether *thread* has yet to draw its first breath; who starts it waits for no more than that."""
    return not vars(thread)["_started"].is_set()


def _waits(frame: FrameType) -> bool:
    file = frame.f_code.co_filename.replace("\\", "/")
    for (ending, name), still in _PLACES.items():
        if frame.f_code.co_name == name and file.endswith(ending):
            return still(frame.f_locals)
    return False


def _not_notified(local: Mapping[str, Any]) -> bool:
    waiter = local.get("waiter")  # notify releases it
    return waiter is not None and bool(waiter.locked())


def _joins_the_living(local: Mapping[str, Any]) -> bool:
    return bool(local["self"].is_alive())


def _has_no_work(local: Mapping[str, Any]) -> bool:
    return "work_item" not in local and bool(local["work_queue"].empty())  # None in it: it is to end


def _has_no_job(local: Mapping[str, Any]) -> bool:
    return getattr(local.get("self"), "_job", None) is None


def _always(_: Mapping[str, Any]) -> bool:
    return True


# where a thread stands that waits for a lock, another thread, I/O or work, and whether it still does
_PLACES: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], bool]] = {
    ("/threading.py", "wait"): _not_notified,
    ("/threading.py", "join"): _joins_the_living,
    ("/threading.py", "_wait_for_tstate_lock"): _joins_the_living,
    ("/selectors.py", "select"): _always,
    ("/trio/_core/_io_epoll.py", "get_events"): _always,
    ("/trio/_core/_io_kqueue.py", "get_events"): _always,
    ("/trio/_core/_io_windows.py", "get_events"): _always,
    ("/concurrent/futures/thread.py", "_worker"): _has_no_work,
    ("/trio/_core/_thread_cache.py", "_work"): _has_no_job,
}
