"""How a client is told to wait: ``retry-after`` and its relatives, in every spelling (FACTS E.2, F.1)."""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone
from typing import NamedTuple, TypeAlias

from understudy.mockserver.wire import Headers

Told: TypeAlias = "float | str | bool | None"
"""A number of seconds, or a text; None: not said."""

NONE = "none"
_LENGTH = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)(ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*", re.DOTALL)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LEAST, _MOST = 0.000_001, 1e12  # seconds, either way
_LATEST = 253_402_300_799  # the end of the year 9999


class Wait(NamedTuple):
    """What ``retry_after`` says: *seconds* (None: it does not say), and *date* where it is spelt as an
    HTTP date: ``+`` for *seconds* from now, else the date as it is sent."""

    seconds: float | None = None
    date: str = ""


def read_wait(told: Told) -> Wait:
    """Return what is *told*: a number, ``20s``, ``500ms``, ``date:+20s``, an HTTP date, or ``none``.

    Raises ValueError for anything else.
    """
    if told is None or told == NONE:
        return Wait()
    if isinstance(told, str) and _DATE.fullmatch(told):
        return Wait(None, told)
    dated = isinstance(told, str) and told.startswith("date:")
    seconds = _seconds(told[5:] if dated and isinstance(told, str) else told)
    if seconds is None or not _sendable(seconds):
        raise ValueError(
            f"retry_after is {told!r}, expected seconds (20, 0, -1), a length (500ms, 2m), a date from now "
            "(date:+20s), an HTTP date, or none; 1e-6 to 1e12 seconds; header.retry-after=… takes any text"
        )
    return Wait(seconds, "+" if dated else "")


def wait_headers(
    wait: Wait, retry_after_ms: Told, should_retry: Told, now: float, *, both: bool = False
) -> Headers:
    """Return the headers that say *wait*.

    *both*: as the API does it, whole seconds rounded up and the milliseconds beside them, for a positive
    number; *retry_after_ms* replaces the latter, ``none`` leaves it out, and the seconds are then sent as
    they are. *now* is in seconds since 1970, and dates count from there. Raises ValueError for milliseconds
    that are no number to be sent.
    """
    if isinstance(retry_after_ms, (int, float)) and not _sendable(retry_after_ms, 1_000):
        raise ValueError(
            f"retry_after_ms is {retry_after_ms!r}, expected milliseconds from 0.001 to 1e15, a text, or none"
        )
    pairs: list[tuple[str, str]] = []
    seconds = wait.seconds
    if wait.date:
        pairs.append(("retry-after", _dated(wait, now)))
    elif seconds is not None:
        if both and seconds > 0 and retry_after_ms is None:
            pairs.append(("retry-after", str(math.ceil(seconds))))
            pairs.append(("retry-after-ms", str(math.ceil(seconds * 1000))))
        else:
            pairs.append(("retry-after", number(seconds)))
    if retry_after_ms is not None and retry_after_ms != NONE:
        pairs.append(("retry-after-ms", _said(retry_after_ms)))
    if should_retry is not None and should_retry != NONE:
        pairs.append(("x-should-retry", _said(should_retry)))
    return tuple(pairs)


def http_date(moment: float) -> str:
    """Return *moment*, in seconds since 1970, as HTTP writes dates; years after 9999 become that."""
    at = datetime.fromtimestamp(min(max(math.ceil(moment), 0), _LATEST), timezone.utc)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]  # `strftime` would ask the locale
    return f"{day}, {at.day:02} {month} {at.year:04} {at.hour:02}:{at.minute:02}:{at.second:02} GMT"


def number(value: float) -> str:
    """Return *value* without needless digits, never in powers of ten."""
    return str(int(value)) if float(value).is_integer() else f"{value:.6f}".rstrip("0").rstrip(".")


def _sendable(wait: float, units: int = 1) -> bool:
    """Return whether *wait*, so many *units* to the second, is 0 or of a size that can be sent."""
    return wait == 0 or _LEAST * units <= abs(wait) <= _MOST * units


def _dated(wait: Wait, now: float) -> str:
    return wait.date if wait.seconds is None else http_date(now + wait.seconds)


def _said(told: Told) -> str:
    if isinstance(told, bool):
        return "true" if told else "false"
    return number(told) if isinstance(told, (int, float)) and math.isfinite(told) else str(told)


def _seconds(told: Told) -> float | None:
    if isinstance(told, bool) or told is None:
        return None
    if isinstance(told, (int, float)):
        return float(told) if abs(told) <= _MOST else math.inf  # an int may be too large for a float
    found = _LENGTH.fullmatch(told.strip())
    return None if found is None else float(found[1]) * _SECONDS[found[2] or "s"]
