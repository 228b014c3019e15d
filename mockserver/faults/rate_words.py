"""The 429s of limits: a message and headers whose numbers agree with the wait (FACTS D.2, E.2, H)."""

from __future__ import annotations

from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.errors import ApiError
from understudy.mockserver.faults.error_words import Rate
from understudy.mockserver.faults.waits import Told, Wait
from understudy.mockserver.limits.bucket import DAY, MINUTE
from understudy.mockserver.limits.charge import Shortage
from understudy.mockserver.limits.limit import UNITS
from understudy.mockserver.limits.refusals import refusal
from understudy.mockserver.limits.telling import telling_of

_TOKENS = {MINUTE: 200_000, DAY: 2_000_000}


def limited(rate: Rate, model: str, seconds: float, profile: Profile) -> ApiError:
    """Return the 429 whose numbers make the client wait as long as it is told to."""
    period = DAY if rate.daily or seconds * 1_000_000 > MINUTE else MINUTE
    unit = next(unit for unit in UNITS if (unit.kind, unit.period) == (rate.measure, period))
    limit, used, asked = _numbers(rate.measure, seconds * 1_000_000, period)
    shortage = Shortage(model, unit, limit, used, asked, round(seconds * 1_000))
    standing = (limit, limit - used, used * period // limit)
    telling = telling_of(profile)
    by_requests = rate.measure == "requests"
    pairs = telling.pairs(standing if by_requests else None, None if by_requests else standing)
    return refusal(shortage, telling, pairs)


def promised(rate: Rate, wait: Wait, milliseconds: Told) -> float:
    """Return the seconds that the message tells to wait: those clients go by, which prefer milliseconds."""
    if isinstance(milliseconds, (int, float)) and milliseconds > 0:
        return milliseconds / 1000
    return wait.seconds if wait.seconds is not None and wait.seconds > 0 else usual_wait(rate)


def _numbers(measure: str, wait: float, period: int) -> tuple[int, int, int]:
    """Return limit, used and requested such that what is missing comes back in *wait* (microseconds, as the
    *period*)."""
    if measure == "requests":
        limit = max(1, round(period / wait))
        return limit, limit, 1
    limit = _TOKENS[period]
    missing = max(1, round(wait * limit / period))
    return limit, limit - 1_000, missing + 1_000


def usual_wait(rate: Rate) -> float:
    """Return the seconds to wait where none are asked for: those of 500 requests a minute, 10,000 a day."""
    return 8.64 if rate.daily else 0.12
