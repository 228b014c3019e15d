"""The server's clock, as the admin API shows and moves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Clockface:
    """*now* gives seconds since 1970, *advance* lets seconds pass; None where time cannot be hurried.
    *factor*: how many of its seconds pass in one real one."""

    kind: Literal["real", "scaled", "virtual"]
    now: Callable[[], float]
    factor: float = 1.0
    advance: Callable[[float], None] | None = None
