"""The limits of usage tiers. The numbers are in ``tiers.json``, and whose they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from understudy.contracts.mistakes import nearest
from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.limits.limit import Limit

TIERS = ("free", "tier1", "tier2", "tier3", "tier4", "tier5")
_COLUMNS = ("requests_per_minute", "tokens_per_minute", "requests_per_day")


def limits_of_tier(tier: str, profile: Profile | None = None) -> tuple[Limit, ...]:
    """Return the limits of *tier*; models it does not name have none.

    Raises ValueError for no tier, and for a *profile* of an API that has none (None: not asked).
    """
    if tier not in TIERS:
        raise ValueError(f"no tier {tier!r}{nearest(tier, TIERS)}; there are: {', '.join(TIERS)}")
    address = _table()["base_url"]
    if profile is not None and profile.base_url != address:
        raise ValueError(
            f"no tier {tier!r}: tiers are those of {address}, and the profile {profile.name} is of "
            f"{profile.base_url or 'no address'}; state numbers instead"
        )
    return _limits(tier)


@cache
def _limits(tier: str) -> tuple[Limit, ...]:
    found: list[Limit] = []
    for row in _table()["rows"]:
        counts = row["tiers"].get(tier)
        if counts is not None:
            fields = dict(zip(_COLUMNS, counts, strict=False))  # the rest of the row: none
            found += [Limit(model=model, group=f"tier {tier}", **fields) for model in row["models"]]
    return tuple(found)


@cache
def _table() -> Mapping[str, Any]:
    text = (files("understudy.mockserver.limits") / "tiers.json").read_text("utf-8")
    table: Mapping[str, Any] = json.loads(text)
    return table
