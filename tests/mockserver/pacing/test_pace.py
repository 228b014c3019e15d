"""The pace of what was made up: which waits stand between which steps."""

from __future__ import annotations

import json
import math
from itertools import count, islice

import pytest

from understudy.mockserver.build import build
from understudy.mockserver.pacing.distributions import Fixed, Normal, Uniform
from understudy.mockserver.pacing.pace import Pace, paced, read_pace
from understudy.mockserver.settings import Settings
from understudy.mockserver.steps import split_events
from understudy.mockserver.wire import Cut, Head, Request, Send, Step, Wait

STREAM = Head(200, [(b"content-type", b"text/event-stream; charset=utf-8")])
JSON = Head(200, [(b"content-type", b"application/json")])
A, B, C, DONE = (Send(b"data: %b\n\n" % data) for data in (b"{a}", b"{b}", b"{c}", b"[DONE]"))
COMMENT = Send(b": WAIT\n\n")
STEADY = Pace(Fixed(0.3), 50.0)
GAP = Wait(0.02)
LEAST = 1 / 86_400  # tokens a second


@pytest.mark.parametrize(
    ("pace", "steps", "expected"),
    [
        (STEADY, [STREAM, A, B, C, DONE], [STREAM, Wait(0.3), A, GAP, B, GAP, C, DONE]),
        (STEADY, [STREAM, COMMENT, A, B], [STREAM, COMMENT, Wait(0.3), A, GAP, B]),
        (Pace(Fixed(0.3)), [STREAM, A, B, DONE], [STREAM, Wait(0.3), A, B, DONE]),
        (Pace(tps=50.0), [STREAM, A, B, DONE], [STREAM, A, GAP, B, DONE]),
        (Pace(), [STREAM, A, B], [STREAM, A, B]),
        (STEADY, [STREAM], [STREAM]),
        (STEADY, [STREAM, A, Cut()], [STREAM, Wait(0.3), A, Cut()]),
        (STEADY, [Wait(1.0), STREAM, A], [Wait(1.0), STREAM, Wait(0.3), A]),
        (STEADY, [JSON, A], [Wait(0.3 + 10 / 50.0), JSON, A]),
        (Pace(tps=50.0, jitter=Uniform(1, 3)), [JSON, A], [Wait(10 / 50.0 * 2), JSON, A]),
        (Pace(), [JSON, A], [JSON, A]),
        (STEADY, [Head(429, JSON.headers), A], [Head(429, JSON.headers), A]),
        (Pace(prefill=200.0), [STREAM, A, B], [STREAM, Wait(0.5), A, B]),
        (Pace(Fixed(0.1), prefill=200.0), [JSON, A], [Wait(0.6), JSON, A]),
    ],
)
def test_waits_stand_before_what_they_delay(pace: Pace, steps: list[Step], expected: list[Step]) -> None:
    assert list(paced(steps, pace, 0, b"", 0, prompt_tokens=100, completion_tokens=10)) == expected


def waits(
    pace: Pace, fingerprint: bytes = b"x", attempt: int = 0, events: int = 50, seed: int = 1
) -> list[float]:
    steps = paced([STREAM, *([A] * events)], pace, seed, fingerprint, attempt)
    return [step.seconds for step in steps if isinstance(step, Wait)]


def test_the_same_request_comes_at_the_same_pace() -> None:
    varied = Pace(Normal(0.3, 0.1), 50.0, Normal(1.0, 0.2))

    assert waits(varied) == waits(varied)
    assert (
        len(
            {
                tuple(row)
                for row in (
                    waits(varied),
                    waits(varied, attempt=1),
                    waits(varied, b"y"),
                    waits(varied, seed=2),
                )
            }
        )
        == 4
    )


def test_jitter_keeps_the_rate() -> None:
    row = waits(Pace(tps=50.0, jitter=Normal(1.0, 0.2)), events=5_000)

    assert sum(row) / len(row) == pytest.approx(0.02, rel=0.02)
    assert len(set(row)) > 4_900


