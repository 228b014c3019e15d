"""Faults before the head, and the connection's own: cuts, stalls and slowness."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping

from understudy.mockserver.faults.fault import UNHARMED, Fault, Parameter, Seen, Values, Way, always, both
from understudy.mockserver.steps import Rewrite, with_events
from understudy.mockserver.wire import Cut, Send, Step, Wait

_DAY = 86_400
_AGAIN = "asks again after a growing wait, up to a bound, and then says that the connection failed"
_TIMEOUT = "sets a timeout of its own, takes it as a failed connection and asks again"
_PARTIAL = "takes what came as a part, never as an answer; asks again or says so"
_BROKEN: Mapping[Way, Seen] = {
    "json": Seen("APIConnectionError", retried=True),
    "stream": Seen("APIConnectionError", "not tried again: chunks were handed over already"),
}
_EVENTS = Parameter(int, 3, "events", "this many events go out first (a document: half of it)")
_BYTES = Parameter(
    int, None, "bytes", "this many bytes of the body go out first; overrides after_events", 0, 2**30
)
_WHERE = {"after_events": _EVENTS, "after_bytes": _BYTES}


def _never_answered(*end: Step) -> Rewrite:
    """Nothing of the reply goes out; *end* happens instead."""
    return lambda steps: iter(end)


def _slow_head(values: Values) -> Rewrite:
    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        yield Wait(values["seconds"])
        yield from steps

    return rewrite


def _slow_body(values: Values) -> Rewrite:
    """Wait before each event; a document goes out in *pieces*, with a wait before each."""

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        for step, is_event in with_events(steps):
            if not isinstance(step, Send):
                yield step
                continue
            size = max(1, len(step.data) if is_event else -(-len(step.data) // values["pieces"]))
            for start in range(0, len(step.data), size):
                yield Wait(values["seconds"])
                yield Send(step.data[start : start + size])

    return rewrite


def _ending(*end: Step) -> Callable[[Values], Rewrite]:
    """Return the rewrite that lets a part of the body out, and then does *end*."""

    def of(values: Values) -> Rewrite:
        def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
            yield from _beginning(steps, values["after_events"], values["after_bytes"])
            yield from end

        return rewrite

    return of


def _beginning(steps: Iterable[Step], events: int, most: int | None) -> Iterator[Step]:
    """Return the Head and what comes before the place; all where the body ends before it."""
    for step, is_event in with_events(steps):
        if not isinstance(step, Send):
            yield step
            continue
        if most is None and is_event:
            if not events:
                return
            events -= 1
            yield step
            continue
        left = len(step.data) // 2 if most is None else most
        if left:
            yield Send(step.data[:left])
        if left < len(step.data):
            return
        most = left - len(step.data)


def _open_at_the_end(steps: Iterable[Step]) -> Iterator[Step]:
    yield from steps
    yield Wait(math.inf)
    yield Cut()


CONNECTION_FAULTS = (
    Fault(
        "refuse_connection",
        "the connection is refused; at a served URL, which has to accept it, reset once the request is in",
        "before the head",
        "both",
        both("APIConnectionError", retried=True),
        _AGAIN,
        "F.1",
        always(_never_answered(Cut(reset=True))),
    ),
    Fault(
        "reset_before_head",
        "the request is read, time passes, and the connection is reset without an answer",
        "before the head",
        "both",
        both("APIConnectionError", retried=True),
        _AGAIN + "; knows that the request may have been served and billed",
        "F.1",
        lambda values: _never_answered(Wait(values["seconds"]), Cut(reset=True)),
        {"seconds": Parameter(float, 0.0, "seconds", "how long the server seems to work first", 0, _DAY)},
    ),
    Fault(
        "close_before_head",
        "the connection is closed in good order without an answer, as a kept one is that was idle too long",
        "before the head",
        "both",
        both("APIConnectionError", retried=True),
        _AGAIN,
        "F.1",
        always(_never_answered(Cut())),
    ),
    Fault(
        "stall_before_head",
        "the connection stays open and nothing comes, ever",
        "before the head",
        "both",
        both("APITimeoutError", "after its own timeout, 600 seconds where none is set", retried=True),
        _TIMEOUT,
        "F.1, F.3",
        always(_never_answered(Wait(math.inf), Cut())),
    ),
    Fault(
        "slow_head",
        "nothing comes for a while, then the whole reply",
        "before the head",
        "both",
        both(UNHARMED, "unless its read timeout is shorter"),
        "waits as long as it decided to, and no longer",
        "F.1",
        _slow_head,
        {"seconds": Parameter(float, 5.0, "seconds", "how long nothing comes", 0, _DAY)},
    ),
    Fault(
        "slow_body",
        "the body drips: a wait before each event, or before each piece of a document",
        "body",
        "both",
        both(UNHARMED, "each piece starts its read timeout anew, so that it never fires"),
        "has a deadline for the whole answer, not for each piece alone",
        "F.3",
        _slow_body,
        {
            "seconds": Parameter(float, 1.0, "seconds", "the wait before each piece", 0, _DAY),
            "pieces": Parameter(int, 10, "pieces", "of a document", 1, 1_000),
        },
    ),
    Fault(
        "cut_midstream",
        "the connection is closed (FIN) before the body is complete",
        "byte",
        "both",
        _BROKEN,
        _PARTIAL,
        "F.2, F.3",
        _ending(Cut()),
        _WHERE,
        rules=("stream.done_missing", "stream.finish_missing"),
    ),
    Fault(
        "reset_midstream",
        "the connection is reset (RST) before the body is complete, as by a crash",
        "byte",
        "both",
        _BROKEN,
        _PARTIAL,
        "F.2, F.3",
        _ending(Cut(reset=True)),
        _WHERE,
        rules=("stream.done_missing", "stream.finish_missing"),
    ),
    Fault(
        "stall_midstream",
        "the body begins, then nothing more comes, and the connection stays open",
        "byte",
        "both",
        {
            "json": Seen("APITimeoutError", "after its read timeout", retried=True),
            "stream": Seen("APITimeoutError", "after its read timeout; not tried again"),
        },
        _TIMEOUT + "; does not wait for ever between two events",
        "F.3",
        _ending(Wait(math.inf), Cut()),
        _WHERE,
        rules=("stream.done_missing", "stream.finish_missing"),
    ),
    Fault(
        "open_after_done",
        "all of the stream comes, [DONE] too, and the connection stays open",
        "body",
        "stream",
        {"stream": Seen(UNHARMED, "1.109.1 waited for the end of the body, until it timed out")},
        "stops reading at [DONE]",
        "B.4, I.19",
        always(_open_at_the_end),
    ),
)
