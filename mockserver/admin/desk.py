"""The desk at which an engine is administered: its controls, the gate, and what there is around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import Any

from understudy.mockserver.admin.access import Access
from understudy.mockserver.admin.clockface import Clockface
from understudy.mockserver.admin.namespaces import Namespaces
from understudy.mockserver.controls import Controls


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the engine of *controls* is administered. *access* None: whoever asks may, as in a
    process of one's own.

    *lock* is held while something is changed; *numbers* tells what was added here apart, so that it
    starts to count anew.
    """

    controls: Controls
    access: Access | None = field(default_factory=Access)
    clock: Clockface | None = None
    spaces: Namespaces[Any] | None = None
    name: str = "default"
    lock: Lock = field(default_factory=Lock)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def place(self) -> str:
        """Return where what comes now was written, as messages and counters tell it: ``admin-3``."""
        return f"admin-{next(self.numbers)}"
