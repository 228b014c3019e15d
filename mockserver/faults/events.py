"""Faults of single events of a stream: twice, out of order, broken, or an error in their midst."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from understudy.mockserver.faults.fault import SILENT, Fault, Parameter, Seen, Values, Way
from understudy.mockserver.faults.framing import on_events
from understudy.mockserver.steps import DONE, Rewrite, frame, is_stream, with_events
from understudy.mockserver.wire import Head, Send, Step

_SORRY = "The server had an error while processing your request. Sorry about that!"


def _duplicate(values: Values) -> Rewrite:
    which, times = values["event"], values["times"]
    return on_events(lambda event, number: event * times if number == which else event)


def _reordered(values: Values) -> Rewrite:
    """Event k after event k + 1. Where that does not come, it stays the last."""

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        number, held = 0, b""
        for step, is_event in with_events(steps):
            if not is_event or not isinstance(step, Send):
                yield step
                continue
            number += 1
            if number == values["event"]:
                held = step.data
                continue
            yield step
            if held:
                yield Send(held)
                held = b""
        if held:
            yield Send(held)

    return rewrite


def _malformed(values: Values) -> Rewrite:
    """The last brace of the event's JSON is missing; its frame is whole."""

    def change(event: bytes, number: int) -> bytes:
        text = event.rstrip(b"\r\n")
        return text[:-1] + b"\n\n" if number == values["event"] else event

    return on_events(change)


def _truncated(values: Values) -> Rewrite:
    """The body ends in good order in the middle of the event."""

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        number = 0
        for step, is_event in with_events(steps):
            if is_event and isinstance(step, Send):
                number += 1
                if number == values["event"]:
                    yield Send(step.data[: len(step.data) // 2])
                    return
            yield step

    return rewrite


def _ends_with(values: Values, end: bytes) -> Rewrite:
    """*end* comes after so many events, or after the last chunk, and is the last."""

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        stream, left = False, values["after_events"]
        for step in steps:
            if isinstance(step, Head):
                stream = is_stream(step)
            elif stream and isinstance(step, Send):
                if not left or step.data == DONE:
                    break
                left -= 1
            yield step
        if stream:
            yield Send(end)

    return rewrite


def _error_event(values: Values) -> Rewrite:
    end = frame(_laid({"error": _error(values)}))
    return _ends_with(values, end + DONE if values["done"] else end)


def _named_error_event(values: Values) -> Rewrite:
    error = _error(values)
    shown = {"error": error} if values["enveloped"] else error
    return _ends_with(values, b"event: error\n" + frame(_laid(shown)))


def _error(values: Values) -> dict[str, Any]:
    return {"message": values["message"], "type": values["type"], "param": None, "code": None}


def _laid(document: Any) -> bytes:
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def _inserted(values: Values) -> Rewrite:
    return on_events(lambda event, number: frame(b'{"type":"ping"}') + event if number == 2 else event)


def _empty_data(values: Values) -> Rewrite:
    return on_events(lambda event, number: b"data:\n\n" + event if number == values["event"] else event)


_EVENT = Parameter(int, 2, "event", "which one, from 1", 1)
_ERROR = {
    "after_events": Parameter(int, 3, "events", "this many go out first"),
    "message": Parameter(str, _SORRY, "", "what the error says", 0, 3_000),
    "type": Parameter(str, "server_error", "", "the type of the error", 0, 200),
}
_PARTIAL = "takes the answer as failed although the status was 200, and may ask again"
_ERROR_SEEN: Mapping[Way, Seen] = {
    "stream": Seen("APIError", "not an APIStatusError: it has no status; not tried again")
}

EVENT_FAULTS = (
    Fault(
        "duplicate_event",
        "event k comes several times",
        "event",
        "stream",
        {"stream": Seen(SILENT, "the text of the chunk is there twice")},
        "cannot know; one that joins texts should not trust their length",
        "I.8",
        _duplicate,
        {"event": _EVENT, "times": Parameter(int, 2, "times", "how often it comes", 2, 1_000)},
    ),
    Fault(
        "reordered_events",
        "event k comes after event k + 1",
        "event",
        "stream",
        {"stream": Seen(SILENT, "the text is joined in the wrong order")},
        "cannot know: events have no number",
        "I.6",
        _reordered,
        {"event": _EVENT},
    ),
    Fault(
        "malformed_event",
        "event k is no JSON: its last brace is missing",
        "event",
        "stream",
        {"stream": Seen("JSONDecodeError")},
        "says so with the text of the event, and closes the connection",
        "F.3",
        _malformed,
        {"event": _EVENT},
        rules=("stream.json",),
    ),
    Fault(
        "truncated_event",
        "the body ends in good order in the middle of event k",
        "event",
        "stream",
        {"stream": Seen(SILENT, "the broken event is dropped; the answer seems to end before it")},
        "knows from a missing finish_reason that the answer is not whole",
        "F.3, I.2",
        _truncated,
        {"event": _EVENT},
        rules=("framing.unterminated", "stream.json"),
    ),
    Fault(
        "error_event",
        "an error in an event of the stream, which ends with it",
        "event",
        "stream",
        _ERROR_SEEN,
        _PARTIAL,
        "B.4, F.3",
        _error_event,
        {**_ERROR, "done": Parameter(bool, False, "", "whether [DONE] follows, as vLLM does")},
        rules=("stream.error",),
    ),
    Fault(
        "named_error_event",
        "an error in an event of the stream that is named `error`, as Groq sends it",
        "event",
        "stream",
        _ERROR_SEEN,
        _PARTIAL,
        "B.4, F.3, I.12",
        _named_error_event,
        {
            **_ERROR,
            "enveloped": Parameter(
                bool, True, "", "false: without `error` around it, and Python yields it as a chunk"
            ),
        },
        rules=("framing.event_field", "stream.error"),
    ),
    Fault(
        "ping_event",
        'an event `{"type":"ping"}` among the chunks',
        "event",
        "stream",
        {"stream": Seen(SILENT, "yielded as a chunk whose members are all None")},
        "skips what is no chunk",
        "F.4",
        _inserted,
        rules=("chunk.required",),
    ),
    Fault(
        "empty_data",
        "a data: line without data before event k",
        "event",
        "stream",
        {"stream": Seen("JSONDecodeError")},
        "skips events without data",
        "F.3",
        _empty_data,
        {"event": _EVENT},
        rules=("framing.no_data",),
    ),
)
