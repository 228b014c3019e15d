"""Model families: what a model takes, and how its replies differ. The facts are in ``families.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, TypeAlias, TypeVar

_COMPLETION_DETAILS = (
    "reasoning_tokens",
    "audio_tokens",
    "accepted_prediction_tokens",
    "rejected_prediction_tokens",
)


@dataclass(frozen=True, slots=True)
class Family:
    """Models that behave alike (FACTS A.9, C.1, C.3). The defaults are those of an unknown model: permissive.

    *sends_logprobs*: choices carry the key, null where not asked. *fingerprint*: ``fp_`` and ten hex
    digits, else null, or "" where *fingerprint_blank*. *uuid_ids*: ``chatcmpl-`` and a UUID. *service_tier*:
    replies carry the key. *prompt_details* and *completion_details*: the keys of the two detail objects of
    usage, in order. *prompt_overhead*: tokens added once a prompt. *forced_finish*: what a forced named
    function ends with. The rest is what a request may hold: *refused* always,
    *refused_reasoning* and *fixed* (only this value) while the model reasons, *unknown* as if there
    were no such parameter.

    *context*, *input* and *output* are tokens, None where not known: of both directions, of the prompt
    where it has a bound of its own, of the completion. *counts_completion*: the tokens asked for count
    against the context. *retired*: the API serves it no more. *chats*: false for models of other endpoints.
    """

    name: str = "other"
    known: bool = True
    encoding: str = "o200k_base"
    reasoning: bool = False
    sends_logprobs: bool = True
    fingerprint: bool = True
    fingerprint_blank: bool = False
    uuid_ids: bool = False
    service_tier: bool = True
    prompt_details: tuple[str, ...] = ("cached_tokens", "audio_tokens")
    completion_details: tuple[str, ...] = _COMPLETION_DETAILS
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
    context: int | None = None
    input: int | None = None
    output: int | None = None
    counts_completion: bool = False
    retired: bool = False
    chats: bool = True


_OTHER = Family(known=False)
_NO_LIMITS: Mapping[str, Any] = {}
_T = TypeVar("_T")
_Table: TypeAlias = tuple[tuple[tuple[str, ...], _T], ...]  # patterns of model names, and what they stand for
_LONGEST = 256  # characters of a name that may be known
_TUPLES = ("efforts", "prompt_details", "completion_details")
_SETS = ("refused", "refused_reasoning", "refused_roles", "unknown")


def family_of(model: str) -> Family:
    """Return the first family with a pattern for *model*; a fine-tuned model is of its base's family."""
    return _remembered(model) if len(model) <= _LONGEST else _OTHER


@lru_cache(maxsize=1024)
def _remembered(model: str) -> Family:
    base = model.split(":")[1] if model.startswith("ft:") else model
    family = _first(_families(), base, _OTHER)
    own = _first(_limits(), base, _NO_LIMITS)
    return replace(family, **own) if own else family


def snapshot_of(model: str) -> str:
    """Return the dated name the API answers with, or *model* where it has none (newest recording wins)."""
    snapshots: Mapping[str, str] = _data()["snapshots"]
    return snapshots.get(model, model)


def _first(table: _Table[_T], model: str, otherwise: _T) -> _T:
    fitting = (value for patterns, value in table if any(fnmatchcase(model, p) for p in patterns))
    return next(fitting, otherwise)


@cache
def _families() -> _Table[Family]:
    return tuple((tuple(entry["models"]), _family(entry)) for entry in _data()["families"])


def _family(entry: Mapping[str, Any]) -> Family:
    values = {key: value for key, value in entry.items() if key != "models"}
    values.update({key: frozenset(values[key]) for key in _SETS if key in values})
    values.update({key: tuple(values[key]) for key in _TUPLES if key in values})
    return Family(**values)


@cache
def _limits() -> _Table[Mapping[str, Any]]:
    rows = _data()["limits"]
    return tuple(
        (tuple(row["models"]), {key: row[key] for key in row.keys() - {"models", "source"}}) for row in rows
    )


@cache
def _data() -> Mapping[str, Any]:
    text = files("understudy.contracts").joinpath("families.json").read_text("utf-8")
    document: Mapping[str, Any] = json.loads(text)
    return document
