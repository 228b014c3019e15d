"""Virtual time for client code: what moves, what is written down, and what is left alone."""

from __future__ import annotations

import asyncio
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

import anyio
import pytest

from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.virtual import RETRY_MODULES, virtual_time

HOUR = 3600.0
START = 1_800_000_000.0
SOON = 20.0  # far more than any of this takes in real time, far less than the waits


@pytest.fixture(autouse=True)
def _quick() -> Any:
    """No test here may wait for real: all of them wait for hours."""
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < SOON


def line_of(function: Callable[..., Any], offset: int) -> str:
    return f"{__file__}:{function.__code__.co_firstlineno + offset}"


def from_module(name: str, source: str) -> dict[str, Any]:
    """Return what *source* defines, as the code of module *name*."""
    names: dict[str, Any] = {"__name__": name}
    exec(compile(source, f"{name}.py", "exec"), names)  # noqa: S102
    return names


# --- sync -----------------------------------------------------------------------------------------


def test_sleep_moves_the_clock_at_once_and_is_recorded() -> None:
    with virtual_time(VirtualClock(START)) as line:
        time.sleep(HOUR)
        assert time.time() == START + HOUR
        time.sleep(0.5)

    assert line.seconds == (HOUR, 0.5)
    assert [wait.kind for wait in line] == ["time.sleep"] * 2
    assert [wait.at for wait in line] == [START, START + HOUR]
    assert line.waits[0].place == line_of(test_sleep_moves_the_clock_at_once_and_is_recorded, 2)
    assert line.elapsed == HOUR + 0.5


def test_all_that_tells_the_time_agrees() -> None:
    before = time.monotonic()
    with virtual_time(VirtualClock(START)):
        first = (time.time(), time.time_ns(), time.monotonic(), time.monotonic_ns())
        time.sleep(HOUR)
        second = (time.time(), time.time_ns(), time.monotonic(), time.monotonic_ns())

    gone = [b - a for a, b in zip(first, second, strict=True)]
    assert gone == pytest.approx([HOUR, HOUR * 1e9, HOUR, HOUR * 1e9], rel=1e-9)
    assert 0 <= first[2] - before < SOON  # it goes on from the real one


def test_measuring_stays_real() -> None:
    with virtual_time():
        start = time.perf_counter()
        time.sleep(HOUR)

        assert time.perf_counter() - start < SOON


def test_no_wait_at_all_is_not_recorded() -> None:
    with virtual_time() as line:
        time.sleep(0)
        with pytest.raises(ValueError, match="non-negative"):
            time.sleep(-1)

    assert len(line) == 0


def test_nothing_is_left_behind_even_after_an_exception() -> None:
    def patched() -> list[Any]:
        return [
            time.sleep, time.time, time.time_ns, time.monotonic, time.monotonic_ns,
            asyncio.sleep, anyio.sleep, asyncio.BaseEventLoop.run_forever, threading.Thread.start,
        ]  # fmt: skip

    def fail() -> None:
        with virtual_time():
            assert all(now is not then for now, then in zip(patched(), before, strict=True))
            raise ZeroDivisionError

    before = patched()
    with pytest.raises(ZeroDivisionError):
        fail()

    assert patched() == before


def test_who_keeps_the_replaced_function_keeps_only_a_detour() -> None:
    with virtual_time():
        kept = time.time

    assert abs(kept() - time.time()) < SOON


def test_one_context_in_another() -> None:
    with virtual_time(VirtualClock(START)) as outer:
        time.sleep(1)
        with virtual_time(VirtualClock(2 * START)) as inner:
            time.sleep(HOUR)
            assert time.time() == 2 * START + HOUR
        assert time.time() == START + 1
        time.sleep(2)

    assert (outer.seconds, inner.seconds) == ((1, 2), (HOUR,))


# --- async ----------------------------------------------------------------------------------------


