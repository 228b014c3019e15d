"""Model families: what a model takes, and how its replies differ. The facts are in ``families.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Family:
    """Models that behave alike (FACTS A.9, C.1, C.3). The defaults are those of an unknown model: permissive.

    *sends_logprobs*: choices carry the key, null where not asked. *fingerprint*: ``fp_`` and ten hex
    digits, else null. *prompt_overhead*: tokens added once a prompt. *forced_finish*: what a forced
    named function ends with. The rest is what a request may hold: *refused* always,
    *refused_reasoning* and *fixed* (only this value) while the model reasons, *unknown* as if there
    were no such parameter.
    """

    name: str = "other"
    known: bool = True
    encoding: str = "o200k_base"
    reasoning: bool = False
    sends_logprobs: bool = True
    fingerprint: bool = True
    prompt_overhead: int = 3
    forced_finish: str = "stop"
    audio: bool = False
    web_search: bool = False
    json_schema: bool = True
    only_24h_caching: bool = False
    default_effort: str = "none"
    efforts: tuple[str, ...] = ()
    refused: frozenset[str] = frozenset()
    refused_reasoning: frozenset[str] = frozenset()
    refused_roles: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    fixed: Mapping[str, int] = field(default_factory=dict, hash=False)
    max_n: int = 128
    max_top_logprobs: int = 20


_OTHER = Family(known=False)
_SETS = ("refused", "refused_reasoning", "refused_roles", "unknown")


@lru_cache(maxsize=1024)
def family_of(model: str) -> Family:
    """Return the first family with a pattern for *model*; a fine-tuned model is of its base's family."""
    base = model.split(":")[1] if model.startswith("ft:") else model
    for patterns, family in _families():
        if any(fnmatchcase(base, pattern) for pattern in patterns):
            return family
    return _OTHER


def snapshot_of(model: str) -> str:
    """Return the dated name the API answers with, or *model* where it has none (newest recording wins)."""
    snapshots: Mapping[str, str] = _data()["snapshots"]
    return snapshots.get(model, model)


@cache
def _families() -> tuple[tuple[tuple[str, ...], Family], ...]:
    return tuple((tuple(entry["models"]), _family(entry)) for entry in _data()["families"])


def _family(entry: Mapping[str, Any]) -> Family:
    values = {key: value for key, value in entry.items() if key != "models"}
    values.update({key: frozenset(values[key]) for key in _SETS if key in values})
    return Family(**{**values, "efforts": tuple(values.get("efforts", ()))})


@cache
def _data() -> Mapping[str, Any]:
    text = files("understudy.contracts").joinpath("families.json").read_text("utf-8")
    document: Mapping[str, Any] = json.loads(text)
    return document
