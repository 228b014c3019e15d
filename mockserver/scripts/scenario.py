"""Scenario files: YAML or JSON text to rules, faults and limits, in the form of ``scenario.schema.json``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import jsonschema_rs

from understudy.contracts.marked import Marked, read_marked
from understudy.contracts.mistakes import mistakes
from understudy.mockserver.scripts.answer import Answering
from understudy.mockserver.scripts.read_answer import read_answer, read_fail
from understudy.mockserver.scripts.read_when import read_when
from understudy.mockserver.scripts.rule import Rule
from understudy.mockserver.scripts.templates import TemplateError

if TYPE_CHECKING:
    from understudy.contracts.profiles.profile import Profile
    from understudy.mockserver.faults.rules import FaultRule
    from understudy.mockserver.limits.limit import Limit

_ANSWERS = ("reply", "replies", "fail")
_MOST_TOLD = 20
_Path = tuple["str | int", ...]
_T = TypeVar("_T")


class Scenario(NamedTuple):
    """What a scenario file says: which answers are given, what goes wrong on purpose, what is limited."""

    rules: tuple[Rule, ...]
    faults: tuple[FaultRule, ...]
    limits: tuple[Limit, ...]


def read_scenario(text: str | bytes, where: str) -> tuple[Rule, ...]:
    """Return the rules of the scenario in *text*, as ``read_whole`` does."""
    return read_whole(text, where).rules


def read_whole(text: str | bytes, where: str, profile: Profile | None = None) -> Scenario:
    """Return the scenario in *text* (bytes: in UTF-8), read from *where*, for *profile* (None: any).

    Raises ValueError with all that is wrong, a line each: ``file:line: path: reason``.
    """
    marked = read_marked(_decoded(text, where) if isinstance(text, bytes) else text, where)
    told: list[str] = [] if _fits(marked.value) else list(mistakes(marked, schema()))
    reader = _Reader(marked)
    whole = [
        reader.rule(document, ("rules", number))
        for number, document in enumerate(_listed(marked.value, "rules"))
        if not told or _rule_fits(document)
    ]
    faults = reader.faults(() if told else _listed(marked.value, "faults"))
    limits = reader.limits(() if told else _listed(marked.value, "limits"), profile)
    if told or reader.told:
        several = sorted(dict.fromkeys((*told, *reader.told)), key=lambda line: _line(line, where))
        raise ValueError("\n".join(several[:_MOST_TOLD]))
    return Scenario(tuple(rule for rule in whole if rule is not None), faults, limits)


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of scenario files, with which editors complete and check them."""
    document: Mapping[str, Any] = json.loads(schema_text())
    return document


def schema_text() -> str:
    """Return the JSON Schema of scenario files as it is published."""
    return (files("understudy.mockserver.scripts") / "scenario.schema.json").read_text("utf-8")


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{where}:{line}: the byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        ) from None


class _Reader:
    """Rules from a file that fits the schema, and what is wrong with them all the same."""

    def __init__(self, marked: Marked) -> None:
        self.told: list[str] = []
        self._marked = marked

    def rule(self, document: Mapping[str, Any], path: _Path) -> Rule | None:
        """Return the rule at *path*, None where something is wrong with it (and told)."""
        before = len(self.told)
        when = read_when(
            document.get("when", {}), lambda key, error: self._tell((*path, "when", key), str(error))
        )
        answers = self._answers(document, path)
        if len(self.told) > before:
            return None
        return Rule(
            when=when,
            answers=answers,
            times=document.get("times"),
            priority=document.get("priority", 0),
            name=document.get("name", ""),
            place=self._place(path),
            then=document.get("then", "repeat"),
        )

    def faults(self, documents: Sequence[Any]) -> tuple[FaultRule, ...]:
        """Return the faults, without those something is wrong with (and told)."""
        if not documents:
            return ()
        # here: few scenarios have faults, and the catalogue is large
        from understudy.mockserver.faults.rules import read_fault

        return self._each("faults", documents, lambda one, path: (read_fault(one, self._place(path)),))

    def limits(self, documents: Sequence[Any], profile: Profile | None) -> tuple[Limit, ...]:
        """Return the limits, without those something is wrong with (and told)."""
        if not documents:
            return ()
        from understudy.mockserver.limits.reading import read_limit  # here: few scenarios have limits

        return self._each("limits", documents, lambda one, _: read_limit(one, profile))

    def _each(
        self, part: str, documents: Sequence[Any], read: Callable[[Any, _Path], tuple[_T, ...]]
    ) -> tuple[_T, ...]:
        found: list[_T] = []
        for number, document in enumerate(documents):
            try:
                found += read(document, (part, number))
            except ValueError as error:
                self._tell((part, number), str(error))
        return tuple(found)

    def _answers(self, document: Mapping[str, Any], path: _Path) -> tuple[Answering, ...]:
        given = [name for name in _ANSWERS if name in document]
        if len(given) != 1:
            came = " and ".join(given) or "none of them"
            self._tell(path, f"a rule has one of {', '.join(_ANSWERS)}; this one has {came}")
            return ()
        name = given[0]
        if name == "fail":
            return (read_fail(document["fail"]),)
        if name == "reply":
            several = [(document["reply"], (*path, "reply"))]
        else:
            several = [(one, (*path, "replies", number)) for number, one in enumerate(document["replies"])]
        found = [self._answer(one, place) for one, place in several]
        return tuple(answer for answer in found if answer is not None)

    def _answer(self, document: Any, path: _Path) -> Answering | None:
        def place(inside: Sequence[str | int]) -> str:
            return self._place((*path, *inside))

        try:
            return read_answer(document, place)
        except TemplateError as error:
            self.told.append(str(error))  # it says itself where it stands
        except ValueError as error:
            self._tell(path, str(error))
        return None

    def _place(self, path: _Path) -> str:
        return f"{self._marked.where}:{self._marked.line_of(path)}"

    def _tell(self, path: _Path, reason: str) -> None:
        self.told.append(self._marked.mistake(path, reason))


@cache
def _validators() -> tuple[Any, Any]:
    """Return what says quickly whether a whole file fits, and whether one rule does."""
    whole = dict(schema())
    rule = {"$ref": "#/$defs/rule", "$defs": whole["$defs"]}
    return jsonschema_rs.Draft202012Validator(whole), jsonschema_rs.Draft202012Validator(rule)


def _fits(document: Any) -> bool:
    return bool(_validators()[0].is_valid(document))


def _rule_fits(document: Any) -> bool:
    return bool(_validators()[1].is_valid(document))


def _listed(document: Any, key: str) -> Sequence[Any]:
    found = document.get(key) if isinstance(document, dict) else None
    return found if isinstance(found, list) else ()


def _line(told: str, where: str) -> int:
    number = told.removeprefix(f"{where}:").partition(":")[0]
    return int(number) if number.isdigit() else 0
