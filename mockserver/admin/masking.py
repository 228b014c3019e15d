"""Keys and tokens, made unreadable in what the journal shows."""

from __future__ import annotations

import re

SECRETS = frozenset(
    (
        "authorization",
        "proxy-authorization",
        "api-key",
        "x-api-key",
        "cookie",
        "set-cookie",
        "x-understudy-token",
    )
)
_KEY = re.compile(r"(?<![A-Za-z0-9])((?:sk|rk|pk|gsk|xai|sess)-[A-Za-z0-9_-]{4})[A-Za-z0-9_-]{8,}")
_IN_QUERY = re.compile(r"((?:^|&)(?:api[-_]?key|key|token|access_token)=)[^&]*", re.IGNORECASE)
_SHOWN = 4  # characters of a long secret


def masked_header(name: str, value: str) -> str:
    """Return *value* as it may be shown: of a secret, the first characters at most."""
    if name.lower() not in SECRETS:
        return masked_text(value)
    return f"{value[:_SHOWN]}…" if len(value) > 4 * _SHOWN else "…"


def masked_query(query: str) -> str:
    """Return *query* without the keys in it."""
    return masked_text(_IN_QUERY.sub(r"\1…", query))


def masked_text(text: str) -> str:
    """Return *text* without what looks like an API key, of which the first four characters stay."""
    return _KEY.sub(r"\1…", text)
