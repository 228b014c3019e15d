"""The rules of replies: what each says, how bad its breach is under each profile, and the advice.

The tables themselves stand beside the code that applies them. A tier of None means that the
profile does not have the rule.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from understudy.contracts.violations import Tier, Violation

LONGEST_QUOTE = 120


class Rule(NamedTuple):
    """*message* may name ``{got}`` and the values that the code hands to ``breach``."""

    openai: Tier | None
    compatible: Tier | None
    message: str
    documented: str
    advice: str
    source: str

    def tier(self, profile: str) -> Tier | None:
        return self.openai if profile == "openai" else self.compatible


Rules = Mapping[str, Rule]


def breach(
    rules: Rules, rule: str, path: str, profile: str, got: Any = "", tier: Tier | None = None, **values: Any
) -> tuple[Violation, ...]:
    """Return the violation of *rule* at *path*; empty where *profile* does not have the rule.

    *tier* replaces a graver tier of the table.
    """
    says = rules[rule]
    grave = says.tier(profile)
    if grave is None:
        return ()
    quoted = got if isinstance(got, str) else quote(got)
    return (
        Violation(
            rule=rule,
            tier=min(grave, tier or grave, key=_GRAVITY.index),
            path=path,
            message=says.message.format(got=shorten(quoted), **values),
            source=says.source,
            got=shorten(quoted),
            documented=says.documented,
            advice=says.advice,
        ),
    )


_GRAVITY = ("info", "warning", "error")


def quote(value: Any) -> str:
    """Return *value* as short JSON text."""
    try:
        return shorten(json.dumps(value, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        return type(value).__name__


def shorten(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def members(value: Any) -> Mapping[str, Any]:
    """Return *value* where it is an object, else an empty one: for reading what may be anything."""
    return value if isinstance(value, Mapping) else {}


def objects(value: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the objects in the list *value*, each with its place; none where it is no list."""
    if not isinstance(value, list):
        return []
    return [(place, item) for place, item in enumerate(value) if isinstance(item, Mapping)]
