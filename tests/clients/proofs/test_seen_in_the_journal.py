"""What the official client did, as the journal shows it: attempts, gaps, what was advised and what was done."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from understudy.mockserver.backoff.advice import Advice
from understudy.mockserver.backoff.attempts import Call, backoff_of
from understudy.mockserver.backoff.exchanges import exchanges_of
from understudy.mockserver.backoff.timeline import ASCII, timeline_of
from understudy.mockserver.build import build
from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.engine import Engine
from understudy.mockserver.faults.rules import fail, fault
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.settings import Settings
from understudy.mockserver.virtual import virtual_time

START = 1_800_000_000.0


def calls_of(engine: Engine) -> tuple[Call, ...]:
    return backoff_of(exchanges_of(engine.journal))


def drawn(engine: Engine, width: int = 72) -> list[str]:
    return list(timeline_of(calls_of(engine), width, ASCII))


def gaps(call: Call) -> list[float | None]:
    return [None if one.gap is None else round(one.gap, 6) for one in call.attempts]


def test_twenty_seconds_twice(ask: Any) -> None:
    engine = build(Settings(faults=(fail(429, retry_after=20, times=2),)))

    with virtual_time(VirtualClock(START)):
        ask(engine)

    (call,) = calls_of(engine)
    advice = call.attempts[1].advised
    assert (call.ending, call.count, call.missing) == ("answered", 3, 0)
    assert gaps(call) == [None, 20, 20]
    assert advice in (Advice(20.0, "retry-after"), Advice(20.0, "retry-after-ms"))
    assert [one.done for one in call.attempts] == ["first", "honoured", "honoured"]
    assert drawn(engine) == [
        "gpt-4o: answered, 3 attempts in 40.000 s",
        "   0.000 s #",
        "           request 0: 429",
        "           .............................|",
        f"           waited 20.000 s, advised 20.000 s ({advice.source}): honoured",
        "  20.000 s                              #",
        "           request 1: 429",
        "                                        ..............................|",
        f"           waited 20.000 s, advised 20.000 s ({advice.source}): honoured",
        "  40.000 s                                                            #",
        "           request 2: 200",
        "",
    ]


def test_a_window_of_a_minute(ask: Any) -> None:
    engine = build(Settings(limits=(Limit(requests_per_minute=1),)))

    with virtual_time(VirtualClock(START)):
        ask(engine, times=2)

    first, second = calls_of(engine)
    assert (first.count, first.ending) == (1, "answered")
    assert gaps(second) == [None, 60]
    assert second.attempts[1].advised == Advice(60.0, "retry-after-ms")
    assert second.attempts[1].done == "honoured"
    assert "waited 60.000 s, advised 60.000 s (retry-after-ms): honoured" in "\n".join(drawn(engine))
    assert drawn(engine)[-2:] == [
        "2 calls: 1 retried, 1 of them answered; 0 gave up; at most 2 attempts",
        "waits: 1 honoured",
    ]


def test_a_stall_and_a_timeout(ask: Any) -> None:
    engine = build(Settings(faults=(fault("stall_before_head"),)))

    with virtual_time(VirtualClock(START)) as line, pytest.raises(openai.APITimeoutError):
        ask(engine, timeout=30)

    (call,) = calls_of(engine)
    assert (call.ending, call.count) == ("gave up", 3)
    assert gaps(call)[1:] == pytest.approx(line.seconds, abs=1e-5)  # from the end of one to the next
    assert [one.done for one in call.attempts] == ["first", "backoff", "backoff"]
    assert [one.advised for one in call.attempts] == [None] * 3
    assert call.growth.kind == "exponential"
    text = "\n".join(drawn(engine))
    assert text.count("client left") == 3
    assert "gpt-4o: gave up, 3 attempts in 91." in text
    assert "waits exponential" in text


def test_a_stall_amid_a_stream(ask: Any) -> None:
    engine = build(Settings(faults=(fault("stall_midstream"),)))
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "stream": True}

    with virtual_time(VirtualClock(START)), pytest.raises(openai.APITimeoutError):
        ask(engine, timeout=30, body=body)

    (call,) = calls_of(engine)
    assert (call.ending, call.count, gaps(call)) == ("gave up", 1, [None])
    assert call.last.over - call.first.at == pytest.approx(30, abs=1e-3)


def test_who_asks_too_soon_is_seen(ask: Any) -> None:
    engine = build(Settings(faults=(fail(429, retry_after=20, times=2),)))

    with virtual_time(VirtualClock(START)) as line:
        for seconds in (5, 50):
            with pytest.raises(openai.RateLimitError):
                ask(engine, max_retries=0)
            line.clock.advance(seconds)
        ask(engine, max_retries=0)

    (call,) = calls_of(engine)
    assert gaps(call) == [None, 5, 50]
    assert [one.done for one in call.attempts] == ["first", "early", "late"]
