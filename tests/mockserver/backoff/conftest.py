"""Exchanges that never were, for calls to be found in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from understudy.mockserver.backoff.advice import Advice
from understudy.mockserver.backoff.exchanges import Exchange


@pytest.fixture(scope="session")
def row() -> Callable[..., Exchange]:
    """Return a function: an exchange at *at* that took a tenth of a second; *advised* is in seconds."""
    numbers = iter(range(10_000_000))

    def made(at: float, status: int = 429, *, advised: float | None = None, **known: Any) -> Exchange:
        advice = None if advised is None else Advice(advised, "retry-after")
        facts: dict[str, Any] = {
            "fingerprint": "f",
            "ended": at + 0.1,
            "advice": advice,
            "number": next(numbers),
        }
        return Exchange(at=at, status=status, **{**facts, **known})

    return made
