"""Refused by a fault, told to wait or not: the official client's waits are those of FACTS F.1."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePath
from typing import Any

import openai
import pytest

from understudy.mockserver.build import build
from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.engine import Engine
from understudy.mockserver.faults.rules import fail
from understudy.mockserver.scripts.script import Script
from understudy.mockserver.settings import Settings
from understudy.mockserver.virtual import RETRY_MODULES, TimeLine, virtual_time

VERSION = tuple(map(int, openai.__version__.split(".")[:2]))
LONGEST = 120 if VERSION >= (2, 52) else 60  # seconds that the client lets itself be told to wait
START = 1_800_000_000.0


def failing(times: int, **told: Any) -> Engine:
    script = Script()
    script.reply("Hello.", "Not this.")
    return build(Settings(faults=(fail(429, times=times, **told),)), scripts=script.scripts)


def callers(line: TimeLine) -> set[str]:
    places = [PurePath(wait.place.rpartition(":")[0]).parts for wait in line]
    return {"/".join(parts[-2:]) for parts in places}


def test_twenty_seconds_twice(ask: Any, attempts: Any) -> None:
    engine = failing(2, retry_after=20)

    with virtual_time(VirtualClock(START)) as line:
        said = ask(engine)

    assert said == ["Hello."]  # the errors took no turn
    assert line.seconds == (20, 20)
    assert [wait.at - START for wait in line] == [0, 20]
    assert callers(line) == {"openai/_base_client.py"}
    assert attempts(engine) == [(0, 429), (20, 429), (40, 200)]
    counts = [entry.request.header(b"x-stainless-retry-count") for entry in engine.journal]
    assert counts == ["0", "1", "2"]


@pytest.mark.parametrize("told", ["none", 0, -3])
def test_told_nothing_it_backs_off(ask: Any, told: Any) -> None:
    with virtual_time() as line:
        ask(failing(2, retry_after=told))

    first, second = line.seconds
    assert 0.375 <= first <= 0.5
    assert 0.75 <= second <= 1.0


def test_backoff_doubles_up_to_eight_seconds(ask: Any) -> None:
    with virtual_time() as line:
        ask(failing(8, retry_after="none"), max_retries=8)

    assert len(line) == 8
    for count, seconds in enumerate(line.seconds):
        longest = min(0.5 * 2**count, 8)
        assert 0.75 * longest <= seconds <= longest


def test_milliseconds_win(ask: Any) -> None:
    with virtual_time() as line:
        ask(failing(1, retry_after=3, retry_after_ms=150))

    assert line.seconds == (0.15,)


def test_a_date_is_read_on_the_virtual_clock(ask: Any) -> None:
    with virtual_time(VirtualClock(START)) as line:
        ask(failing(1, retry_after="date:+45s"))

    assert line.seconds == (45,)


@pytest.mark.parametrize("seconds", [LONGEST, LONGEST + 1])
def test_the_longest_wait_it_accepts(ask: Any, seconds: int) -> None:
    with virtual_time() as line:
        if seconds > LONGEST and VERSION >= (2, 52):
            with pytest.raises(openai.RateLimitError):
                ask(failing(1, retry_after=seconds))
        else:
            ask(failing(1, retry_after=seconds))

    if seconds == LONGEST:
        assert line.seconds == (LONGEST,)
    elif VERSION >= (2, 52):
        assert line.seconds == ()


def test_waits_of_known_retry_code_alone(ask: Any, attempts: Any) -> None:
    engine = failing(2, retry_after=20)

    with virtual_time(modules=RETRY_MODULES) as line:
        ask(engine, clock=line.clock)

    assert line.seconds == (20, 20)
    for (at, _), least in zip(attempts(engine), (0, 20, 40), strict=True):
        assert at >= least  # real time passes besides


@pytest.mark.parametrize("ask", ["asyncio"], indirect=True)
def test_many_tasks_at_once(ask: Any) -> None:
    engine = build(Settings(faults=(fail(429, retry_after=20, times=200),)))

    async def main() -> int:
        said = await asyncio.gather(*(ask.later(engine) for _ in range(100)))
        return len(said)

    with virtual_time() as line:
        assert asyncio.run(main()) == 100

    assert line.seconds == (20,) * 200
    assert line.elapsed == pytest.approx(40, abs=1e-3)


@pytest.mark.parametrize("ask", ["sync"], indirect=True)
def test_several_threads_at_once(ask: Any) -> None:
    engine = build(Settings(faults=(fail(429, retry_after=20, times=16),)))

    with virtual_time() as line, ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: ask(engine, max_retries=16), range(8)))

    assert len(said) == 8
    assert line.seconds == (20,) * 16
    assert [entry.status for entry in engine.journal].count(200) == 8
