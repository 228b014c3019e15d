"""The 429s of limits: a message and headers whose numbers agree with the wait (FACTS D.2, E.2, H)."""

from __future__ import annotations

from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.errors import ApiError
from understudy.mockserver.faults.error_words import Rate
from understudy.mockserver.faults.waits import Told, Wait
from understudy.mockserver.limits.durations import go_duration
from understudy.mockserver.wire import Headers

_MINUTE, _DAY = 60, 86_400
_TOKENS = {_MINUTE: 200_000, _DAY: 2_000_000}
_RATE = (
    "Rate limit reached for {model} in organization org-understudy on {measure} per {period}: Limit {limit}, "
    "Used {used}, Requested {requested}. Please try again in {wait}. Visit "
    "https://platform.openai.com/account/rate-limits to learn more."
)
_AZURE = (
    "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have "
    "exceeded {measure} rate limit of your current OpenAI S0 pricing tier. Please retry after {seconds} "
    "seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the "
    "default rate limit."
)


def limited(rate: Rate, model: str, seconds: float, profile: Profile) -> ApiError:
    """Return the 429 whose numbers make the client wait as long as it is told to."""
    period = _DAY if rate.daily or seconds > _MINUTE else _MINUTE
    limit, used, asked = _numbers(rate.measure, seconds, period)
    unit = ("min" if period == _MINUTE else "day", "PM" if period == _MINUTE else "PD")
    message = _RATE.format(
        model=model,
        measure=rate.measure,
        period=f"{unit[0]} ({rate.measure[0].upper()}{unit[1]})",
        limit=limit,
        used=used,
        requested=asked,
        wait=go_duration(round(seconds * 1000)),
    )
    if profile.name == "azure":
        message = _AZURE.format(
            measure="token" if rate.measure == "tokens" else "call", seconds=-int(-seconds // 1)
        )
    told: Headers = ()
    if not profile.reply.get("headers"):
        told = (
            (f"x-ratelimit-limit-{rate.measure}", str(limit)),
            (f"x-ratelimit-remaining-{rate.measure}", str(limit - used)),
            (f"x-ratelimit-reset-{rate.measure}", go_duration(used * period * 1000 // limit)),
        )
    return ApiError(429, message, rate.measure, None, "rate_limit_exceeded", "gateway", told)


def promised(rate: Rate, wait: Wait, milliseconds: Told) -> float:
    """Return the seconds that the message tells to wait: those clients go by, which prefer milliseconds."""
    if isinstance(milliseconds, (int, float)) and milliseconds > 0:
        return milliseconds / 1000
    return wait.seconds if wait.seconds is not None and wait.seconds > 0 else usual_wait(rate)


def _numbers(measure: str, seconds: float, period: int) -> tuple[int, int, int]:
    """Return limit, used and requested such that what is missing comes back in *seconds*."""
    if measure == "requests":
        limit = max(1, round(period / seconds))
        return limit, limit, 1
    limit = _TOKENS[period]
    missing = max(1, round(seconds * limit / period))
    return limit, limit - 1_000, missing + 1_000


def usual_wait(rate: Rate) -> float:
    """Return the seconds to wait where none are asked for: those of 500 requests a minute, 10,000 a day."""
    return 8.64 if rate.daily else 0.12
