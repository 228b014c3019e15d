"""How a recorded reply is put on the wire again: its text form and its headers.

A recording keeps a body as a value; ``fidelity.response_form`` says how its text was laid out.
What else decides the bytes, escapes and a final newline, is read off the recorded content-length
where that counts the same bytes, else taken from FACTS B.1 and D.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from understudy.mockserver.layout import indented
from understudy.mockserver.wire import Headers

LAYOUTS: Mapping[str, Mapping[str, Any]] = {
    "compact": {"separators": (",", ":")},
    "spaced": {},
    "indent-2": {"indent": 2},
    "indent-4": {"indent": 4},
    "parsed": {"indent": 2},  # the text is lost: laid out as api.openai.com does
}
CONTENT_TYPES = {
    "body": "application/json",
    "sse": "text/event-stream; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}

# of one connection (RFC 9110 7.6.1), of the recorded wire form, or of the host that was in front
_LEFT_OUT = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade"}
    | {"transfer-encoding", "content-length", "content-encoding"}
    | {"set-cookie", "date", "alt-svc", "server", "strict-transport-security"}
)
_PLACEHOLDER = re.compile(r".*-XXX|<[A-Z0-9_ -]+>|.*REDACTED.*")


def json_bytes(document: Any, layout: str, status: int, length: int | None) -> bytes:
    """Return *document* as it was recorded, *length* being the number of bytes it had, if known."""
    plain = _text(document, layout, escaped=False)
    fallback = plain + b"\n" if _ends_with_newline(layout, status) else plain
    # where the text was lost, recorders have counted a text of their own making
    if length is None or length == len(fallback) or layout == "parsed":
        return fallback
    return next((data for data in _spellings(document, layout) if len(data) == length), fallback)


def content_length(headers: Mapping[str, Any]) -> int | None:
    """Return how many bytes the plain body had, None where the headers do not say."""
    text = headers.get("content-length")
    if isinstance(text, str) and text.isascii() and text.isdigit() and "content-encoding" not in headers:
        return int(text[:18])
    return None


def replay_headers(headers: Mapping[str, Any], form: str, *, placeholders: bool) -> Headers:
    """Return the recorded *headers* that hold for a replay, a content-type among them."""
    kept = tuple(
        (name.lower(), value)
        for name, values in headers.items()
        if name.lower() not in _LEFT_OUT and not name.lower().startswith("cf-")
        for value in ([values] if isinstance(values, str) else values)
        if not (placeholders and _PLACEHOLDER.fullmatch(value))
    )
    if any(name == "content-type" for name, _ in kept):
        return kept
    return (("content-type", CONTENT_TYPES[form]), *kept)


def _spellings(document: Any, layout: str) -> Iterator[bytes]:
    """Yield the bytes *document* may have had, in *layout* first: a recorder may have changed it."""
    for name in sorted(LAYOUTS, key=lambda name: name != layout):
        for escaped in (False, True):
            text = _text(document, name, escaped=escaped)
            yield text
            yield text + b"\n"


def _text(document: Any, layout: str, *, escaped: bool) -> bytes:
    if not escaped and LAYOUTS[layout] == LAYOUTS["indent-2"]:
        text = indented(document)
    else:
        text = json.dumps(document, ensure_ascii=escaped, **LAYOUTS[layout])
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair: only an escape can say it
        return _text(document, layout, escaped=True)


def _ends_with_newline(layout: str, status: int) -> bool:
    # the model's errors end without one, its answers and all the gateway says with one
    return layout == "indent-4" or (layout in ("indent-2", "parsed") and status < 400)
