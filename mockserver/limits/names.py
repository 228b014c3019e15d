"""What the buckets of limits are called: equal names are one bucket, whatever else is limited beside it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from understudy.contracts import snapshot_of
from understudy.mockserver.limits.limit import FIELDS, Limit

Begun: TypeAlias = Mapping[str, bytes]
"""How the names of a limit's buckets begin, by field."""


def numbered(limits: Iterable[Limit]) -> Iterator[tuple[Limit, Begun]]:
    """Yield each of *limits* with how its names begin: what is counted, and the number among those that
    count the same with the same model, scope and group."""
    seen: Counter[tuple[object, ...]] = Counter()
    for limit in limits:
        begun = {}
        for field in FIELDS:
            if getattr(limit, field) is not None:
                same = (field, limit.model, frozenset(limit.scope), limit.group)
                begun[field] = b"%b %d " % (field.encode("ascii"), seen[same])
                seen[same] += 1
        yield limit, begun


def ending(limit: Limit, key: str, model: str) -> bytes:
    """Return how the names of *limit* end for a request with this *key* and *model*: no secret, and as short
    for long names. How much may be asked has no part in it."""
    owner = (key if "key" in limit.scope else "", snapshot_of(model) if "model" in limit.scope else "")
    text = repr((limit.model, sorted(set(limit.scope)), limit.group, owner))
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()
