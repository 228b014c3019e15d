"""The headers around a dialect's replies (FACTS E.2, at its end)."""

from __future__ import annotations

from collections.abc import Mapping

from understudy.mockserver import headers
from understudy.mockserver.dialects.dialect import Dialect
from understudy.mockserver.dialects.laid import drawn_for
from understudy.mockserver.dialects.patterns import draw
from understudy.mockserver.errors import ApiError
from understudy.mockserver.headers import TOKENS_PER_MINUTE, Pairs
from understudy.mockserver.identity import Stamp
from understudy.mockserver.wire import raw

_JSON = {"content-type": "application/json"}
_SSE = {"content-type": "text/event-stream"}


def success_headers(dialect: Dialect, stamp: Stamp, tokens: int, length: int | None) -> Pairs:
    """Return the headers of a 200 that cost *tokens*; *length* None is a stream, which has none."""
    told = dialect.headers
    if told is None:
        return headers.success(stamp, tokens, length)
    kind = _SSE | dict(told.get("stream", {})) if length is None else _JSON | dict(told.get("json", {}))
    size = [] if length is None else [(b"content-length", b"%d" % length)]
    return size + _filled({**kind, **told.get("success", {}), **told.get("all", {})}, dialect, stamp, tokens)


def error_headers(error: ApiError, dialect: Dialect, stamp: Stamp, length: int) -> Pairs:
    """Return the headers of *error*, its own (``retry-after``) among them."""
    told = dialect.headers or {}
    named = {**_JSON, **told.get("error", {}), **told.get("all", {})}
    own = raw(error.headers)
    ours = {name for name, _ in own}
    pairs = [pair for pair in _filled(named, dialect, stamp, 0) if pair[0] not in ours]
    return [(b"content-length", b"%d" % length), *pairs, *own]


def _filled(named: Mapping[str, str], dialect: Dialect, stamp: Stamp, tokens: int) -> Pairs:
    facts = {"created": stamp.created, "index": 0, "name": ""}
    milliseconds = tokens * 60_000 // TOKENS_PER_MINUTE
    values = {
        **drawn_for(dialect.draws, stamp, facts),
        "request_id": stamp.request_id,
        "processing_ms": stamp.processing_ms,
        "left_tokens": max(0, TOKENS_PER_MINUTE - tokens),
        "reset_tokens": f"{milliseconds}ms" if milliseconds else "0s",
        "reset_tokens_seconds": -(-tokens * 60 // TOKENS_PER_MINUTE),
    }
    return [
        (name.encode("ascii"), str(_value(name, pattern, values, stamp, facts)).encode("latin-1", "replace"))
        for name, pattern in named.items()
    ]


def _value(
    name: str, pattern: str, values: Mapping[str, object], stamp: Stamp, facts: Mapping[str, object]
) -> object:
    if pattern.startswith("$"):
        return values[pattern[1:]]
    return draw(pattern, f"{stamp.id} header {name}", facts)
