"""trio under a virtual clock."""

from __future__ import annotations

import time

import anyio
import pytest

from understudy.mockserver.virtual import virtual_time

trio = pytest.importorskip("trio")
testing = pytest.importorskip("trio.testing")
HOUR = 3600.0


def test_sleeps_and_timeouts_move() -> None:
    woken: list[float] = []

    async def wait(seconds: float) -> None:
        await trio.sleep(seconds)
        woken.append(seconds)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for seconds in (3 * HOUR, HOUR, 2 * HOUR):
                nursery.start_soon(wait, seconds)
        with trio.move_on_after(HOUR):
            await trio.sleep_forever()
        await anyio.sleep(HOUR)

    start = time.perf_counter()
    with virtual_time() as line:
        trio.run(main)

    assert woken == [HOUR, 2 * HOUR, 3 * HOUR]
    assert line.elapsed == pytest.approx(5 * HOUR, abs=1e-3)
    assert sorted(line.seconds) == [HOUR, HOUR, 2 * HOUR, 3 * HOUR]
    assert {wait.kind for wait in line} == {"trio.sleep", "anyio.sleep"}
    assert time.perf_counter() - start < 20


def test_a_clock_of_the_users_own_is_kept() -> None:
    async def main() -> float:
        await trio.sleep(HOUR)
        now: float = trio.current_time()
        return now

    with virtual_time() as line:
        assert trio.run(main, clock=testing.MockClock(autojump_threshold=0)) == pytest.approx(0, abs=1)

    assert line.seconds == (HOUR,)


def test_trio_is_given_back() -> None:
    run, sleep = trio.run, trio.sleep
    with virtual_time():
        assert trio.run is not run

    assert (trio.run, trio.sleep) == (run, sleep)
