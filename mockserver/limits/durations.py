"""Durations as Go and the API write them (FACTS E.2): ``2ms``, ``8.64s``, ``6m0s``, ``1h2m3.4s``."""

from __future__ import annotations


def go_duration(milliseconds: int) -> str:
    """Return *milliseconds* (0 or more) as text."""
    if milliseconds < 1_000:
        return f"{milliseconds}ms" if milliseconds else "0s"
    minutes, rest = divmod(milliseconds, 60_000)
    seconds, fraction = divmod(rest, 1_000)
    text = f"{seconds}.{fraction:03d}".rstrip("0") if fraction else f"{seconds}"
    if not minutes:
        return f"{text}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{text}s" if hours else f"{minutes}m{text}s"


def reset_duration(microseconds: int) -> str:
    """Return what an ``x-ratelimit-reset-*`` header says of *microseconds* until a bucket is full.

    Rounded up, so that who waits finds it full; but below a millisecond it is ``0s``, as recorded.
    """
    return go_duration(-(microseconds // -1_000)) if microseconds >= 1_000 else "0s"
