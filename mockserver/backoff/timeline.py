"""Calls as a timeline for the terminal: attempts and waits to scale, advised against done.

Every line is at most *width* columns. What clients chose (a model's name) is shown in printable ASCII.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from understudy.contracts.wording import printable
from understudy.mockserver.backoff.attempts import Attempt, Call
from understudy.mockserver.backoff.summary import Summary, summary_of

NARROWEST = 40  # columns
_CLOCK = 11  # columns of the time before a bar, with the space behind it
_MOST = 60  # columns of a bar
_FURTHEST = 2.0  # how many times its own length a call's scale grows to show advice that was not followed
_NAME = 40  # letters of a model's name


class Marks(NamedTuple):
    """What bars are drawn with: an attempt, a wait, the time that was advised, the same further right."""

    attempt: str
    wait: str
    advised: str
    beyond: str


BLOCKS = Marks("█", "░", "┃", "▶")
ASCII = Marks("#", ".", "|", ">")


def timeline_of(calls: Sequence[Call], width: int = 80, marks: Marks = BLOCKS) -> Iterator[str]:
    """Yield the lines that show *calls*, and a summary where there are several.

    Raises ValueError for a *width* (columns) below NARROWEST.
    """
    if width < NARROWEST:
        raise ValueError(f"a timeline of {width} columns, expected {NARROWEST} or more")
    for call in calls:
        yield from _call(call, width, marks)
        yield ""
    if len(calls) > 1:
        for line in _summary(summary_of(calls)):
            yield _cut(line, width)


class _Scale(NamedTuple):
    """*columns* stand for *seconds* from *start* on."""

    start: float
    seconds: float
    columns: int

    def at(self, moment: float) -> int:
        """Return the column of *moment*; what is further right has the number of columns."""
        if self.seconds <= 0:
            return 0
        place = (moment - self.start) / self.seconds * (self.columns - 1)
        return int(min(max(0.0, place), self.columns))


def _call(call: Call, width: int, marks: Marks) -> Iterator[str]:
    yield _cut(_title(call), width)
    scale = _scale(call, max(10, min(_MOST, width - _CLOCK - 1)))
    before: Attempt | None = None
    for attempt in call.attempts:
        if before is not None:
            bar = _wait_bar(before, attempt, scale, marks)
            yield _cut(f"{'':{_CLOCK}}{bar}", width)
            yield _cut(f"{'':{_CLOCK}}{_wait_words(attempt)}", width)
        exchange = attempt.exchange
        start, end = scale.at(exchange.at), scale.at(exchange.over)
        bar = " " * start + marks.attempt * max(1, min(end, scale.columns - 1) - start + 1)
        clock = f"{_seconds(exchange.at - scale.start):>{_CLOCK - 1}} "
        yield _cut(clock + bar, width)
        yield _cut(f"{'':{_CLOCK}}{_attempt_words(attempt, last=attempt is call.attempts[-1])}", width)
        before = attempt


def _scale(call: Call, columns: int) -> _Scale:
    start = call.first.at
    end = max(attempt.exchange.over for attempt in call.attempts)
    limit = start + (end - start) * _FURTHEST
    for before, attempt in pairwise(call.attempts):
        if attempt.advised is not None:
            due = before.exchange.over + attempt.advised.seconds
            end = max(end, due) if due <= limit else end
    return _Scale(start, end - start, columns)


def _wait_bar(before: Attempt, attempt: Attempt, scale: _Scale, marks: Marks) -> str:
    start, end = scale.at(before.exchange.over), scale.at(attempt.exchange.at)
    bar = list(" " * start + marks.wait * max(1, end - start))
    if attempt.advised is not None and attempt.advised.seconds > 0:
        due = scale.at(before.exchange.over + attempt.advised.seconds)
        place = min(due, scale.columns - 1)
        bar += " " * (place + 1 - len(bar))
        bar[place] = marks.advised if due < scale.columns else marks.beyond
    return "".join(bar)


def _title(call: Call) -> str:
    model = _shown(call.first.model) or "no model"
    tries = "1 attempt" if call.count == 1 else f"{call.count} attempts"
    taken = max(one.exchange.over for one in call.attempts) - call.first.at
    growth = "" if call.growth.kind == "unknown" else f", waits {call.growth.kind}"
    lost = f", {call.missing} of them no longer in the journal" if call.missing else ""
    again = "" if call.follows is None else f", after the failed call of request {call.follows}"
    return f"{model}: {call.ending}, {tries} in {_seconds(taken)}{growth}{lost}{again}"


def _wait_words(attempt: Attempt) -> str:
    words = f"waited {_seconds(attempt.gap or 0.0)}"
    if attempt.advised is not None:
        words += f", advised {_seconds(attempt.advised.seconds)} ({attempt.advised.source})"
    if attempt.forbidden:
        words += ", told not to retry"
    return f"{words}: {attempt.done}"


def _attempt_words(attempt: Attempt, *, last: bool) -> str:
    exchange = attempt.exchange
    words = f"request {exchange.number}: {exchange.status or 'no reply'}"
    if exchange.outcome != "sent":
        words += f", {_shown(exchange.outcome)}"
    if last and exchange.failed and exchange.advice is not None:
        words += f", advised {_seconds(exchange.advice.seconds)} ({exchange.advice.source}), not asked again"
    return words


def _summary(summary: Summary) -> Iterator[str]:
    yield (
        f"{summary.calls} calls: {summary.retried} retried, {summary.answered} of them answered; "
        f"{summary.gave_up} gave up; at most {summary.most} attempts"
    )
    if summary.done:
        yield "waits: " + ", ".join(f"{count} {done}" for done, count in sorted(summary.done.items()))
    if summary.forbidden:
        yield f"retries against x-should-retry: false: {summary.forbidden}"
    if summary.growth.kind != "unknown":
        factor = "" if summary.growth.factor is None else f" (times {summary.growth.factor:g})"
        jitter = {True: ", with jitter", False: ", without jitter", None: ""}[summary.jittered]
        yield f"waits nobody advised: {summary.growth.kind}{factor}{jitter}"


def _seconds(value: float) -> str:
    """Return seconds in 10 columns at most, for what is below 3 years."""
    return f"{value:.3f} s" if abs(value) < 1_000 else f"{value:.0f} s"


def _shown(text: str) -> str:
    return printable(text[:_NAME]).encode("ascii", "backslashreplace").decode("ascii")[:_NAME]


def _cut(line: str, width: int) -> str:
    line = line.rstrip()
    return line if len(line) <= width else line[: width - 3] + "..."
