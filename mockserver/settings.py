"""What a user can choose, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from understudy.contracts.documents import PROFILES

Unmatched: TypeAlias = Literal["generate", "fail"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How the server behaves. Raises ValueError for a value that cannot be.

    *api_keys* and *models* empty: any non-empty key, any model. *body_limit* and *journal_bytes* are
    bytes, *journal_entries* entries, *depth_limit* levels of nested JSON.
    """

    seed: int = 0
    profile: str = "openai"
    api_keys: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    on_unmatched: Unmatched = "generate"
    body_limit: int = 32 * 1024 * 1024
    depth_limit: int = 128
    journal_entries: int = 1_000
    journal_bytes: int = 32 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"no profile {self.profile!r}; there are: {', '.join(PROFILES)}")
        if self.on_unmatched not in ("generate", "fail"):
            raise ValueError(f"on_unmatched is 'generate' or 'fail', not {self.on_unmatched!r}")
        if "" in self.api_keys:
            raise ValueError("an API key is empty; leave api_keys out to take any key")
        for name in ("body_limit", "depth_limit", "journal_entries", "journal_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, expected 1 or more")
