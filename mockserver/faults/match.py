"""Which requests a fault rule fits: by model, key, path, stream and all that scripts can ask."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from understudy.contracts.mistakes import nearest
from understudy.mockserver.errors import mask
from understudy.mockserver.faults.specs import as_text, write_pairs
from understudy.mockserver.faults.when import TIMES
from understudy.mockserver.scripts.conditions import Condition, conditions
from understudy.mockserver.scripts.facts import Facts
from understudy.mockserver.scripts.read_when import KEYS as ASKS
from understudy.mockserver.scripts.read_when import read_when as read_asks

SHORT = ("model", "key", "path", "stream", "contains", "header.NAME", "metadata.NAME")


class Asked(NamedTuple):
    """One request, as fault rules see it. *key* is the API key; *facts* is None where it is no chat
    request; *fingerprint* is what is counted as the same request."""

    path: str
    key: str
    fingerprint: bytes
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests a rule fits. *path*: a glob; empty: chat completions. *key*: an API key, a glob, or
    a key as the API masks it. *text* is what was asked, in order of its names and without secrets; with
    *key* it tells matches apart."""

    text: str = ""
    path: str = ""
    key: str = field(default="", repr=False)
    asks: tuple[Condition, ...] = field(default=(), compare=False, repr=False)

    def fits(self, asked: Asked) -> bool:
        facts = asked.facts
        if not self.path:
            if facts is None:
                return False
        elif not fnmatchcase(asked.path, self.path):
            return False
        if self.key and self.key not in (asked.key, mask(asked.key)) and not fnmatchcase(asked.key, self.key):
            return False
        if not self.asks:
            return True
        # plain loop: a generator for `all` costs more than most conditions
        for condition in self.asks:  # noqa: SIM110
            if facts is None or not condition.holds(facts):
                return False
        return True


def read_match(told: Mapping[str, Any]) -> Match:
    """Return the ``Match`` of *told*: the keys of a scenario's ``when``, ``key``, ``path``, and the short
    ``contains``, ``header.NAME`` and ``metadata.NAME``. Raises ValueError as ``read_when`` does."""
    said = {name: as_text(name, value) for name, value in told.items()}
    asks: dict[str, Any] = {}
    for name, value in said.items():
        group, dot, member = name.partition(".")
        if name == "contains":
            asks["any_message"] = {"contains": value}
        elif dot and member and group in ("header", "metadata"):
            named = asks.setdefault("headers" if group == "header" else group, {})
            named[member] = value
        elif name in ASKS:
            asks[name] = value
        elif name not in ("key", "path"):
            known = (*TIMES, *SHORT, *ASKS)
            raise ValueError(
                f"unknown key {name!r}{nearest(name, known)}; allowed: {', '.join(dict.fromkeys(known))}"
            )
    key, path = _text("key", said.get("key")), _text("path", said.get("path"))
    shown = dict(sorted(said.items()))
    if key:
        shown["key"] = mask(key)
    flat = all(value is None or isinstance(value, (str, int, float)) for value in shown.values())
    text = write_pairs(shown) if flat else json.dumps(shown, sort_keys=True, default=repr)
    return Match(text, path, key, conditions(read_asks(asks, _raise)))


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is {value!r}, expected a text that is not empty")
    return value


def _raise(key: str, error: ValueError) -> None:
    raise ValueError(f"{key}: {error}") from None
