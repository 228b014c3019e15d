"""Threads that trio keeps for later: those of before are not those of now."""

from __future__ import annotations

import threading
import time

import pytest

from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.virtual import virtual_time

trio = pytest.importorskip("trio")
HOUR = 3600.0


def sleeper() -> threading.Thread:
    """Sleep for an hour, and return the thread it was done in."""
    time.sleep(HOUR)
    return threading.current_thread()


async def in_a_thread() -> threading.Thread:
    with trio.fail_after(2 * HOUR):
        thread: threading.Thread = await trio.to_thread.run_sync(sleeper)
        return thread


def test_threads_of_trio_are_waited_for() -> None:
    with virtual_time() as line:
        trio.run(in_a_thread)

    assert line.elapsed == pytest.approx(HOUR, abs=1e-3)


def test_a_thread_that_was_kept_from_before_is_left_alone() -> None:
    before = trio.run(trio.to_thread.run_sync, threading.current_thread)

    with virtual_time() as line:
        inside = {trio.run(in_a_thread) for _ in range(2)}
    after = trio.run(trio.to_thread.run_sync, threading.current_thread)

    assert len(inside) == 1  # kept for the next, as trio does
    assert before not in inside
    assert after not in inside
    assert line.seconds == (HOUR, HOUR)


def test_a_context_in_another_has_threads_of_its_own() -> None:
    with virtual_time(VirtualClock(0)) as outer:
        first = trio.run(in_a_thread)
        with virtual_time(VirtualClock(0)) as inner:
            second = trio.run(in_a_thread)
        third = trio.run(in_a_thread)

    assert first is third
    assert second is not first
    assert (outer.elapsed, inner.elapsed) == pytest.approx((2 * HOUR, HOUR), abs=1e-3)


def test_the_threads_are_given_back() -> None:
    kept = trio._core._thread_cache
    before = kept.THREAD_CACHE

    with virtual_time():
        assert kept.THREAD_CACHE is not before

    assert kept.THREAD_CACHE is before
