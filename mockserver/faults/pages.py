"""Faults of the reply as a whole: another body, another head, or a length that is not the body's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from understudy.mockserver.faults.documents import on_documents
from understudy.mockserver.faults.fault import SILENT, UNHARMED, Fault, Parameter, Seen, Values, always, both
from understudy.mockserver.faults.header_text import check_header
from understudy.mockserver.steps import Rewrite, with_header
from understudy.mockserver.wire import Cut, Head, Send, Step

_HTML = b"text/html; charset=UTF-8"
_PAGE = (
    "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n"
    "<center><h1>{status} {reason}</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)
_MODEL_ONLY = (b"openai-", b"x-ratelimit-", b"content-", b"transfer-encoding")  # what a gateway does not say
_RETRIED = both("InternalServerError", "the body is the page", retried=True)
_PAGE_GOOD = "goes by the status, never reads the page as JSON, and asks again with patience"


def _replaced(change: Callable[[Head], tuple[Head, bytes]]) -> Rewrite:
    """Return the rewrite that sends what *change* makes of the Head, and nothing else of the reply."""

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        for step in steps:
            if isinstance(step, Head):
                head, body = change(step)
                yield with_header(head, b"content-length", b"%d" % len(body))
                yield Send(body)
                return
            yield step

    return rewrite


def _page(status: int, reason: str) -> Rewrite:
    body = _PAGE.format(status=status, reason=reason).encode("ascii")

    def change(head: Head) -> tuple[Head, bytes]:
        kept = [pair for pair in head.headers if not pair[0].startswith(_MODEL_ONLY)]
        return Head(status, [(b"content-type", _HTML), (b"server", b"cloudflare"), *kept]), body

    return _replaced(change)


def _page_fault(status: int, reason: str, cause: str) -> Fault:
    return Fault(
        f"html_{status}",
        f"{status} {reason} with the gateway's HTML page instead of JSON: {cause}",
        "head",
        "both",
        _RETRIED,
        _PAGE_GOOD,
        "D.2, F.2, I.15",
        always(_page(status, reason)),
    )


def _error_body(values: Values) -> Rewrite:
    error = {"message": values["message"], "type": "server_error", "param": None, "code": None}
    body = (json.dumps({"error": error}, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")

    def change(head: Head) -> tuple[Head, bytes]:
        return Head(200, with_header(head, b"content-type", b"application/json").headers), body

    return _replaced(change)


def _heads(change: Callable[[Head], Head]) -> Rewrite:
    """Return the rewrite that changes the Head alone."""

    def rewrite(steps: Iterable[Step]) -> Iterator[Step]:
        for step in steps:
            yield change(step) if isinstance(step, Head) else step

    return rewrite


def _content_type(values: Values) -> Rewrite:
    check_header("content-type", values["content_type"])
    named = values["content_type"].encode("latin-1")
    return _heads(lambda head: with_header(head, b"content-type", named))


def _too_short(values: Values) -> Rewrite:
    """Promise fewer bytes than there are. No server of ours sends more than it promised: what the client
    would not read anyway is left out."""

    def change(steps: list[Step]) -> Iterator[Step]:
        left = max(0, _size(steps) - values["missing"])
        for step in _promising(steps, left):
            if not isinstance(step, Send):
                yield step
                continue
            if left:
                yield Send(step.data[:left])
            left = max(0, left - len(step.data))

    return on_documents(change)


def _too_long(values: Values) -> Rewrite:
    def change(steps: list[Step]) -> Iterator[Step]:
        yield from _promising(steps, _size(steps) + values["missing"])
        yield Cut()

    return on_documents(change)


def _size(steps: list[Step]) -> int:
    return sum(len(step.data) for step in steps if isinstance(step, Send))


def _promising(steps: list[Step], size: int) -> Iterator[Step]:
    for step in steps:
        yield with_header(step, b"content-length", b"%d" % size) if isinstance(step, Head) else step


_MISSING = Parameter(int, 20, "bytes", "the difference", 1, 2**30)

PAGE_FAULTS = (
    Fault(
        "error_body_200",
        "status 200 with an error envelope as the body; asked for a stream, JSON all the same",
        "body",
        "both",
        {
            "json": Seen(SILENT, "a completion whose members are all None"),
            "stream": Seen(SILENT, "no chunk at all, and no error"),
        },
        "looks for `error` before it looks for `choices`",
        "F.2, F.3, I.11",
        _error_body,
        {"message": Parameter(str, "The server had an error.", "", "what the error says", 0, 3_000)},
        rules=("completion.error_body",),
    ),
    Fault(
        "html_200",
        "status 200 with an HTML page, as a sign-in page or a proxy sends it",
        "head",
        "both",
        {
            "json": Seen(SILENT, "a text instead of a completion, so that .choices raises AttributeError"),
            "stream": Seen(SILENT, "no chunk at all, and no error"),
        },
        "checks the type and says what came instead",
        "F.2, F.3",
        always(_page(200, "OK")),
        rules=("stream.empty",),
    ),
    _page_fault(502, "Bad Gateway", "the gateway got no sensible answer"),
    _page_fault(520, "Web server is returning an unknown error", "the gateway did not understand the answer"),
    _page_fault(524, "A timeout occurred", "the gateway waited longer than it does"),
    Fault(
        "wrong_content_type",
        "the right body under the wrong content-type",
        "head",
        "both",
        {
            "json": Seen(UNHARMED, "JSON is read whatever the type says; Node hands over a text"),
            "stream": Seen(UNHARMED, "events are read whatever the type says"),
        },
        "checks the type and says what came instead",
        "F.2, I.14",
        _content_type,
        {"content_type": Parameter(str, "text/html; charset=utf-8", "", "what is said", 1, 200)},
    ),
    Fault(
        "empty_body",
        "status 200 and no body",
        "body",
        "both",
        {
            "json": Seen("JSONDecodeError", "not tried again"),
            "stream": Seen(SILENT, "no chunk at all, and no error"),
        },
        "takes an answer without content as a failure and asks again",
        "F.2, F.3",
        always(_replaced(lambda head: (Head(200, head.headers), b""))),
        rules=("stream.empty",),
    ),
    Fault(
        "short_content_length",
        "content-length promises fewer bytes than the body has, so that it ends too early",
        "head",
        "json",
        {"json": Seen("JSONDecodeError", "not tried again")},
        "takes a document that breaks off as a failed connection and asks again",
        "F.2",
        _too_short,
        {"missing": _MISSING},
    ),
    Fault(
        "long_content_length",
        "content-length promises more bytes than come before the connection is closed",
        "head",
        "json",
        {"json": Seen("APIConnectionError", retried=True)},
        "does not read what came as the whole, and asks again",
        "F.2",
        _too_long,
        {"missing": _MISSING},
    ),
    Fault(
        "no_request_id",
        "the reply has no x-request-id",
        "head",
        "both",
        {
            "json": Seen(SILENT, "_request_id is None"),
            "stream": Seen(UNHARMED, "a stream shows it in its response only"),
        },
        "logs what it has, and does not fail for what it has not",
        "E.2, I.30",
        always(_heads(lambda head: with_header(head, b"x-request-id", None))),
    ),
)
