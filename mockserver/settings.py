"""What a user can choose, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from understudy.contracts.profiles.loading import profile
from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.generation.styles import Style, checked

if TYPE_CHECKING:  # most servers have none of these
    from understudy.mockserver.faults.rules import FaultRule
    from understudy.mockserver.limits.limit import Limit
    from understudy.mockserver.pacing.pace import Pace

Unmatched: TypeAlias = Literal["generate", "fail"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How the server behaves. Raises ValueError for a value that cannot be.

    *profile* is a built-in one by name, or one that was read. *api_keys* and *models* empty: any
    non-empty key, any model. *lenient*: a request that breaks the contract is answered all the same.
    *style*: what generated text is like. *credit*: USD that each key may spend. *faults* say what goes
    wrong on purpose, *fault_header* whether a request may ask for one itself; *limits* and *pace* are what
    they are called. *recorded_pace*: recordings are replayed so many times as fast as they came; None: at
    once. *body_limit*, *journal_bytes* and *stored_bytes* are bytes, *journal_entries* and
    *stored_entries* entries, *depth_limit* levels of nested JSON.
    """

    seed: int = 0
    profile: str | Profile = "openai"
    api_keys: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    on_unmatched: Unmatched = "generate"
    lenient: bool = False
    style: Style = "faker"
    credit: Decimal | None = None
    faults: tuple[FaultRule, ...] = ()
    fault_header: bool = False
    limits: tuple[Limit, ...] = ()
    pace: Pace | None = None
    recorded_pace: float | None = None
    body_limit: int = 32 * 1024 * 1024
    depth_limit: int = 128
    journal_entries: int = 1_000
    journal_bytes: int = 32 * 1024 * 1024
    stored_entries: int = 1_000
    stored_bytes: int = 32 * 1024 * 1024

    def __post_init__(self) -> None:
        _ = self.api  # raises where there is none of this name
        if self.on_unmatched not in ("generate", "fail"):
            raise ValueError(f"on_unmatched is 'generate' or 'fail', not {self.on_unmatched!r}")
        if "" in self.api_keys:
            raise ValueError("an API key is empty; leave api_keys out to take any key")
        checked(self.style)
        if self.credit is not None and not (self.credit.is_finite() and self.credit >= 0):
            raise ValueError(f"credit is {self.credit} USD, expected 0 or more")
        if self.credit and not any(model.prices for model in self.api.models):
            raise ValueError(
                f"credit: the profile {self.api.name} documents no prices, so nothing would ever be spent; "
                "extend it by a profile file with prices"
            )
        if self.recorded_pace is not None and not 0 < self.recorded_pace < float("inf"):
            raise ValueError(f"recorded_pace is {self.recorded_pace:g}, expected a factor above 0")
        for name in _LIMITS:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, expected 1 or more")

    @property
    def disturbed(self) -> bool:
        """Whether anything goes wrong, is limited, or takes its time on purpose."""
        asked = (self.faults, self.fault_header, self.limits, self.pace, self.recorded_pace)
        return any(one not in ((), False, None) for one in asked)

    @property
    def api(self) -> Profile:
        """The profile itself. Raises ValueError where there is none of that name."""
        return profile(self.profile) if isinstance(self.profile, str) else self.profile


_LIMITS = (
    "body_limit",
    "depth_limit",
    "journal_entries",
    "journal_bytes",
    "stored_entries",
    "stored_bytes",
)
