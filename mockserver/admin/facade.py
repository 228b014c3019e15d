"""What the admin API asks of an engine, and of the server around it. Protocols; nothing is done here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, get_args

from understudy.mockserver.journal import Journal
from understudy.mockserver.ledger import Ledger
from understudy.mockserver.settings import Settings

if TYPE_CHECKING:  # a server without rules, faults or limits need not load them
    from understudy.mockserver.faults.rules import FaultRule
    from understudy.mockserver.limits.limit import Limit
    from understudy.mockserver.scripts.rule import Rule

Part: TypeAlias = Literal[
    "rules", "faults", "limits", "seed", "journal", "ledger", "stored", "counters", "prompt_cache"
]
PARTS: tuple[Part, ...] = get_args(Part)
"""``counters``: attempts, positions of rules and recordings, counts of faults, levels of limits."""


class Administered(Protocol):
    """An engine that can be told things while it answers. Every method is safe from any thread, and what
    it changes holds from the next request on."""

    @property
    def settings(self) -> Settings: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of scripts, in order."""

    def add_rules(self, rules: Sequence[Rule]) -> None:
        """Define *rules* behind those there are."""

    def replace_rule(self, old: Rule, new: Rule) -> None:
        """Put *new* in the place of *old*; ValueError where there is no *old*."""

    def remove_rules(self, rules: Sequence[Rule]) -> None:
        """Remove these very *rules*, in one step; the positions of the others stay as they are."""

    @property
    def faults(self) -> tuple[FaultRule, ...]:
        """The fault rules, in order."""

    def set_faults(self, rules: Sequence[FaultRule]) -> None:
        """Let *rules* be all there are. What was counted of those that stay is kept."""

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The limits, in order."""

    def set_limits(self, limits: Sequence[Limit]) -> None:
        """Let *limits* be all there are."""

    @property
    def seed(self) -> int: ...

    def set_seed(self, seed: int) -> None: ...

    def reset(self, parts: Sequence[Part]) -> None:
        """Put *parts* back to how they were when the engine was made. Numbers of requests go on."""


class Spaces(Protocol):
    """The namespaces of the server."""

    @property
    def most(self) -> int: ...

    @property
    def dropped(self) -> int: ...

    def names(self) -> tuple[str, ...]: ...

    def remove(self, name: str) -> bool: ...
