"""What meets virtual time in one event loop: timers, threads and contexts from before, and real sockets."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import anyio.to_thread
import pytest

from understudy.mockserver.virtual import virtual_time

HOUR = 3600.0
SOON = 20.0  # real seconds that are far more than any of this takes


async def begun(seconds: float) -> asyncio.Task[Any]:
    """Return a task that has begun to sleep."""
    task = asyncio.ensure_future(asyncio.sleep(seconds, "slept"))
    await asyncio.sleep(0)
    return task


def untouched(loop: Any) -> bool:
    return "time" not in vars(loop) and "select" not in vars(loop._selector)


# --- timers from before ---------------------------------------------------------------------------


def test_a_timeout_from_before_keeps_real_time() -> None:
    async def inside() -> None:
        with virtual_time() as line:
            await asyncio.sleep(HOUR)
            lines.append(line)
            await asyncio.Event().wait()

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(inside(), 0.2)
        assert untouched(asyncio.get_running_loop())

    lines: list[Any] = []
    asyncio.run(main())

    assert lines[0].elapsed == HOUR


def test_a_task_from_before_is_awaited_in_real_time() -> None:
    async def main() -> float:
        task = await begun(0.05)
        with virtual_time() as line:
            assert await task == "slept"
        return line.elapsed

    start = time.perf_counter()

    assert asyncio.run(main()) == 0
    assert time.perf_counter() - start >= 0.04


def test_a_timer_from_before_ends_while_virtual_waits_go_on_and_on() -> None:
    async def main() -> None:
        task = await begun(0.05)
        with virtual_time():
            while not task.done():
                await asyncio.sleep(HOUR)

    asyncio.run(main())


def test_a_timer_from_before_that_was_cancelled_is_passed_over() -> None:
    async def main() -> list[str]:
        loop, fired = asyncio.get_running_loop(), []
        timers = [loop.call_later(0.01, fired.append, "cancelled") for _ in range(3)]
        task = await begun(0.05)
        with virtual_time():
            for timer in timers:
                timer.cancel()
            await task
        return fired

    assert asyncio.run(main()) == []


def test_timers_from_before_are_not_lost_where_many_are_cancelled_inside() -> None:
    """asyncio makes itself a new list of timers where most of a hundred are cancelled."""

    async def main() -> str:
        task = await begun(0.3)
        loop = asyncio.get_running_loop()
        with virtual_time():
            for timer in [loop.call_later(2 * HOUR, int) for _ in range(150)]:
                timer.cancel()
            await asyncio.sleep(HOUR)
        result: str = await asyncio.wait_for(task, SOON)
        return result

    assert asyncio.run(main()) == "slept"


# --- contexts in one loop -------------------------------------------------------------------------


def test_a_task_left_over_goes_on_by_the_time_of_the_context_around() -> None:
    async def main() -> tuple[float, float]:
        with virtual_time() as outer:
            await asyncio.sleep(100)
            with virtual_time() as inner:
                task = await begun(50)
                await asyncio.sleep(10)
            await asyncio.wait_for(task, 1000)
        return outer.elapsed, inner.elapsed

    assert asyncio.run(main()) == pytest.approx((140, 10), abs=1e-3)


def test_a_context_inside_lets_the_one_around_go_on_where_it_has_nothing_to_wait_for() -> None:
    async def main() -> tuple[float, float]:
        with virtual_time() as outer:
            task = await begun(50)
            with virtual_time() as inner:
                await asyncio.sleep(10)
                await task
            return outer.elapsed, inner.elapsed

    assert asyncio.run(main()) == pytest.approx((50, 10), abs=1e-3)


def test_the_context_around_waits_for_threads_of_the_one_inside() -> None:
    async def inside() -> float:
        with virtual_time() as line:
            await asyncio.to_thread(time.sleep, 20)
        return line.elapsed

    async def main() -> float:
        with virtual_time():
            return await asyncio.wait_for(inside(), 30)

    assert asyncio.run(main()) == 20


def test_contexts_that_do_not_close_in_the_order_of_their_opening() -> None:
    async def first(opened: asyncio.Event, go: asyncio.Event, over: asyncio.Event) -> None:
        with virtual_time():
            left.append(await begun(HOUR))
            opened.set()
            await go.wait()
        over.set()

    async def second(opened: asyncio.Event, go: asyncio.Event, over: asyncio.Event) -> float:
        await opened.wait()
        with virtual_time() as line:
            go.set()
            await over.wait()
            await asyncio.sleep(HOUR)
        return line.elapsed

    async def main() -> tuple[float, bool]:
        events = [asyncio.Event() for _ in range(3)]
        _, elapsed = await asyncio.gather(first(*events), second(*events))
        assert not left[0].done()  # what is left of its time is real
        left[0].cancel()
        await asyncio.sleep(0.01)
        return elapsed, untouched(asyncio.get_running_loop())

    left: list[asyncio.Task[Any]] = []

    assert asyncio.run(main()) == (HOUR, True)


# --- threads from before --------------------------------------------------------------------------


@pytest.mark.parametrize("run", [asyncio.to_thread, anyio.to_thread.run_sync])
def test_workers_from_before_do_not_work_inside(run: Callable[..., Any]) -> None:
    async def main() -> float:
        before = await run(threading.current_thread)
        for _ in range(2):
            with virtual_time() as line:
                await asyncio.wait_for(run(time.sleep, HOUR), 2 * HOUR)
                assert await run(threading.current_thread) is not before
        assert await run(threading.current_thread) is before
        return line.elapsed

    assert asyncio.run(main()) == pytest.approx(HOUR, abs=1e-3)


def test_workers_of_another_loop_are_left_alone() -> None:
    async def nothing() -> None:
        pass

    async def main() -> bool:
        before = await anyio.to_thread.run_sync(threading.current_thread)
        running = asyncio._get_running_loop()
        asyncio._set_running_loop(None)  # a loop that is run inside of another, as nest_asyncio does
        try:
            with virtual_time():
                inner.run_until_complete(nothing())
                asyncio._set_running_loop(running)
        finally:
            asyncio._set_running_loop(running)
        return await anyio.to_thread.run_sync(threading.current_thread) is before

    inner = asyncio.new_event_loop()
    try:
        assert asyncio.run(main())
        assert untouched(inner)
    finally:
        inner.close()


# --- sockets --------------------------------------------------------------------------------------


def test_a_slow_answer_is_waited_for_before_a_timeout_fires() -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)  # real: this loop runs in a thread from before
        writer.write(b"hello\n")
        await writer.drain()
        writer.close()

    async def serve(started: Callable[[Any], None]) -> None:
        server = await asyncio.start_server(answer, "127.0.0.1")
        async with server:
            started(server.sockets[0].getsockname())
            await asyncio.to_thread(asked.wait, SOON)

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection(*addresses[0])
        try:
            return await asyncio.wait_for(reader.readline(), HOUR)
        finally:
            writer.close()

    asked, ready, addresses = threading.Event(), threading.Event(), []
    thread = threading.Thread(
        target=lambda: asyncio.run(serve(lambda at: (addresses.append(at), ready.set())))
    )
    thread.start()
    assert ready.wait(SOON)
    try:
        with virtual_time() as line:
            assert asyncio.run(ask()) == b"hello\n"
    finally:
        asked.set()
        thread.join(SOON)

    assert line.elapsed == 0


def test_the_loop_of_another_thread_goes_on_when_the_context_ends() -> None:
    """Its layer is taken off by a callback, where there is no task to ask."""
    go, done = threading.Event(), threading.Event()

    async def run() -> None:
        while not go.is_set():
            await asyncio.sleep(1)
            time.sleep(0.001)
        await asyncio.sleep(0.05)
        done.set()

    with virtual_time():
        thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
        thread.start()
        time.sleep(5)
    go.set()

    assert done.wait(20)
    thread.join(20)
