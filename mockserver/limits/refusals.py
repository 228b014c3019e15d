"""What the API answers where a limit refuses: the 429s (FACTS D.2)."""

from __future__ import annotations

from understudy.mockserver.errors import ApiError
from understudy.mockserver.headers import Pairs
from understudy.mockserver.limits.charge import Receipt, Shortage
from understudy.mockserver.limits.telling import OPENAI, Telling
from understudy.mockserver.limits.words import whole_seconds


def rate_limited(receipt: Receipt, telling: Telling = OPENAI) -> ApiError | None:
    """Return the 429 for what was refused, None for what was charged.

    It brings the headers that *telling* makes of the standings, and where it is known how long to wait
    ``retry-after``, with ``retry-after-ms`` where it tells of those.
    """
    shortage = receipt.shortage
    if shortage is None:
        return None
    pairs = telling.whole(receipt.requests, receipt.tokens)
    if shortage.wait is not None:
        pairs.append((b"retry-after", b"%d" % whole_seconds(shortage.wait)))
        if telling.milliseconds:
            pairs.append((b"retry-after-ms", b"%d" % shortage.wait))
    return refusal(shortage, telling, pairs)


def refusal(shortage: Shortage, telling: Telling, pairs: Pairs) -> ApiError:
    """Return the 429 of *shortage* with the headers *pairs*, in the words of *telling*."""
    return ApiError(
        429,
        telling.words(shortage),
        type="requests" if shortage.unit is None else shortage.unit.kind,
        code="rate_limit_exceeded",
        voice="gateway",
        headers=tuple((name.decode("ascii"), value.decode("ascii")) for name, value in pairs),
    )
