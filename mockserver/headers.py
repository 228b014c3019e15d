"""The headers around a body, as the API sends them (FACTS E.2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from understudy.mockserver.errors import ApiError
from understudy.mockserver.identity import Stamp
from understudy.mockserver.wire import raw

REQUESTS_PER_MINUTE = 10_000
TOKENS_PER_MINUTE = 10_000_000

Pairs = list[tuple[bytes, bytes]]

_EXPOSE = (b"access-control-expose-headers", b"X-Request-ID")
_CONSTANT: Sequence[tuple[bytes, bytes]] = (
    _EXPOSE,
    (b"openai-organization", b"org-understudy"),
    (b"openai-project", b"proj_understudy"),
    (b"openai-version", b"2020-10-01"),
    (b"x-ratelimit-limit-requests", b"%d" % REQUESTS_PER_MINUTE),
    (b"x-ratelimit-limit-tokens", b"%d" % TOKENS_PER_MINUTE),
    (b"x-ratelimit-remaining-requests", b"%d" % (REQUESTS_PER_MINUTE - 1)),
    (b"x-ratelimit-reset-requests", b"%dms" % (60_000 // REQUESTS_PER_MINUTE)),
)
_FIRST_RATE = _CONSTANT[4]
_RATES = 6  # headers of it: requests and tokens
_USUAL_PLACES = ((6, 11), (5, 10))  # of JSON and of streams, where the six are in a row
_JSON = (b"content-type", b"application/json")
_JSON_GATEWAY = (b"content-type", b"application/json; charset=utf-8")
_SSE = (b"content-type", b"text/event-stream; charset=utf-8")
_PREFLIGHT: Sequence[tuple[bytes, bytes]] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, OPTIONS, POST"),
    (b"access-control-allow-headers", b"authorization, *"),  # which the asterisk leaves out
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
)


def success(stamp: Stamp, tokens: int, length: int | None) -> Pairs:
    """Return the headers of a 200 that cost *tokens*; *length* None is a stream, which has none."""
    return [*_lasting(tokens, length), *_stamped(stamp)]


@lru_cache(maxsize=4096)
def _lasting(tokens: int, length: int | None) -> Pairs:
    """Return the headers that are equal for all replies of this cost and length."""
    kind = [_SSE] if length is None else [_JSON, (b"content-length", b"%d" % length)]
    return [*kind, *_spent(tokens)]


def limit(pairs: Pairs, limits: Pairs) -> None:
    """Put *limits* into *pairs*, of any reply, in place of what they tell of an account that has none. Who
    tells nothing of that (the gateway) tells nothing of limits."""
    if len(limits) == _RATES:
        for first, last in _USUAL_PLACES:
            if len(pairs) > last and pairs[first] is _FIRST_RATE and pairs[last][0] == limits[-1][0]:
                pairs[first : last + 1] = limits
                return
    # a recording has headers of its own, a script may
    named = dict(limits)
    pairs[:] = [(name, named.get(name, value)) for name, value in pairs]


def unlimited() -> dict[bytes, bytes]:
    """Return the six ``x-ratelimit-*`` headers of an account without limits that has spent nothing."""
    return {name: value for name, value in _spent(0) if name.startswith(b"x-ratelimit-")}


def failure(error: ApiError, stamp: Stamp, length: int) -> Pairs:
    """Return the headers of *error*: the gateway leaves out what only a model's backend knows."""
    pairs: Pairs = [(b"content-length", b"%d" % length), *raw(error.headers)]
    if error.voice == "gateway":
        return [_JSON_GATEWAY, (b"vary", b"Origin"), *pairs, *_identified(stamp)]
    return [_JSON, *pairs, *_spent(0), *_stamped(stamp)]


def plain(stamp: Stamp, length: int) -> Pairs:
    """Return the headers of a JSON 200 that no model had part in."""
    return [_JSON, (b"content-length", b"%d" % length), *_identified(stamp)]


def preflight(stamp: Stamp) -> Pairs:
    """Return the headers that let a page of any origin ask (FACTS E.2)."""
    return [*_PREFLIGHT, *_identified(stamp)]


def _identified(stamp: Stamp) -> Pairs:
    return [_EXPOSE, (b"x-request-id", stamp.request_id.encode("ascii"))]


def _spent(tokens: int) -> Pairs:
    """Return what a model's backend says of the account after *tokens*."""
    left = max(0, TOKENS_PER_MINUTE - tokens)
    milliseconds = tokens * 60_000 // TOKENS_PER_MINUTE
    return [
        *_CONSTANT,
        (b"x-ratelimit-remaining-tokens", b"%d" % left),
        (b"x-ratelimit-reset-tokens", b"%dms" % milliseconds if milliseconds else b"0s"),
    ]


def _stamped(stamp: Stamp) -> Pairs:
    return [
        (b"openai-processing-ms", b"%d" % stamp.processing_ms),
        (b"x-request-id", stamp.request_id.encode("ascii")),
    ]
