"""What can be changed of an engine while it answers: rules, faults, limits, the seed, what it remembers.

Every change is made in one step, from any thread, and holds from the next request on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from understudy.mockserver.engine import Engine
from understudy.mockserver.journal import Journal
from understudy.mockserver.ledger import Ledger
from understudy.mockserver.settings import Settings

if TYPE_CHECKING:  # a server without rules, faults or limits need not load them
    from understudy.mockserver.faults.rules import FaultRule
    from understudy.mockserver.limits.limit import Limit
    from understudy.mockserver.scripts.rule import Rule
    from understudy.mockserver.scripts.scripts import Scripts

Part: TypeAlias = Literal[
    "rules", "faults", "limits", "seed", "journal", "ledger", "stored", "counters", "prompt_cache"
]
PARTS: tuple[Part, ...] = get_args(Part)
"""``counters``: attempts, positions of rules and recordings, counts of faults, levels of limits."""


class Controls:
    """The controls of *engine*. Make them before anything is changed: ``reset`` goes back to that."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._first = engine.settings
        self._lock = Lock()

    @property
    def settings(self) -> Settings:
        return self.engine.settings

    @property
    def journal(self) -> Journal:
        return self.engine.journal

    @property
    def ledger(self) -> Ledger:
        return self.engine.ledger

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of scripts, in order."""
        scripts = self._scripts
        return () if scripts is None else scripts.rules

    @property
    def numbered(self) -> Mapping[int, Rule]:
        """The rules by their numbers, which they keep when others come or go."""
        scripts = self._scripts
        return {} if scripts is None else scripts.numbered

    def add_rules(self, rules: Sequence[Rule]) -> None:
        """Define *rules* behind those there are."""
        with self._lock:
            self._opened().add(*rules)

    def replace_rule(self, old: Rule, new: Rule) -> None:
        """Put *new* in the place of *old*, and let it go on there; ValueError where there is no *old*."""
        with self._lock:
            self._opened().replace(old, new)

    def remove_rules(self, rules: Sequence[Rule]) -> None:
        """Remove these very *rules*, in one step; the others go on where they were."""
        with self._lock:
            self._opened().remove(*rules)

    @property
    def faults(self) -> tuple[FaultRule, ...]:
        """The fault rules, in order."""
        return self.settings.faults

    def set_faults(self, rules: Sequence[FaultRule]) -> None:
        """Let *rules* be all there are. What was counted of those that stay is kept."""
        self._disturb(faults=tuple(rules))

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The limits, in order."""
        return self.settings.limits

    def set_limits(self, limits: Sequence[Limit]) -> None:
        """Let *limits* be all there are. Of one whose numbers alone are changed, what was used stays used."""
        self._disturb(limits=tuple(limits))

    @property
    def seed(self) -> int:
        return self.settings.seed

    def set_seed(self, seed: int) -> None:
        with self._lock:
            scripts = self._scripts
            if scripts is not None:
                scripts.reseed(seed)
            self.engine.arrange(replace(self.settings, seed=seed), scripts)

    def reset(self, parts: Sequence[Part] = PARTS) -> None:
        """Put *parts* back to how they were at first. Numbers of requests go on. KeyError for no part."""
        resets: Mapping[Part, Callable[[], None]] = {
            "rules": self._restore_rules,
            "faults": lambda: self.set_faults(self._first.faults),
            "limits": lambda: self.set_limits(self._first.limits),
            "seed": lambda: self.set_seed(self._first.seed),
            "journal": self.journal.clear,
            "ledger": self.ledger.clear,
            "stored": self.engine.stored.clear,
            "counters": self._recount,
            "prompt_cache": self.engine.state.forget_prompts,
        }
        for part in parts:
            resets[part]()

    @property
    def _scripts(self) -> Scripts | None:
        # what a scenario or the owner of a test gave; no other source of rules is ever handed to an engine
        return cast("Scripts | None", self.engine.scripts)

    def _opened(self) -> Scripts:
        """Return the scripts; of an engine without, new ones."""
        scripts = self._scripts
        if scripts is None:
            from understudy.mockserver.scripts.scripts import Scripts  # here: it takes templates with it

            scripts = Scripts((), self.seed)
            self.engine.arrange(self.settings, scripts)
        return scripts

    def _disturb(self, **changes: Any) -> None:
        with self._lock:
            self.engine.disturb(replace(self.settings, **changes))

    def _restore_rules(self) -> None:
        with self._lock:
            scripts = self._scripts
            if scripts is not None:
                scripts.restore()

    def _recount(self) -> None:
        self.engine.state.recount()
        self.engine.state.refill()
        with self._lock:
            self.engine.begin()