def test_asyncio_sleeps_side_by_side() -> None:
    woken: list[float] = []

    async def wait(seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append(time.time() - START)

    async def main() -> float:
        await asyncio.gather(wait(3 * HOUR), wait(HOUR), wait(2 * HOUR))
        return asyncio.get_running_loop().time()

    with virtual_time(VirtualClock(START)) as line:
        before = time.monotonic()
        assert asyncio.run(main()) - before == pytest.approx(3 * HOUR, abs=1e-3)

    assert woken == [HOUR, 2 * HOUR, 3 * HOUR]
    assert sorted(line.seconds) == [HOUR, 2 * HOUR, 3 * HOUR]
    assert {wait.place for wait in line} == {line_of(wait, 1)}
    assert line.elapsed == 3 * HOUR


def test_anyio_sleeps_are_recorded_once() -> None:
    async def main() -> None:
        await anyio.sleep(HOUR)
        with anyio.move_on_after(HOUR):
            await anyio.sleep_forever()

    with virtual_time() as line:
        anyio.run(main)

    assert [(wait.seconds, wait.kind) for wait in line] == [(HOUR, "anyio.sleep")]
    assert line.waits[0].place == line_of(main, 1)
    assert line.elapsed == pytest.approx(2 * HOUR, abs=1e-3)


def test_the_result_of_a_sleep() -> None:
    async def main() -> list[Any]:
        return [
            await asyncio.sleep(HOUR, "one"),
            await asyncio.sleep(HOUR, result="two"),
            await asyncio.sleep(0, 3),
        ]

    with virtual_time():
        assert asyncio.run(main()) == ["one", "two", 3]


def test_timeouts_move() -> None:
    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), HOUR)
        await asyncio.wait_for(asyncio.sleep(HOUR), 2 * HOUR)
        fired = asyncio.Event()
        asyncio.get_running_loop().call_later(30 * HOUR, fired.set)
        await fired.wait()

    with virtual_time() as line:
        asyncio.run(main())

    assert line.elapsed == pytest.approx(32 * HOUR, abs=1e-3)


def test_a_context_inside_a_running_loop() -> None:
    async def main() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        outside = asyncio.ensure_future(asyncio.sleep(60))  # far from over when the test is
        await asyncio.sleep(0)
        with virtual_time() as line:
            await asyncio.sleep(HOUR)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.sleep(2 * HOUR), HOUR)
            inside = asyncio.ensure_future(asyncio.sleep(0.01))
            await asyncio.sleep(0)
        assert not outside.done()
        await inside  # what is left of its time is real again
        assert "time" not in vars(loop)
        outside.cancel()
        return line.elapsed, loop.time() - time.monotonic()

    elapsed, ahead = asyncio.run(main())

    assert elapsed == pytest.approx(2 * HOUR, abs=1e-3)
    assert abs(ahead) < SOON


def test_a_loop_waits_for_its_threads() -> None:
    def work() -> str:
        time.sleep(HOUR)
        end = time.perf_counter() + 0.02
        while time.perf_counter() < end:
            sum(range(100))
        return "done"

    async def main() -> str:
        return await asyncio.wait_for(asyncio.to_thread(work), 2 * HOUR)

    with virtual_time() as line:
        assert asyncio.run(main()) == "done"

    assert line.elapsed == HOUR


def test_a_real_socket_is_given_time_to_answer() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    async def main() -> bytes:
        server = await asyncio.start_server(serve, "127.0.0.1")
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello\n")
            line = await asyncio.wait_for(reader.readline(), HOUR)
            await asyncio.sleep(HOUR)
            writer.close()
            return line

    with virtual_time() as line:
        assert asyncio.run(main()) == b"hello\n"

    assert line.elapsed == HOUR


def test_a_loop_not_written_in_python_skips_its_sleeps() -> None:
    uvloop = pytest.importorskip("uvloop")

    async def main() -> str:
        await anyio.sleep(HOUR)
        result: str = await asyncio.sleep(HOUR, "slept")
        return result

    with virtual_time() as line:
        loop = uvloop.new_event_loop()
        try:
            assert loop.run_until_complete(main()) == "slept"
        finally:
            loop.close()

    assert (line.elapsed, line.seconds) == (2 * HOUR, (HOUR, HOUR))


# --- threads --------------------------------------------------------------------------------------


def test_threads_started_inside_share_the_clock_in_order() -> None:
    woken = []

    def wait(seconds: float) -> None:
        for _ in range(2):
            time.sleep(seconds)
            woken.append(time.time() - START)

    with virtual_time(VirtualClock(START)) as line:
        threads = [threading.Thread(target=wait, args=(seconds,)) for seconds in (HOUR, 10, HOUR / 4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=SOON)

    assert woken == sorted(woken)
    assert len(line) == 6
    assert woken[-1] == pytest.approx(2 * HOUR, rel=0.01)


def test_a_pool_of_threads() -> None:
    with virtual_time() as line, ThreadPoolExecutor(4) as pool:
        list(pool.map(time.sleep, [HOUR] * 8))

    assert len(line) == 8
    assert line.elapsed <= 8 * HOUR


def test_threads_outside_keep_their_time() -> None:
    go, done = threading.Event(), threading.Event()
    seen: list[float] = []

    def outside() -> None:
        go.wait(timeout=SOON)
        time.sleep(0.01)
        seen.append(time.time())
        done.set()

    thread = threading.Thread(target=outside)
    thread.start()
    real = time.time()
    with virtual_time(VirtualClock(START * 2)) as line:
        go.set()
        done.wait(timeout=SOON)
    thread.join(timeout=SOON)

    assert abs(seen[0] - real) < SOON
    assert len(line) == 0


def test_contexts_of_two_threads_do_not_meet() -> None:
    entered = threading.Barrier(2)
    elapsed: dict[float, float] = {}

    def run(seconds: float) -> None:
        with virtual_time() as line:
            entered.wait(timeout=SOON)
            time.sleep(seconds)
        elapsed[seconds] = line.elapsed

    threads = [threading.Thread(target=run, args=(seconds,)) for seconds in (HOUR, 2 * HOUR)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=SOON)

    assert elapsed == {HOUR: HOUR, 2 * HOUR: 2 * HOUR}
    assert time.sleep.__module__ == "time"


# --- Python's own waits for the machine -----------------------------------------------------------


def test_a_process_is_waited_for_in_real_time() -> None:
    with virtual_time() as line:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.2)"], timeout=SOON, check=True)

    assert (line.elapsed, len(line)) == (0, 0)


