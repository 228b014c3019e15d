"""Errors in the words and the envelopes of other APIs (FACTS D, H, TRAFFIC 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.contracts.profiles.profile import ErrorFact
from understudy.mockserver import headers
from understudy.mockserver.dialects.dialect import Dialect
from understudy.mockserver.dialects.heads import error_headers
from understudy.mockserver.dialects.laid import drawn_for
from understudy.mockserver.dialects.templates import fill
from understudy.mockserver.errors import ApiError, documented
from understudy.mockserver.headers import Pairs
from understudy.mockserver.identity import Stamp
from understudy.mockserver.layout import compact, indented


def error_reply(
    error: ApiError, dialect: Dialect, fact: ErrorFact | None, stamp: Stamp
) -> tuple[bytes, Pairs]:
    """Return the body and the headers of *error* as *dialect* sends it.

    What *fact* documents replaces type, code and message. Our own errors stay as they are worded.
    """
    told = documented(error, fact)
    body = told.body() if dialect.error is None else _body(told, dialect, stamp)
    if dialect.headers is None:
        return body, headers.failure(told, stamp, len(body))
    return body, error_headers(told, dialect, stamp, len(body))


def _body(error: ApiError, dialect: Dialect, stamp: Stamp) -> bytes:
    bodies: Mapping[str, Any] = dialect.error or {}
    entry = bodies.get(str(error.status)) or bodies.get(error.voice) or bodies["default"]
    minute = stamp.created // 60 + 1
    values = {
        **drawn_for(dialect.draws, stamp, {"created": stamp.created, "index": 0, "name": ""}),
        "message": error.message,
        "type": error.type,
        "param": error.param,
        "code": error.code,
        "status": error.status,
        "status_text": str(error.status),
        "code_or_status": error.code or str(error.status),
        "raw": error.body().decode("utf-8"),
        "reset_ms": str(minute * 60_000),
    }
    document = fill(entry["body"], values)
    text = indented(document) if entry.get("layout", "compact") == "indented" else compact(document)
    return text.encode("utf-8", "replace")
