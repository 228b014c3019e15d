"""The pace of a reply that was made up: a pure function from steps to steps.

The first event comes after the time to the first token, and each further one a gap later. The head of
a stream goes out at once; that of any other reply comes when all of it would have been generated.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from random import Random

from understudy.mockserver.pacing.distributions import LONGEST, Distribution, Fixed, read_distribution
from understudy.mockserver.steps import DONE, is_stream
from understudy.mockserver.wire import Head, Send, Step, Wait


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast replies come. Raises ValueError for a rate that is none.

    *ttft*: seconds to the first token. *tps*: events (of a stream) or tokens (of any other reply) a
    second; None: all at once. *jitter*: what each gap is multiplied by. *prefill*: prompt tokens read
    a second, before the first token; None: in no time. No pause is longer than a day, whatever they say.
    """

    ttft: Distribution = Fixed(0.0)  # noqa: RUF009  (frozen)
    tps: float | None = None
    jitter: Distribution = Fixed(1.0)  # noqa: RUF009
    prefill: float | None = None

    def __post_init__(self) -> None:
        for name in ("tps", "prefill"):
            rate = getattr(self, name)
            if rate is not None and not 1 / LONGEST <= rate < math.inf:
                least = f"at least 1/{LONGEST:.0f} (one a day), and finite"
                raise ValueError(f"{name} is {rate:g}, expected tokens a second: {least}")


def read_pace(
    ttft: str | None = None,
    tps: float | None = None,
    jitter: str | None = None,
    prefill: float | None = None,
) -> Pace | None:
    """Return the pace that the options say, None where none is given. Raises ValueError for what cannot be.

    *ttft* is a distribution (``distributions.FORMS``), in seconds. So is *jitter*, of factors; but there
    a bare number is the deviation around 1: ``0.2`` is ``normal:1,0.2``.
    """
    if ttft is None and tps is None and jitter is None and prefill is None:
        return None
    if jitter is not None and tps is None:
        raise ValueError(f"jitter is {jitter!r}, but of what: without tps there are no gaps to vary")
    return Pace(
        Fixed(0.0) if ttft is None else read_distribution(ttft, "ttft"),
        tps,
        Fixed(1.0) if jitter is None else _read_jitter(jitter),
        prefill,
    )


def paced(
    steps: Iterable[Step],
    pace: Pace,
    seed: int,
    fingerprint: bytes,
    attempt: int,
    prompt_tokens: int = 0,
    completion_tokens: int = 0,
) -> Iterator[Step]:
    """Return *steps* (one Send an event, see ``split_events``) with the waits of *pace* between them.

    Chance is thrown from the *seed*, the request's *fingerprint* and the *attempt*: the same request at
    the same attempt comes at the same pace in every run. Errors come at once, as the API's do.
    """
    left = iter(steps)
    for step in left:
        if not isinstance(step, Head):
            yield step
        elif step.status >= 300:
            yield step
            yield from left
        else:
            dice = _dice(seed, fingerprint, attempt)
            first = pace.ttft.draw(dice)
            if pace.prefill is not None:
                first += prompt_tokens / pace.prefill
            if is_stream(step):
                yield step
                yield from _stream(left, pace, dice, first)
            else:
                yield from _whole(chain([step], left), pace, first, completion_tokens)


def _stream(steps: Iterator[Step], pace: Pace, dice: Random, first: float) -> Iterator[Step]:
    """Return the events, each after its gap. Comments come at once, and so does the end of the stream."""
    gap = 0.0 if pace.tps is None else 1.0 / pace.tps
    draw = pace.jitter.draw
    wait = first
    for step in steps:
        if isinstance(step, Send) and step.data != DONE and not step.data.startswith(b":"):
            if wait > 0.0:
                yield Wait(min(wait, LONGEST))
            wait = gap * draw(dice)
        yield step


def _whole(steps: Iterator[Step], pace: Pace, first: float, tokens: int) -> Iterator[Step]:
    """Return the whole reply after the time in which its *tokens* would have been generated."""
    wait = first
    if pace.tps is not None:
        wait += tokens / pace.tps * pace.jitter.mean
    if wait > 0.0:
        yield Wait(min(wait, LONGEST))
    yield from steps


def _read_jitter(text: str) -> Distribution:
    if ":" in text:
        factors = read_distribution(text, "jitter")
        if factors.mean > 0:
            return factors
        raise ValueError(f"jitter is {text!r}: factors around 0 leave no gaps; around 1: normal:1,0.2")
    try:
        return read_distribution(f"normal:1,{text.strip()}", "jitter")
    except ValueError:
        raise ValueError(
            f"jitter is {text!r}: it is a deviation (0.2: a fifth), or factors such as uniform:0.5,1.5"
        ) from None


def _dice(seed: int, fingerprint: bytes, attempt: int) -> Random:
    key = b"%d:pace:%d:%b" % (seed, attempt, fingerprint)
    return Random(int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big"))
