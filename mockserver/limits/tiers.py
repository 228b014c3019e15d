"""The limits of usage tiers. The numbers are in ``tiers.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from understudy.mockserver.limits.limit import Limit

TIERS = ("free", "tier1", "tier2", "tier3", "tier4", "tier5")
_COLUMNS = ("requests_per_minute", "tokens_per_minute", "requests_per_day")


@cache
def limits_of_tier(tier: str) -> tuple[Limit, ...]:
    """Return the limits of *tier*; models it does not name have none. Raises ValueError for no tier."""
    if tier not in TIERS:
        raise ValueError(f"no tier {tier!r}; there are: {', '.join(TIERS)}")
    found: list[Limit] = []
    for row in _rows():
        counts = row["tiers"].get(tier)
        if counts is not None:
            fields = dict(zip(_COLUMNS, counts, strict=False))  # the rest of the row: none
            found += [Limit(model=model, group=f"tier {tier}", **fields) for model in row["models"]]
    return tuple(found)


def _rows() -> Sequence[Mapping[str, Any]]:
    text = (files("understudy.mockserver.limits") / "tiers.json").read_text("utf-8")
    rows: Sequence[Mapping[str, Any]] = json.loads(text)["rows"]
    return rows
