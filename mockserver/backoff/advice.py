"""When to ask again, as an error reply says it (FACTS E.2, F.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz
from typing import NamedTuple


class Advice(NamedTuple):
    """Wait this many *seconds* (negative: a time that had passed), as *source* said: ``retry-after-ms``,
    ``retry-after``, or ``retry-after date``."""

    seconds: float
    source: str


def advice_of(headers: Mapping[str, str], now: float) -> Advice | None:
    """Return what *headers* (names in lower case) advise, None for nothing, or nothing that can be read.

    Read in the order of the official SDKs: milliseconds, a number of seconds, an HTTP date. *now*, in
    seconds since 1970, is what a date is counted from.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return Advice(milliseconds / 1000, "retry-after-ms")
    told = headers.get("retry-after")
    seconds = _number(told)
    if seconds is not None:
        return Advice(seconds, "retry-after")
    date = _date(told)
    return None if date is None else Advice(date - now, "retry-after date")


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """Return what ``x-should-retry`` says. SDKs heed exactly ``true`` and ``false``."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", ""))


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(text: str | None) -> float | None:
    try:
        parts = parsedate_tz(text or "")
        return None if parts is None else mktime_tz(parts)
    except (ValueError, TypeError, IndexError, OverflowError):  # what it raises for a date that is none
        return None
