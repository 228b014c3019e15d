"""The official client's retries and timeouts in virtual time: minutes of it, in next to no time.

The waits are those of FACTS F.1 for this version of the client.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import openai
import pytest

from understudy.mockserver.build import build
from understudy.mockserver.clock import Clock, RealClock, VirtualClock
from understudy.mockserver.engine import Engine
from understudy.mockserver.errors import ApiError
from understudy.mockserver.generation.source import generated
from understudy.mockserver.journal import Reply
from understudy.mockserver.scripts.script import Script
from understudy.mockserver.settings import Settings
from understudy.mockserver.transport import async_transport, transport
from understudy.mockserver.virtual import RETRY_MODULES, TimeLine, virtual_time
from understudy.mockserver.wire import Head, Request, Send, Wait

VERSION = tuple(map(int, openai.__version__.split(".")[:2]))
LIBRARY = pytest.importorskip("httpx2" if VERSION >= (3, 0) else "httpx")
LONGEST = 120 if VERSION >= (2, 52) else 60  # seconds that the client lets itself be told to wait
MESSAGES: Any = [{"role": "user", "content": "hi"}]
REAL = RealClock()
GENEROUS = 5.0  # seconds of real time; measured are 3 to 30 ms


def sync_ask(engine: Engine, clock: Clock = REAL, **options: Any) -> str:
    http = LIBRARY.Client(transport=transport(engine, LIBRARY, clock=clock))
    with openai.OpenAI(
        api_key="sk-a", base_url="http://understudy/v1", http_client=http, **options
    ) as client:
        completion = client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    return str(completion.choices[0].message.content)


async def async_ask(engine: Engine, clock: Clock = REAL, **options: Any) -> str:
    http = LIBRARY.AsyncClient(transport=async_transport(engine, LIBRARY, clock=clock))
    async with openai.AsyncOpenAI(
        api_key="sk-a", base_url="http://understudy/v1", http_client=http, **options
    ) as client:
        completion = await client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    return str(completion.choices[0].message.content)


def under_asyncio(engine: Engine, clock: Clock = REAL, **options: Any) -> str:
    return asyncio.run(async_ask(engine, clock, **options))


def under_trio(engine: Engine, clock: Clock = REAL, **options: Any) -> str:
    trio = pytest.importorskip("trio")
    result: str = trio.run(lambda: async_ask(engine, clock, **options))
    return result


ASK = pytest.mark.parametrize("ask", [sync_ask, under_asyncio, under_trio])


@pytest.fixture(autouse=True)
def _next_to_no_time() -> Any:
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < GENEROUS


def failing(times: int, **fail: Any) -> Engine:
    script = Script()
    script.fail(429, times=times, **fail)
    script.reply("Hello.")
    return build(Settings(), scripts=script.scripts)


def attempts(engine: Engine) -> list[tuple[float, int]]:
    """Return when each attempt came, in seconds after the first, and its status."""
    entries = list(engine.journal)
    return [(round(entry.at - entries[0].at, 3), entry.status) for entry in entries]


def callers(line: TimeLine) -> set[str]:
    return {wait.place.rpartition(":")[0].replace("\\", "/").rpartition("site-packages/")[2] for wait in line}


@ASK
def test_retry_after_twenty_seconds_twice(ask: Callable[..., str]) -> None:
    engine = failing(2, retry_after=20)

    with virtual_time() as line:
        assert ask(engine) == "Hello."

    assert line.seconds == (20, 20)
    assert attempts(engine) == [(0, 429), (20, 429), (40, 200)]
    assert callers(line) == {"openai/_base_client.py"}


@ASK
@pytest.mark.parametrize("headers", [{}, {"retry-after": "0"}, {"retry-after": "-3"}])
def test_its_own_backoff(ask: Callable[..., str], headers: dict[str, str]) -> None:
    with virtual_time() as line:
        assert ask(failing(2, headers=headers)) == "Hello."

    first, second = line.seconds
    assert 0.375 <= first <= 0.5
    assert 0.75 <= second <= 1.0


@ASK
def test_backoff_doubles_up_to_eight_seconds(ask: Callable[..., str]) -> None:
    with virtual_time() as line:
        assert ask(failing(8), max_retries=8) == "Hello."

    for count, seconds in enumerate(line.seconds):
        longest = min(0.5 * 2**count, 8)
        assert 0.75 * longest <= seconds <= longest
    assert len(line) == 8


@ASK
def test_milliseconds_win(ask: Callable[..., str]) -> None:
    with virtual_time() as line:
        ask(failing(1, headers={"retry-after-ms": "150", "retry-after": "3"}))

    assert line.seconds == (0.15,)


@ASK
def test_a_date_is_read_on_the_virtual_clock(ask: Callable[..., str]) -> None:
    clock = VirtualClock(1_800_000_000)

    with virtual_time(clock) as line:
        ask(failing(1, headers={"retry-after": formatdate(clock.now() + 45, usegmt=True)}))

    assert line.seconds == (45,)


@ASK
@pytest.mark.parametrize("seconds", [LONGEST, LONGEST + 1])
def test_the_longest_wait_it_accepts(ask: Callable[..., str], seconds: int) -> None:
    engine = failing(1, retry_after=seconds)

    with virtual_time() as line:
        if seconds > LONGEST and VERSION >= (2, 52):
            with pytest.raises(openai.RateLimitError):
                ask(engine)
        else:
            ask(engine)

    assert line.seconds == (() if seconds > LONGEST and VERSION >= (2, 52) else line.seconds[:1])
    if seconds == LONGEST:
        assert line.seconds == (LONGEST,)


class Windowed(Engine):
    """An engine that lets one request pass a minute, and tells the others how long to wait."""

    free_at = 0.0

    def handle(self, request: Request, now: float) -> Reply:
        left = self.free_at - now
        if left > 0:
            wait = (("retry-after-ms", f"{left * 1000:.0f}"),)
            return self.refuse(
                request, ApiError(429, "Rate limit reached", code="rate_limit_exceeded", headers=wait), now
            )
        self.free_at = now + 60
        return super().handle(request, now)


@ASK
def test_a_window_of_a_minute(ask: Callable[..., str]) -> None:
    engine = Windowed(Settings(), generated(0))

    with virtual_time(VirtualClock(1_800_000_000)) as line:
        for _ in range(3):
            ask(engine)

    assert line.seconds == pytest.approx((60, 60))
    assert attempts(engine) == [(0, 200), (0, 429), (60, 200), (60, 429), (120, 200)]


class Stalling(Engine):
    """An engine that is silent for ten minutes before it answers."""

    def handle(self, request: Request, now: float) -> Reply:
        reply = super().handle(request, now)
        return reply._replace(steps=(Wait(600), *reply.steps))


@ASK
def test_a_stall_of_ten_minutes_and_a_timeout_of_thirty_seconds(ask: Callable[..., str]) -> None:
    engine = Stalling(Settings(), generated(0))

    with virtual_time() as line, pytest.raises(openai.APITimeoutError):
        ask(engine, timeout=30)

    first, second = line.seconds
    assert 0.375 <= first <= 0.5
    assert 0.75 <= second <= 1.0
    assert line.elapsed == pytest.approx(90 + first + second, abs=1e-3)
    assert [entry.outcome for entry in engine.journal] == ["client left"] * 3


@ASK
def test_patience_for_ten_minutes_is_enough(ask: Callable[..., str]) -> None:
    engine = Stalling(Settings(), generated(0))

    with virtual_time() as line:
        ask(engine, timeout=601)

    assert line.elapsed == pytest.approx(600, abs=1e-3)
    assert len(line) == 0  # the engine's waits are not the client's


@ASK
def test_waits_of_known_retry_code_alone(ask: Callable[..., str]) -> None:
    engine = failing(2, retry_after=20)

    with virtual_time(modules=RETRY_MODULES) as line:
        ask(engine, clock=line.clock)

    assert line.seconds == (20, 20)
    gaps = [at for at, _ in attempts(engine)]
    assert gaps == pytest.approx([0, 20, 40], abs=GENEROUS)
    assert gaps[2] >= 40


def test_many_clients_at_once() -> None:
    engine = failing(200, retry_after=20)

    async def main() -> list[str]:
        return await asyncio.gather(*(async_ask(engine, max_retries=2) for _ in range(100)))

    with virtual_time() as line:
        assert asyncio.run(main()) == ["Hello."] * 100

    assert line.seconds == (20,) * 200
    assert line.elapsed == pytest.approx(40, abs=1e-3)


def test_a_paced_stream_with_a_clock_of_its_own() -> None:
    class Paced(Engine):
        def handle(self, request: Request, now: float) -> Reply:
            head, send = super().handle(request, now).steps
            assert isinstance(head, Head)
            assert isinstance(send, Send)
            frames = [frame + b"\n\n" for frame in send.data.split(b"\n\n")[:-1]]
            paced = [step for frame in frames for step in (Wait(60), Send(frame))]
            return super().handle(request, now)._replace(steps=(head, *paced))

    clock = VirtualClock(0)
    http = LIBRARY.Client(transport=transport(Paced(Settings(), generated(0)), LIBRARY, clock=clock))
    with openai.OpenAI(api_key="sk-a", base_url="http://understudy/v1", http_client=http) as client:
        stream = client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True)
        arrived = [clock.now() for _ in stream]

    assert arrived == [60.0 * (count + 1) for count in range(len(arrived))]
    assert len(arrived) > 2
