"""What the form of a stream's bytes may be. Tiers: openai, compatible."""

from __future__ import annotations

from understudy.contracts.replies.rules import Rule, Rules

FRAMING_RULES: Rules = {
    "framing.byte_order_mark": Rule(
        "error",
        "error",
        "the stream begins with a byte order mark",
        "the first bytes are: data: {{",
        "leave it out; the Python client loses the first event, silently",
        "FACTS F.3",
    ),
    "framing.line_end": Rule(
        "error", None, "a line ends in CR or CRLF", "LF", "end lines with LF alone", "FACTS B.4"
    ),
    "framing.comment": Rule(
        "warning",
        None,
        "a comment line",
        "OpenAI sends none",
        "clients skip comments; leave them out where the API is to be imitated",
        "FACTS B.4",
    ),
    "framing.event_field": Rule(
        "error", None, "an event: line", "only data: lines", "leave it out", "FACTS B.4"
    ),
    "framing.id_field": Rule(
        "error",
        "warning",
        "an id: line",
        "only data: lines",
        "leave it out; with a comment after it the Python client fails",
        "FACTS B.4, F.3",
    ),
    "framing.retry_field": Rule(
        "error",
        "warning",
        "a retry: line",
        "only data: lines",
        "leave it out; alone in its block it makes the Python client fail",
        "FACTS B.4, F.3",
    ),
    "framing.unknown_field": Rule(
        "error", "warning", "a line of no known field", "only data: lines", "leave it out", "FACTS B.4"
    ),
    "framing.several_data_lines": Rule(
        "error", None, "several data: lines in one event", "one", "send compact JSON on one line", "FACTS B.4"
    ),
    "framing.space": Rule(
        "error",
        None,
        "not exactly one space after data:",
        "data: and one space",
        "write one space; two before [DONE] break the clients",
        "FACTS B.4, F.3",
    ),
    "framing.no_data": Rule(
        "error",
        "error",
        "an event without data",
        "every event has data",
        "leave the event out; the clients try to read it as JSON and fail",
        "FACTS F.3",
    ),
    "framing.encoding": Rule(
        "error",
        "error",
        "bytes that are not UTF-8",
        "UTF-8",
        "encode as UTF-8; the Python client raises UnicodeDecodeError",
        "FACTS F.3",
    ),
    "framing.too_large": Rule(
        "warning",
        "warning",
        "an event is too large to be judged",
        "events of a few hundred bytes",
        "cut the answer into more chunks",
        "FACTS B.4",
    ),
    "framing.unterminated": Rule(
        "error",
        "error",
        "the last event has no blank line after it",
        "every event ends in a blank line",
        "send it; the Python client drops the event, silently",
        "FACTS F.3, I.2",
    ),
    "framing.stray_blank_line": Rule(
        "warning",
        None,
        "a blank line where no event was",
        "one blank line after each event",
        "leave it out",
        "FACTS B.4",
    ),
}
