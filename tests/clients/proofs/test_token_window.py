"""Real limits: the client fills its bucket of a minute, is refused, waits what it was told, and is served."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from understudy.mockserver.build import build
from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.engine import Engine
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.scripts.script import Script
from understudy.mockserver.settings import Settings
from understudy.mockserver.virtual import virtual_time

START = 1_800_000_000.0
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "How long is it?"}]}


def saying(**limits: Any) -> Engine:
    script = Script()
    script.reply("It is as long as it is.")
    return build(Settings(limits=(Limit(**limits),) if limits else ()), scripts=script.scripts)


@pytest.fixture
def counts(ask: Any) -> tuple[int, int]:
    """What the request counts, and its answer."""
    engine = saying()
    ask(engine, body=BODY)
    (entry,) = engine.journal
    assert entry.usage is not None
    return entry.usage["prompt_tokens"], entry.usage["completion_tokens"]


def told(engine: Engine, name: str) -> list[str]:
    """Return what the header *name* of each reply said; "" for nothing."""
    heads = [{key.decode(): value.decode() for key, value in entry.headers} for entry in engine.journal]
    return [head.get(name, "") for head in heads]


def test_a_window_of_a_minute(ask: Any, attempts: Any, counts: Any) -> None:
    engine = saying(tokens_per_minute=sum(counts))

    with virtual_time(VirtualClock(START)) as line:
        said = ask(engine, times=3, body={**BODY, "max_tokens": counts[1]})

    assert len(said) == 3
    assert line.seconds == (60, 60)
    assert attempts(engine) == [(0, 200), (0, 429), (60, 200), (60, 429), (120, 200)]
    assert told(engine, "retry-after-ms") == ["", "60000", "", "60000", ""]
    assert set(told(engine, "x-ratelimit-remaining-tokens")) == {"0"}
    assert set(told(engine, "x-ratelimit-reset-tokens")) == {"1m0s"}


def test_what_was_reserved_and_not_used_is_given_back(ask: Any, attempts: Any, counts: Any) -> None:
    prompt, completion = counts
    limit = 10 * (prompt + completion)
    engine = saying(tokens_per_minute=limit)

    with virtual_time(VirtualClock(START)) as line:
        ask(engine, times=2, body={**BODY, "max_tokens": limit - prompt})  # each reserves all there is

    assert line.seconds == (6,)  # and used was a tenth
    assert attempts(engine) == [(0, 200), (0, 429), (6, 200)]


def test_who_may_not_retry_finds_the_window_open_in_time(ask: Any, attempts: Any, counts: Any) -> None:
    engine = saying(tokens_per_minute=sum(counts))
    body = {**BODY, "max_tokens": counts[1]}
    clock = VirtualClock(START)

    with virtual_time(clock) as line:
        ask(engine, body=body)
        clock.advance(59.999)
        with pytest.raises(openai.RateLimitError) as refused:
            ask(engine, body=body, max_retries=0)
        clock.advance(float(refused.value.response.headers["retry-after-ms"]) / 1000)
        ask(engine, body=body)

    assert len(line) == 0
    assert attempts(engine) == [(0, 200), (59.999, 429), (60, 200)]


@pytest.mark.parametrize("limits", [{"requests_per_minute": 1}, {"requests_per_minute": 1, "scope": ()}])
def test_a_request_a_minute(ask: Any, limits: Any) -> None:
    engine = saying(**limits)

    with virtual_time(VirtualClock(START)) as line:
        ask(engine, times=3, body=BODY)

    assert line.seconds == (60, 60)
