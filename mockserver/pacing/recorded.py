"""The pace of a reply as it was recorded: piece by piece, each of the size it had."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from understudy.mockserver.pacing.distributions import LONGEST
from understudy.mockserver.steps import Rewrite, is_stream
from understudy.mockserver.wire import Head, Send, Step, Wait

Timing: TypeAlias = Sequence[tuple[float, int]]


def recorded_pace(timing: Timing, speed: float = 1.0) -> Rewrite:
    """Return the rewrite that sends a body in the pieces of *timing*: (seconds before it, bytes) each.

    *speed* 2 takes half the time. The head of a stream goes out at once, that of any other reply with
    its first piece. What a body has beyond its timing comes with the last piece, and pieces beyond its
    end do not come: so a body that is not the recorded one is still sent whole. Raises ValueError for
    a speed that is none.
    """
    if not 0 < speed < math.inf:
        raise ValueError(f"speed is {speed:g}, expected above 0: 2 takes half the recorded time")

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        left = iter(steps)
        for step in left:
            if not isinstance(step, Head):
                yield step
            elif not timing or is_stream(step):
                yield step
                yield from _pieces(left, timing, speed)
            else:
                yield Wait(min(timing[0][0] / speed, LONGEST))
                yield step
                yield from _pieces(left, [(0.0, timing[0][1]), *timing[1:]], speed)

    return rewrite


def _pieces(steps: Iterator[Step], timing: Timing, speed: float) -> Iterator[Step]:
    """Return the Sends of *steps* cut anew, and any other step where it was."""
    held = bytearray()
    coming = iter(timing)
    wait, size = _next(coming, speed)
    for step in steps:
        if isinstance(step, Send):
            held += step.data
        while held and (len(held) >= size or not isinstance(step, Send)):
            if wait > 0.0:
                yield Wait(wait)
            end = size or len(held)  # 0: beyond the timing
            yield Send(bytes(held[:end]))
            del held[:end]
            wait, size = _next(coming, speed)
        if not isinstance(step, Send):
            yield step
    if held:
        if wait > 0.0:
            yield Wait(wait)
        yield Send(bytes(held))


def _next(coming: Iterator[tuple[float, int]], speed: float) -> tuple[float, int]:
    """Return the wait before the next piece that has bytes, and how many; (0, 0) after the last."""
    wait = 0.0
    for seconds, size in coming:
        wait += seconds / speed
        if size:
            return min(wait, LONGEST), size
    return 0.0, 0
