"""Values of ours as JSON values, to be looked at: what is not set is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from understudy.mockserver.admin.problems import shortened

_LONGEST = 4_000  # characters of one text
_MOST = 200  # members of one list or object
_DEEPEST = 12


def plain(value: Any, depth: int = 0) -> Any:
    """Return *value* as JSON values, cut where it is long or deep. Callables are told by their name."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return shortened(value, _LONGEST)
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {str(key): plain(one, depth + 1) for key, one in list(value.items())[:_MOST]}
    if isinstance(value, (list, tuple)):
        return [plain(one, depth + 1) for one in value[:_MOST]]
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(one, depth + 1) for name, one in _chosen(value).items()}
    if callable(value):
        name = getattr(value, "__qualname__", type(value).__name__)
        return f"<callable {shortened(name)}>"
    return shortened(str(value), _LONGEST)


def _chosen(value: Any) -> dict[str, Any]:
    """Return the public fields of a dataclass that are not as they are by default."""
    chosen = {}
    for one in fields(value):
        if one.name.startswith("_") or not one.init:
            continue
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        found = getattr(value, one.name)
        if default is MISSING or (found is not default and found != default):
            chosen[one.name] = found
    return chosen