def test_it_pulls_no_more_than_it_gives() -> None:
    pulled = count()
    endless = (Send(b"data: %d\n\n" % next(pulled)) for _ in count())

    assert (
        len(
            list(islice(paced((step for part in ([STREAM], endless) for step in part), STEADY, 0, b"", 0), 7))
        )
        == 7
    )
    assert next(pulled) <= 4


@pytest.mark.parametrize("head", [STREAM, JSON])
@pytest.mark.parametrize(
    "pace", [Pace(Fixed(1e300), 50.0), Pace(prefill=LEAST), Pace(tps=LEAST, jitter=Fixed(9.0))]
)
def test_no_pause_is_longer_than_a_day(head: Head, pace: Pace) -> None:
    steps = paced([head, A, B], pace, 0, b"", 0, prompt_tokens=100_000, completion_tokens=100_000)

    assert max(step.seconds for step in steps if isinstance(step, Wait)) == 86_400.0


@pytest.mark.parametrize("stream", [False, True])
def test_a_real_reply_keeps_its_bytes(stream: bool) -> None:
    body = {"model": "gpt-4o", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
    request = Request(
        "POST", "/v1/chat/completions", [(b"authorization", b"Bearer k")], json.dumps(body).encode()
    )
    plain = list(build(Settings()).handle(request, 0.0).steps)

    steps = list(paced(split_events(plain), STEADY, 0, b"", 0))

    assert b"".join(s.data for s in steps if isinstance(s, Send)) == plain[1].data  # type: ignore[union-attr]
    assert sum(isinstance(step, Wait) for step in steps) == (
        sum(isinstance(step, Send) for step in steps) - 1 if stream else 1
    )


@pytest.mark.parametrize(
    ("options", "pace"),
    [
        ({}, None),
        ({"ttft": "0.3"}, Pace(Fixed(0.3))),
        ({"tps": 50.0, "jitter": "0.2"}, Pace(tps=50.0, jitter=Normal(1.0, 0.2))),
        ({"tps": 50.0, "jitter": "uniform:0.5,1.5"}, Pace(tps=50.0, jitter=Uniform(0.5, 1.5))),
        ({"prefill": 5_000.0}, Pace(prefill=5_000.0)),
    ],
)
def test_options_are_read(options: dict[str, object], pace: Pace | None) -> None:
    assert read_pace(**options) == pace  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tps": 0.0}, "tps is 0, expected tokens a second: at least 1/86400 (one a day), and finite"),
        ({"tps": 1e-300}, "tps is 1e-300, expected"),
        ({"prefill": 1e-320}, "prefill is 9.99989e-321, expected"),
        ({"ttft": "9" * 20}, "every number is from 0 to 86400"),
        ({"tps": math.inf}, "tps is inf"),
        ({"tps": math.nan}, "tps is nan"),
        ({"prefill": -1.0}, "prefill is -1"),
        ({"ttft": "x"}, "ttft is 'x'"),
        ({"jitter": "0.2"}, "without tps there are no gaps to vary"),
        ({"tps": 5.0, "jitter": "much"}, "jitter is 'much': it is a deviation"),
        ({"tps": 5.0, "jitter": "-0.2"}, "jitter is '-0.2': it is a deviation"),
        ({"tps": 5.0, "jitter": "lognormal:0,0.3"}, "jitter is 'lognormal:0,0.3': factors around 0"),
        ({"tps": 5.0, "jitter": "normal:0,0.2"}, "factors around 0 leave no gaps; around 1: normal:1,0.2"),
        ({"tps": 5.0, "jitter": "uniform:0,0"}, "factors around 0 leave no gaps"),
    ],
)
def test_what_cannot_be_is_named(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_pace(**options)  # type: ignore[arg-type]

    assert said in str(caught.value)
