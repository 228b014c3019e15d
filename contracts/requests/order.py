"""From what was found to violations, in the order in which the API would find them (FACTS A.7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from understudy.contracts.requests.findings import RULES, Finding, Rule
from understudy.contracts.requests.shape import Misfit, Parts
from understudy.contracts.requests.words import clipped, place
from understudy.contracts.violations import Violation

# stage, field, rank in the field, place: the API's order
_Key: TypeAlias = tuple[int, str, int, tuple[tuple[int, str], ...]]

_MODEL, _MESSAGES, _UNKNOWN, _FIELDS = range(4)
_EARLY, _SHAPE, _RULES = range(3)
_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)


def in_order(shape: Iterable[Misfit], findings: Iterable[Finding], document: object) -> tuple[Violation, ...]:
    """Return both kinds of fault as violations, first what the API would answer with."""
    keyed = [*map(_of_misfit, shape), *(_of_finding(finding, document) for finding in findings)]
    return tuple(violation for _, violation in sorted(keyed, key=lambda pair: pair[0]))


def parts_of(param: str) -> Parts:
    """Return the steps of a place, in either of the API's two styles (``messages.[1].role``)."""
    return tuple(int(index) if index else name for index, name in _PART.findall(param))


def _of_misfit(misfit: Misfit) -> tuple[_Key, Violation]:
    rule, parts = RULES[misfit.rule], misfit.parts
    param = place(parts) if parts and misfit.at_param else None
    return _key(rule, parts, _SHAPE), Violation(
        rule=rule.id,
        tier=rule.tier,
        path=_path(parts),
        message=misfit.message,
        source=rule.source,
        got=misfit.got,
        advice=rule.advice,
        param=param,
        code=rule.code,
    )


def _of_finding(finding: Finding, document: object) -> tuple[_Key, Violation]:
    rule, parts = RULES[finding.rule], parts_of(finding.param)
    return _key(rule, parts, _EARLY if rule.early else _RULES), Violation(
        rule=rule.id,
        tier=rule.tier,
        path=_path(parts),
        message=finding.message,
        source=rule.source,
        got=_got(document, parts),
        advice=rule.advice,
        param=finding.param,
        code=finding.code or rule.code,
    )


def _key(rule: Rule, parts: Parts, rank: int) -> _Key:
    field = str(parts[0]) if parts else ""
    # numbers by size, names by letter; never compared with one another in one document
    steps = tuple((part, "") if isinstance(part, int) else (0, part) for part in parts[1:])
    return _stage(rule, parts), field, rank, steps


def _stage(rule: Rule, parts: Parts) -> int:
    if rule.id in ("not_an_object", "missing_model") or parts == ("model",):
        return _MODEL
    if rule.id == "missing_required_parameter" and parts == ("messages",):
        return _MESSAGES
    unknown = rule.id in ("unknown_parameter", "model_unknown_parameter")
    return _UNKNOWN if unknown and len(parts) == 1 else _FIELDS


def _path(parts: Parts) -> str:
    return "$" + "".join(map(_step, parts))


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _NAME.match(part) else f"[{part!r}]"


def _got(document: Any, parts: Parts) -> str:
    for value in _along(document, parts):
        document = value
    return clipped(document)


def _along(document: Any, parts: Parts) -> Iterator[Any]:
    for part in parts:
        if isinstance(part, str) and not (isinstance(document, dict) and part in document):
            return
        document = document[part]
        yield document
