"""A limit from JSON, as scenario files and the admin API state it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.limits.tiers import limits_of_tier


def read_limit(document: Mapping[str, Any], profile: Profile | None) -> tuple[Limit, ...]:
    """Return the limits that *document* states: one, or those of a tier of *profile* (None: of any).

    It has the form ``$defs/limit`` in ``scenario.schema.json``; ValueError for what cannot be all the same.
    """
    tier = document.get("tier")
    if tier is None:
        values = {key: _whole(value) for key, value in document.items()}
        if "scope" in values:
            values["scope"] = tuple(values["scope"])
        return (Limit(**values),)
    if len(document) > 1:
        others = ", ".join(key for key in document if key != "tier")
        raise ValueError(f"a tier brings its own numbers; leave out {others}, or state it as another limit")
    return limits_of_tier(tier, profile)


def _whole(value: Any) -> Any:
    """Return *value*, but 60 for 60.0: to JSON Schema both are integers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
