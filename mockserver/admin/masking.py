"""Keys and tokens, made unreadable in what the journal shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# of a header or a parameter; not x-ratelimit-*-tokens, max_tokens, idempotency-key, www-authenticate
_SECRET = re.compile(r"(?<!idempotency-)key|token(?!s)|secret|auth(?!enticate)|cookie|passw", re.IGNORECASE)
# with an underscore more has to follow, in one piece: pk_users_by_name is no key
_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:((?:sk|rk|pk|gsk|xai|sess)-[A-Za-z0-9_-]{4})[A-Za-z0-9_-]{8,}"
    r"|((?:sk|rk|pk|gsk|xai|sess)_[A-Za-z0-9]{4})[A-Za-z0-9]{12,})"
)
_SHOWN = 4  # characters of a long secret
_SHORTEST = 8  # characters of a key of the server's that is looked for


def masked_header(name: str, value: str) -> str:
    """Return *value* as it may be shown: of a secret, the first characters at most."""
    if not _SECRET.search(name):
        return value
    return f"{value[:_SHOWN]}…" if len(value) > 4 * _SHOWN else "…"


def masked_query(query: str) -> str:
    """Return *query* without the keys in it."""
    pairs = (part.partition("=") for part in query.split("&"))
    return "&".join(
        f"{name}=…" if equals and _SECRET.search(name) else name + equals + value
        for name, equals, value in pairs
    )


def masked_text(text: str, keys: Iterable[str] = ()) -> str:
    """Return *text* without *keys* (those of the server) and without what looks like an API key. The first
    characters stay; a key below 8 characters stays whole: it is no secret, and may be a part of words."""
    for key in sorted(keys, key=len, reverse=True):  # one may begin with another
        if len(key) >= _SHORTEST:
            text = text.replace(key, f"{key[:_SHOWN]}…")
    return _KEY.sub(r"\1\2…", text)


def masked(document: Mapping[str, Any], keys: Iterable[str] = ()) -> dict[str, Any]:
    """Return *document* (JSON values) with all texts in it masked."""
    return {name: _masked(value, keys) for name, value in document.items()}


def _masked(value: Any, keys: Iterable[str]) -> Any:
    if isinstance(value, str):
        return masked_text(value, keys)
    if isinstance(value, Mapping):
        return masked(value, keys)
    return [_masked(one, keys) for one in value] if isinstance(value, (list, tuple)) else value
