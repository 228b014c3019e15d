"""Faults in the form of a stream's bytes: lines, marks and ends, whatever the chunks say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from understudy.mockserver.faults.fault import SILENT, UNHARMED, Fault, Parameter, Seen, Values, always
from understudy.mockserver.steps import DONE, Rewrite, with_events
from understudy.mockserver.wire import Send, Step, Wait

Change = Callable[[bytes, int], bytes]


def on_events(change: Change) -> Rewrite:
    """Return the rewrite that sends ``change(event, number)`` (from 1) for each event of a stream, nothing
    where that is empty. Every other reply stays as it is."""

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        number = 0
        for step, is_event in with_events(steps):
            if not is_event or not isinstance(step, Send):
                yield step
                continue
            number += 1
            if changed := change(step.data, number):
                yield Send(changed)

    return rewrite


def is_done(event: bytes) -> bool:
    return event.strip() == DONE.strip()


def _in_done(done: bytes) -> Callable[[Values], Rewrite]:
    return always(on_events(lambda event, number: done if is_done(event) else event))


def _with_crlf(event: bytes, number: int) -> bytes:
    return event.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _with_comments(values: Values) -> Rewrite:
    text = values["text"].replace("\r", " ").replace("\n", " ").encode("utf-8", "replace")
    comment = b": " + text + b"\n\n"
    return on_events(lambda event, number: event if (number - 1) % values["every"] else comment + event)


def _with_fields(values: Values) -> Rewrite:
    retry = b"retry: %d\n" % values["milliseconds"] + (b"\n" if values["alone"] else b"")

    def change(event: bytes, number: int) -> bytes:
        return (retry if number == 1 else b"") + b"id: %d\n" % number + event

    return on_events(change)


def _unended(steps: Iterable[Step]) -> Iterator[Step]:
    """Hold each event back until the next shows that it was not the last one."""
    held: Send | None = None
    for step, is_event in with_events(steps):
        if not is_event or not isinstance(step, Send):
            yield step
        elif not is_done(step.data):
            if held is not None:
                yield held
            held = step
    if held is not None:
        yield Send(held.data.rstrip(b"\r\n"))


def _pieces(values: Values) -> Rewrite:
    """Send *bytes* at a time. A wait of no length before each keeps the shells from joining them."""

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        size = values["bytes"]
        for step in steps:
            if not isinstance(step, Send):
                yield step
                continue
            for start in range(0, len(step.data), size):
                yield Wait(0.0)
                yield Send(step.data[start : start + size])

    return rewrite


def _not_utf8(values: Values) -> Rewrite:
    """Put a byte that UTF-8 does not know into a string of the event: after the last quote."""

    def change(event: bytes, number: int) -> bytes:
        if number != values["event"]:
            return event
        before, quote, after = event.rpartition(b'"')
        return before + b"\xff" + quote + after

    return on_events(change)


_EVERY = Parameter(int, 1, "events", "a comment before every so many", 1)
_NOT_FRAMED = "has a parser for event streams, not a split at `\\n\\ndata: `"

FRAMING_FAULTS = (
    Fault(
        "no_done",
        "the stream ends in good order, without [DONE]",
        "event",
        "stream",
        {"stream": Seen(UNHARMED, "an end without [DONE] is an end like any other")},
        "takes a stream without finish_reason or [DONE] as broken off",
        "F.3",
        _in_done(b""),
        rules=("stream.done_missing",),
    ),
    Fault(
        "done_with_space",
        "two spaces before [DONE]",
        "event",
        "stream",
        {"stream": Seen("JSONDecodeError", "after the whole answer")},
        "trims the data before it compares",
        "F.3",
        _in_done(b"data:  [DONE]\n\n"),
        rules=("framing.space", "stream.done_form"),
    ),
    Fault(
        "no_final_blank_line",
        "the stream ends right after its last chunk: no blank line, no [DONE]",
        "byte",
        "stream",
        {"stream": Seen(SILENT, "the last chunk is dropped: finish_reason, or usage")},
        "knows from a missing finish_reason that the answer is not whole",
        "F.3, I.2",
        always(_unended),
        rules=("framing.unterminated", "stream.done_missing"),
    ),
    Fault(
        "crlf",
        "lines end in CR LF",
        "byte",
        "stream",
        {"stream": Seen(UNHARMED)},
        _NOT_FRAMED,
        "F.3",
        always(on_events(_with_crlf)),
        rules=("framing.line_end",),
    ),
    Fault(
        "comments",
        "comment lines between the events, as gateways send to keep a connection open",
        "event",
        "stream",
        {"stream": Seen(UNHARMED)},
        "skips lines that begin with a colon, and does not take them for progress",
        "B.4, F.3",
        _with_comments,
        {"text": Parameter(str, "keep-alive", "", "what they say", 0, 1_000), "every": _EVERY},
        rules=("framing.comment",),
    ),
    Fault(
        "bom",
        "the stream begins with a byte order mark",
        "byte",
        "stream",
        {"stream": Seen(SILENT, "the first chunk, which has the role, is lost")},
        "skips it, as the event-stream standard asks",
        "F.3, I.2",
        always(on_events(lambda event, number: b"\xef\xbb\xbf" + event if number == 1 else event)),
        rules=("framing.byte_order_mark",),
    ),
    Fault(
        "retry_and_id_lines",
        "a retry: line first, in a block of its own, and an id: line in each event",
        "event",
        "stream",
        {"stream": Seen("JSONDecodeError", "reads the block without data as an event")},
        "takes only blocks with data for events",
        "F.3",
        _with_fields,
        {
            "alone": Parameter(bool, True, "", "whether retry: has a block of its own"),
            "milliseconds": Parameter(int, 3_000, "milliseconds", "what retry: says", 0, 86_400_000),
        },
        rules=("framing.id_field", "framing.no_data", "framing.retry_field"),
    ),
    Fault(
        "split_utf8",
        "the body comes in small pieces, so that characters of several bytes are cut",
        "byte",
        "both",
        {"json": Seen(UNHARMED), "stream": Seen(UNHARMED)},
        "decodes lines, or incrementally, never the pieces as they come",
        "F.3, I.38",
        _pieces,
        {"bytes": Parameter(int, 1, "bytes", "how many at a time", 1)},
    ),
    Fault(
        "invalid_utf8",
        "a byte in event k that is no UTF-8",
        "event",
        "stream",
        {"stream": Seen("UnicodeDecodeError")},
        "says which stream was broken, and shows the bytes",
        "F.3",
        _not_utf8,
        {"event": Parameter(int, 2, "event", "which one, from 1", 1)},
        rules=("framing.encoding",),
    ),
)
