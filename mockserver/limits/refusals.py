"""What the API says where a limit refuses: the 429s (FACTS D.2)."""

from __future__ import annotations

from understudy.mockserver.errors import ApiError
from understudy.mockserver.limits.charge import Receipt, Shortage
from understudy.mockserver.limits.durations import go_duration
from understudy.mockserver.limits.telling import OPENAI, Telling

_ORGANIZATION = "org-understudy"
_VISIT = "Visit https://platform.openai.com/account/rate-limits to learn more."
_TOO_MUCH = "The input or output tokens must be reduced in order to run successfully."


def rate_limited(receipt: Receipt, telling: Telling = OPENAI) -> ApiError | None:
    """Return the 429 for what was refused, None for what was charged.

    It brings the headers that *telling* makes of the standings, and ``retry-after`` and ``retry-after-ms``
    where it is known how long to wait.
    """
    shortage = receipt.shortage
    if shortage is None:
        return None
    told = telling.whole(receipt.requests, receipt.tokens)
    pairs = [(name.decode("ascii"), value.decode("ascii")) for name, value in told]
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
