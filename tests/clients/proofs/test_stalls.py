"""Ten minutes of silence, and a client with half a minute of patience."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from understudy.mockserver.build import build
from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.engine import Engine
from understudy.mockserver.faults.rules import fault
from understudy.mockserver.settings import Settings
from understudy.mockserver.virtual import virtual_time

BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**BODY, "stream": True}

# under trio: the client's own generators, which it does not read beyond [DONE]
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*garbage collected before it had been exhausted:ResourceWarning"
)


def stalling(name: str, **known: Any) -> Engine:
    return build(Settings(faults=(fault(name, **known),)))


def outcomes(engine: Engine) -> list[str]:
    return [entry.outcome for entry in engine.journal]


def took(engine: Engine) -> list[float]:
    """Return how many seconds each sending took."""
    return [round((entry.ended or 0.0) - entry.at, 3) for entry in engine.journal]


@pytest.mark.parametrize("body", [BODY, STREAM], ids=["json", "stream"])
@pytest.mark.parametrize(("name", "known"), [("stall_before_head", {}), ("slow_head", {"seconds": 600})])
def test_before_the_head_it_is_asked_again(ask: Any, name: str, known: Any, body: Any) -> None:
    engine = stalling(name, **known)

    with virtual_time() as line, pytest.raises(openai.APITimeoutError):
        ask(engine, timeout=30, body=body)

    first, second = line.seconds
    assert 0.375 <= first <= 0.5
    assert 0.75 <= second <= 1.0
    assert line.elapsed == pytest.approx(90 + first + second, abs=1e-3)
    assert outcomes(engine) == ["client left"] * 3
    assert took(engine) == [30] * 3


@pytest.mark.parametrize(("name", "known"), [("stall_midstream", {}), ("slow_body", {"seconds": 600})])
def test_amid_a_stream_it_is_not_asked_again(ask: Any, name: str, known: Any) -> None:
    engine = stalling(name, **known)

    with virtual_time() as line, pytest.raises(openai.APITimeoutError):
        ask(engine, timeout=30, body=STREAM)

    assert line.seconds == ()
    assert line.elapsed == pytest.approx(30, abs=1e-3)
    assert outcomes(engine) == ["client left"]
    assert len(ask.heard) == (3 if name == "stall_midstream" else 0)


def test_amid_a_document_it_is_asked_again(ask: Any) -> None:
    engine = stalling("stall_midstream")

    with virtual_time() as line, pytest.raises(openai.APITimeoutError):
        ask(engine, timeout=30, body=BODY)

    assert len(line) == 2
    assert line.elapsed == pytest.approx(90 + sum(line.seconds), abs=1e-3)
    assert outcomes(engine) == ["client left"] * 3


def test_patience_for_ten_minutes_is_enough(ask: Any) -> None:
    engine = stalling("slow_head", seconds=600)

    with virtual_time() as line:
        ask(engine, timeout=601)

    assert line.elapsed == pytest.approx(600, abs=1e-3)
    assert len(line) == 0  # the engine's waits are not the client's
    assert took(engine) == [600]


def test_the_clients_own_timeout_is_ten_minutes(ask: Any) -> None:
    engine = stalling("stall_before_head")

    with virtual_time() as line, pytest.raises(openai.APITimeoutError):
        ask(engine, max_retries=0)

    assert line.elapsed == pytest.approx(600, abs=1e-3)


def test_a_slow_stream_takes_its_time_on_a_clock_of_its_own(ask: Any) -> None:
    clock = VirtualClock(0)
    engine = stalling("slow_body", seconds=60)

    (said,) = ask(engine, body=STREAM, clock=clock)

    assert said == "".join(ask.heard)
    assert len(ask.heard) > 2
    assert clock.now() == 60 * (len(ask.heard) + 1)  # and one for [DONE]
