"""What the API says of limits: the 429s (FACTS D.2) and the ``x-ratelimit-*`` headers (E.2)."""

from __future__ import annotations

from collections.abc import Mapping

from understudy.mockserver.errors import ApiError
from understudy.mockserver.headers import unlimited
from understudy.mockserver.limits.bucket import Standing
from understudy.mockserver.limits.charge import Charged, Shortage
from understudy.mockserver.limits.durations import go_duration, reset_duration

_ORGANIZATION = "org-understudy"
_REQUESTS = (b"x-ratelimit-limit-requests", b"x-ratelimit-remaining-requests", b"x-ratelimit-reset-requests")
_TOKENS = (b"x-ratelimit-limit-tokens", b"x-ratelimit-remaining-tokens", b"x-ratelimit-reset-tokens")
_VISIT = "Visit https://platform.openai.com/account/rate-limits to learn more."
_TOO_MUCH = "The input or output tokens must be reduced in order to run successfully."


def rate_limited(charged: Charged) -> ApiError | None:
    """Return the 429 for what was refused, None for what was charged.

    It brings all six ``x-ratelimit-*`` headers, and ``retry-after`` and ``retry-after-ms`` where it is
    known how long to wait.
    """
    shortage = charged.shortage
    if shortage is None:
        return None
    told = {**unlimited(), **rate_headers(charged)}
    pairs = [(name.decode("ascii"), value.decode("ascii")) for name, value in told.items()]
    if shortage.wait is not None:
        seconds = max(1, -(shortage.wait // -1_000))
        pairs += [("retry-after", f"{seconds}"), ("retry-after-ms", f"{shortage.wait}")]
    return ApiError(
        429,
        _message(shortage),
        type="requests" if shortage.unit is None else shortage.unit.kind,
        code="rate_limit_exceeded",
        voice="gateway",
        headers=tuple(pairs),
    )


def rate_headers(charged: Charged) -> Mapping[bytes, bytes]:
    """Return the headers that tell how *charged* left the account; none for kinds without a limit."""
    found: dict[bytes, bytes] = {}
    _, _, requests, tokens = charged
    if requests is not None:
        _tell(found, _REQUESTS, requests)
    if tokens is not None:
        _tell(found, _TOKENS, tokens)
    return found


def _tell(found: dict[bytes, bytes], names: tuple[bytes, bytes, bytes], standing: Standing) -> None:
    limit, remaining, reset = standing
    found[names[0]] = b"%d" % limit
    found[names[1]] = b"%d" % remaining
    found[names[2]] = reset_duration(reset).encode("ascii") if reset >= 1_000 else b"0s"


def _message(shortage: Shortage) -> str:
    place = f"for {shortage.model} in organization {_ORGANIZATION} on"
    limit, spent, asked = shortage.limit, shortage.used, shortage.requested
    if shortage.unit is None:  # not OpenAI's: our own words
        counts = f"Limit {limit}, Used {spent}, Requested {asked}."
        return f"Rate limit reached {place} concurrent requests: {counts} Please try again later. {_VISIT}"
    if shortage.hopeless:
        counts = f"Limit {limit}, Requested {asked}."
        return f"Request too large {place} {shortage.unit.words}: {counts} {_TOO_MUCH} {_VISIT}"
    again = f"Please try again in {go_duration(shortage.wait or 0)}."
    counts = f"Limit {limit}, Used {spent}, Requested {asked}."
    return f"Rate limit reached {place} {shortage.unit.words}: {counts} {again} {_VISIT}"