def test_deadlines_of_waits_that_block_come() -> None:
    never: Future[None] = Future()
    with virtual_time():
        with pytest.raises(FutureTimeout):
            next(as_completed([never], timeout=0.05))
        here, there = multiprocessing.Pipe()
        with here, there:
            assert not here.poll(0.05)


# --- known retry code only ------------------------------------------------------------------------


def test_only_the_waits_of_named_modules() -> None:
    retrying = from_module(
        "tenacity.nap", "import time\ndef sleep(s): time.sleep(s)\ndef now(): return time.time()"
    )

    with virtual_time(modules=RETRY_MODULES) as line:
        retrying["sleep"](HOUR)
        time.sleep(0.01)
        ahead = retrying["now"]() - time.time()

    assert [(wait.seconds, wait.place) for wait in line] == [(HOUR, "tenacity.nap.py:2")]
    assert abs(ahead - HOUR) < SOON


def test_only_the_async_waits_of_named_modules() -> None:
    retrying = from_module(
        "openai._base_client",
        "import anyio, asyncio\nasync def sleep(s): await anyio.sleep(s); await asyncio.sleep(s)",
    )

    async def main() -> float:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await retrying["sleep"](HOUR)
        await asyncio.sleep(0.01)
        return loop.time() - start

    with virtual_time(modules=RETRY_MODULES) as line:
        real = asyncio.run(main())

    assert line.seconds == (HOUR, HOUR)
    assert 0.005 < real < SOON
    assert line.elapsed >= 2 * HOUR + 0.005  # real time passes, too


def test_modules_is_a_collection() -> None:
    with (
        pytest.raises(TypeError, match="a collection of names, not the text 'openai'"),
        virtual_time(modules="openai"),
    ):
        pass


# --- libraries that retry -------------------------------------------------------------------------


class Flaky:
    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self) -> str:
        if self.left:
            self.left -= 1
            raise ConnectionError
        return "well"

    async def later(self) -> str:
        return self()


def test_tenacity() -> None:
    tenacity = pytest.importorskip("tenacity")
    options = {"wait": tenacity.wait_fixed(60), "stop": tenacity.stop_after_delay(100)}
    with virtual_time() as line:
        assert tenacity.retry(**options)(Flaky(2).__call__)() == "well"
        assert asyncio.run(tenacity.retry(**options)(Flaky(2).later)()) == "well"
        with pytest.raises(tenacity.RetryError):
            tenacity.retry(**options)(Flaky(9).__call__)()

    assert line.seconds == (60,) * 6
    assert line.elapsed == pytest.approx(360, abs=1e-3)


def test_backoff() -> None:
    backoff = pytest.importorskip("backoff")
    retry = backoff.on_exception(backoff.constant, ConnectionError, interval=60, jitter=None, max_time=150)
    with virtual_time() as line:
        assert retry(Flaky(2).__call__)() == "well"
        assert asyncio.run(retry(Flaky(2).later)()) == "well"
        with pytest.raises(ConnectionError):
            retry(Flaky(9).__call__)()

    assert line.seconds[:4] == (60,) * 4
    assert sum(line.seconds[4:]) == pytest.approx(150, abs=1)  # it reads the clock to know
    assert sys.modules["backoff._sync"].datetime is sys.modules["datetime"]


@pytest.mark.parametrize("modules", [None, RETRY_MODULES])
def test_stamina(modules: tuple[str, ...] | None) -> None:
    stamina = pytest.importorskip("stamina")
    retry = stamina.retry(
        on=ConnectionError, wait_initial=60, wait_jitter=0, wait_max=60, attempts=3, timeout=None
    )
    with virtual_time(modules=modules) as line:
        assert retry(Flaky(2).__call__)() == "well"
        assert asyncio.run(retry(Flaky(2).later)()) == "well"

    assert line.seconds == (60,) * 4


def test_urllib3() -> None:
    retry = pytest.importorskip("urllib3").Retry(backoff_factor=60, backoff_max=600)
    with virtual_time() as line:
        for _ in range(3):
            retry = retry.increment("GET", "/", error=ConnectionError())
            retry.sleep()

    assert line.seconds == (120, 240)
