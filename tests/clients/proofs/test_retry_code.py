"""Retry libraries and timeouts around the official client, whose own retries are off: their waits are virtual."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import openai
import pytest

from understudy.mockserver.build import build
from understudy.mockserver.engine import Engine
from understudy.mockserver.faults.rules import fail, fault
from understudy.mockserver.settings import Settings
from understudy.mockserver.virtual import RETRY_MODULES, virtual_time

LATER = pytest.mark.parametrize("ask", ["asyncio", "trio"], indirect=True)
ASYNCIO = pytest.mark.parametrize("ask", ["asyncio"], indirect=True)


def refusing(times: int = 2) -> Engine:
    return build(Settings(faults=(fail(429, retry_after=20, times=times),)))


def silent() -> Engine:
    return build(Settings(faults=(fault("stall_before_head"),)))


def told(error: BaseException | None) -> float:
    """Return what a refusal tells to wait (seconds)."""
    assert isinstance(error, openai.RateLimitError)
    return float(error.response.headers["retry-after"])


def tenacious() -> Any:
    tenacity = pytest.importorskip("tenacity")
    return tenacity.retry(
        wait=lambda state: told(state.outcome.exception()), stop=tenacity.stop_after_delay(50)
    )


def stamina() -> Any:
    return pytest.importorskip("stamina").retry(
        on=openai.RateLimitError, wait_initial=20, wait_max=20, wait_jitter=0, attempts=5, timeout=50
    )


def backing_off() -> Any:
    backoff = pytest.importorskip("backoff")
    return backoff.on_exception(
        backoff.constant, openai.RateLimitError, interval=20, jitter=None, max_time=50
    )


EACH = pytest.mark.parametrize(
    ("ask", "retry"),
    [
        *((way, retry) for way in ("sync", "asyncio", "trio") for retry in (tenacious, stamina)),
        *((way, backing_off) for way in ("sync", "asyncio")),  # it knows no trio
    ],
    indirect=["ask"],
)


@pytest.mark.parametrize("modules", [None, RETRY_MODULES], ids=["all", "known"])
@EACH
def test_a_retry_library_waits_in_no_time(ask: Any, retry: Callable[[], Any], modules: Any) -> None:
    engine = refusing()

    with virtual_time(modules=modules) as line:
        said = ask(engine, wrap=retry(), max_retries=0, clock=line.clock)

    assert len(said) == 1
    assert line.seconds == (20, 20)
    assert [entry.status for entry in engine.journal] == [429, 429, 200]
    gaps = [entry.at - next(iter(engine.journal)).at for entry in engine.journal]
    assert gaps[1] >= 20
    assert gaps[2] >= 40


@EACH
def test_how_long_it_has_tried_is_read_on_the_same_clock(ask: Any, retry: Callable[[], Any]) -> None:
    with virtual_time() as line, pytest.raises(Exception) as given_up:
        ask(refusing(times=9), wrap=retry(), max_retries=0)

    assert isinstance(given_up.value, openai.RateLimitError) or type(given_up.value).__name__ == "RetryError"
    assert 40 <= line.elapsed <= 60.1


@pytest.mark.parametrize("ask", ["sync"], indirect=True)
def test_a_loop_of_ones_own_reads_the_clock(ask: Any) -> None:
    def patient(call: Callable[[], Any]) -> Callable[[], Any]:
        def keep_asking() -> Any:
            end, real = time.monotonic() + 50, time.time()
            while time.monotonic() < end:
                try:
                    return call()
                except openai.RateLimitError as error:
                    time.sleep(told(error))
            raise TimeoutError(time.time() - real)

        return keep_asking

    with virtual_time() as line:
        ask(refusing(), wrap=patient, max_retries=0)
        assert line.seconds == (20, 20)
        with pytest.raises(TimeoutError) as late:
            ask(refusing(times=9), wrap=patient, max_retries=0)

    assert late.value.args[0] == pytest.approx(60, abs=1e-3)


Later = Callable[[], Awaitable[Any]]


def within(seconds: float) -> Callable[[Later], Later]:
    def limited(call: Later) -> Later:
        async def at_most() -> Any:
            if sys.version_info < (3, 11):
                return await asyncio.wait_for(call(), seconds)
            async with asyncio.timeout(seconds):
                return await call()

        return at_most

    return limited


@ASYNCIO
def test_a_timeout_around_a_stall(ask: Any) -> None:
    engine = silent()

    with (
        virtual_time() as line,
        pytest.raises(TimeoutError if sys.version_info >= (3, 11) else asyncio.TimeoutError),
    ):
        ask(engine, wrap=within(45), timeout=600)

    assert line.elapsed == pytest.approx(45, abs=1e-3)
    assert [entry.outcome for entry in engine.journal] == ["client left"]


@ASYNCIO
def test_wait_for_around_retries(ask: Any) -> None:
    def limited(call: Later) -> Later:
        return lambda: asyncio.wait_for(call(), 30)

    with virtual_time() as line, pytest.raises(asyncio.TimeoutError):
        ask(refusing(), wrap=limited)

    assert line.seconds == (20, 20)  # the second was begun
    assert line.elapsed == pytest.approx(30, abs=1e-3)


@LATER
def test_scopes_of_anyio_around_a_stall(ask: Any) -> None:
    def limited(call: Later) -> Later:
        async def at_most() -> Any:
            await anyio.sleep(5)
            with anyio.move_on_after(40):
                return await call()
            return None

        return at_most

    with virtual_time() as line:
        assert ask(silent(), wrap=limited, timeout=600) == [None]

    assert line.elapsed == pytest.approx(45, abs=1e-3)
    assert [(wait.seconds, wait.kind) for wait in line] == [(5, "anyio.sleep")]


def test_an_exception_leaves_nothing_behind(ask: Any) -> None:
    def all_there_is() -> list[Any]:
        trio = sys.modules.get("trio")
        more = [] if trio is None else [trio.sleep, trio.run, trio._core._thread_cache.THREAD_CACHE]
        return [time.sleep, time.time, time.monotonic, asyncio.sleep, anyio.sleep, *more]

    pytest.importorskip("trio")
    before = all_there_is()

    with pytest.raises(openai.RateLimitError), virtual_time():
        ask(refusing(times=9))

    assert all_there_is() == before
