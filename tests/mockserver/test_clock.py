"""Clocks: what passes on them, and in which order those who wait are woken."""

from __future__ import annotations

import asyncio
import math
import re
import sys
import threading
import time
from copy import copy

import pytest

from understudy.mockserver.clock import Clock, RealClock, ScaledClock, VirtualClock

BOTH: list[Clock] = [RealClock(), ScaledClock(10)]


@pytest.mark.parametrize("clock", BOTH)
def test_a_wait_takes_real_time_as_long_as_it_says(clock: Clock) -> None:
    before, start = clock.now(), time.monotonic()

    clock.sleep(0.05)
    asyncio.run(clock.asleep(0.05))

    assert time.monotonic() - start >= 2 * clock.lasts(0.05) * 0.98
    assert clock.now() - before >= 0.1 * 0.98


def test_a_scaled_minute_is_short() -> None:
    clock = ScaledClock(100)

    assert clock.lasts(60) == 0.6
    assert abs(clock.now() - time.time()) < 100 * 20
    assert RealClock().lasts(60) == 60


@pytest.mark.parametrize("factor", [0, -1, math.inf, math.nan, 1e308, 1e-300, 1_000_001, 0.0009])
def test_a_factor_that_cannot_be(factor: float) -> None:
    with pytest.raises(ValueError, match=re.escape(f"is {factor}, expected 0.001 to 1000000")):
        ScaledClock(factor)


@pytest.mark.parametrize("factor", [0.001, 1_000_000])
def test_a_factor_at_the_edge(factor: float) -> None:
    assert ScaledClock(factor).lasts(factor) == 1


def test_virtual_time_stands_still_until_somebody_waits() -> None:
    clock = VirtualClock(1000)
    assert clock.now() == 1000

    clock.sleep(60)
    assert clock.now() == 1060

    asyncio.run(clock.asleep(86_400 * 3))
    clock.advance(0.5)
    assert clock.now() == 1060.5 + 86_400 * 3


def test_a_flowing_clock_lets_real_time_pass_too() -> None:
    clock = VirtualClock(1000, flowing=True)

    clock.sleep(60)
    skipped = clock.now()
    time.sleep(0.02)

    assert skipped >= 1060
    assert clock.now() >= skipped + 0.019


@pytest.mark.parametrize("seconds", [-1, math.inf, math.nan])
def test_a_wait_that_cannot_be(seconds: float) -> None:
    with pytest.raises(ValueError, match="expected 0 or more"):
        VirtualClock().sleep(seconds)


def test_what_a_virtual_wait_costs() -> None:
    assert VirtualClock().lasts(600) == 0
    assert VirtualClock().lasts(math.inf) == math.inf


def test_threads_are_woken_in_the_order_of_their_times() -> None:
    clock, woken, lock = VirtualClock(0), [], threading.Lock()
    ready = threading.Barrier(4)

    def wait(seconds: float) -> None:
        ready.wait(timeout=20)
        for _ in range(3):
            clock.sleep(seconds)
            with lock:
                woken.append((clock.now(), seconds))

    threads = [threading.Thread(target=wait, args=(seconds,)) for seconds in (50, 7, 20, 3)]
    for thread in threads:
        clock.join(thread)
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    expected = sorted((seconds * count, seconds) for seconds in (3, 7, 20, 50) for count in (1, 2, 3))
    assert woken == expected
    assert clock.now() == 150


def test_tasks_are_woken_in_the_order_of_their_times() -> None:
    clock, woken = VirtualClock(0), []

    async def wait(seconds: float) -> None:
        await clock.asleep(seconds)
        woken.append((clock.now(), seconds))

    async def main() -> None:
        await asyncio.gather(*(wait(seconds) for seconds in (50, 7, 20)))

    asyncio.run(main())

    assert woken == [(7, 7), (20, 20), (50, 50)]


def test_a_wait_for_ever_ends_by_being_cancelled() -> None:
    async def main() -> None:
        task = asyncio.ensure_future(VirtualClock().asleep(math.inf))
        await asyncio.sleep(0.01)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_a_thread_blocked_out_of_sight_does_not_hold_the_clock_for_ever() -> None:
    clock, lock = VirtualClock(0), threading.Lock()
    lock.acquire()

    def block() -> None:
        with lock:  # no wait for the clock, and none that it could know of
            pass

    thread = threading.Thread(target=block)
    clock.join(thread)
    thread.start()
    clock.sleep(10)
    lock.release()
    thread.join(timeout=20)

    assert clock.now() == 10


def test_threads_may_join_while_the_clock_looks_at_the_others() -> None:
    clock, going = VirtualClock(0), threading.Event()
    ended = [threading.Thread(target=int) for _ in range(1_000)]  # it takes a while to look at so many
    for thread in ended:
        clock.join(thread)
        thread.start()
        thread.join()

    def begin() -> None:
        while not going.is_set():
            clock.join(copy(ended[0]))

    others = [threading.Thread(target=begin) for _ in range(2)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in others:
            thread.start()
        for _ in range(20):
            clock.sleep(1)
    finally:
        sys.setswitchinterval(interval)
        going.set()
        for thread in others:
            thread.join()

    assert clock.now() == 20


def test_a_thread_at_work_is_waited_for() -> None:
    clock, seen = VirtualClock(0), []
    working = threading.Event()

    def work() -> None:
        working.set()
        end = time.monotonic() + 0.03  # far more than SETTLE, far less than STUCK
        while time.monotonic() < end:
            sum(range(100))
        clock.sleep(1)
        seen.append(clock.now())

    thread = threading.Thread(target=work)
    clock.join(thread)
    thread.start()
    working.wait(timeout=20)
    clock.sleep(10)
    thread.join(timeout=20)

    assert seen == [1]
