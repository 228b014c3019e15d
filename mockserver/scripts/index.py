"""Which rules may fit a request, found by what they ask for and not one by one (HOUSE 11.4).

Each rule is filed under the rarest thing it asks for: values that must be equal, a text that must be
contained, a name that must be there. Only rules filed under what a request has are held against it, and
those that ask for nothing that can be looked up.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from understudy.mockserver.scripts.conditions import Condition, conditions, is_glob
from understudy.mockserver.scripts.facts import Facts
from understudy.mockserver.scripts.grams import Grams
from understudy.mockserver.scripts.literals import folded_literal, literal
from understudy.mockserver.scripts.paths import Query, canonical
from understudy.mockserver.scripts.rule import ANYTHING, Named, Rule, When
from understudy.mockserver.scripts.texts import Text


class Prepared(NamedTuple):
    """A rule with what it asks, ready to be asked."""

    rule: Rule
    asks: tuple[Condition, ...]

    def fits(self, facts: Facts) -> bool:
        # plain loop: a generator for `all` costs more than most conditions
        for condition in self.asks:  # noqa: SIM110
            if not condition.holds(facts):
                return False
        return True


class _Key(NamedTuple):
    """Something a rule asks for, by which it can be found: *value* in the *kind* of table."""

    kind: str
    name: Any
    value: Any


# facts with one value each; those a rule wants equal are looked up together
_SINGLE = ("model", "user", "system", "turn", "stream", "response_format")
_Table: TypeAlias = "defaultdict[Any, list[int]]"


class Index:
    """Rules in the order they are tried: by priority, then as they were defined."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        ordered = sorted(rules, key=lambda rule: -rule.priority)  # a stable sort
        self.rules = tuple(Prepared(rule, conditions(rule.when)) for rule in ordered)
        self._always: list[int] = []
        self._equal: dict[tuple[str, ...], tuple[Callable[[Facts], Any], _Table]] = {}
        self._one_of: dict[tuple[str, Any], _Table] = {}
        self._texts: dict[tuple[str, str], Grams] = {}
        keys = [tuple(_keys(rule.when)) for rule in ordered]
        common = Counter(key for several in keys for key in several)
        for number, several in enumerate(keys):
            self._file(number, min(several, key=common.__getitem__, default=None))

    def candidates(self, facts: Facts) -> Iterator[Prepared]:
        """Yield the rules that may fit, in order; all that fit are among them."""
        found = list(self._always)
        for values, table in self._equal.values():
            found += table.get(values(facts), ())
        for (kind, name), table in self._one_of.items():
            for value in _ONE_OF[kind](facts, name):
                found += table.get(value, ())
        for (kind, fact), grams in self._texts.items():
            text = getattr(facts, _SEARCHED[fact])
            if text:
                found += grams.found(text.casefold() if kind == "folded" else text)
        found.sort()
        return map(self.rules.__getitem__, dict.fromkeys(found))

    def fitting(self, facts: Facts) -> Iterator[Rule]:
        """Yield the rules that fit, in order."""
        return (prepared.rule for prepared in self.candidates(facts) if prepared.fits(facts))

    def _file(self, number: int, key: _Key | None) -> None:
        if key is None:
            self._always.append(number)
        elif key.kind == "equal":
            known = self._equal.get(key.name)
            if known is None:
                known = self._equal[key.name] = attrgetter(*key.name), defaultdict(list)
            known[1][key.value].append(number)
        elif key.kind in ("text", "folded"):
            self._texts.setdefault((key.kind, key.name), Grams()).add(key.value, number)
        else:
            # names that rules ask for are few; tables of one kind share it where values tell them apart
            self._one_of.setdefault((key.kind, key.name), defaultdict(list))[key.value].append(number)


def _keys(when: When) -> Iterator[_Key]:
    """Yield the keys a rule can be found by. What they stand for must hold of every request it fits."""
    equal = {name: value for name in _SINGLE if (value := _equal(when, name)) is not None}
    if equal:
        values = tuple(equal.values())
        # as attrgetter gives them: a single value comes bare
        yield _Key("equal", tuple(equal), values if len(values) > 1 else values[0])
    yield from _texts(when)
    result = when.tool_result
    if when.any_message is not None and when.any_message.equals is not None:
        yield _Key("said", "", when.any_message.equals)
    for tool in when.tools or ():
        yield _Key("tool", "", tool)
    if result is not None:
        if result.tool is not None and not is_glob(result.tool):
            yield _Key("result of", "", result.tool)
        if result.id is not None:
            yield _Key("result to", "", result.id)
    yield from _pairs("header", when.headers)
    yield from _pairs("metadata", when.metadata)
    for at in when.body:
        if at.equals is not ANYTHING:
            yield _Key("node", at.query, canonical(at.equals))


def _texts(when: When) -> Iterator[_Key]:
    """Yield the texts that must be in those of the request."""
    if part := _part_of_glob(when.model):
        yield _Key("text", "model", part)
    result = when.tool_result
    texts = {"user": when.user, "system": when.system, "any_message": when.any_message}
    for name, text in {**texts, "tool_result": None if result is None else result.text}.items():
        if text is not None:
            yield from (_Key("text", name, part) for part in text.contains if part)
            yield from (_Key("text", name, part) for part in map(literal, text.regex) if part)
            yield from (_Key("folded", name, part) for part in map(folded_literal, text.regex) if part)


def _equal(when: When, name: str) -> Any:
    if name == "model":
        return when.model[0] if len(when.model) == 1 and not is_glob(when.model[0]) else None
    wanted = getattr(when, name)
    return wanted.equals if isinstance(wanted, Text) else wanted


def _part_of_glob(models: tuple[str, ...]) -> str:
    """Return a text that every name the one glob fits contains; "" where there is none to tell."""
    if len(models) != 1 or "[" in models[0]:
        return ""
    return max(re.split("[*?]", models[0]), key=len)


def _pairs(kind: str, wanted: Named) -> Iterator[_Key]:
    for name, text in wanted:
        if text is not None and text.equals is not None:
            yield _Key(kind, "", (name, text.equals))


def _at(facts: Facts, query: Query) -> frozenset[str]:
    return facts.values(query)


def _each(fact: str, facts: Facts, _: Any) -> Any:
    return getattr(facts, fact)


# kind of key -> the values of it that a request has
_ONE_OF: Mapping[str, Callable[[Facts, Any], Any]] = {
    "said": partial(_each, "texts"),
    "tool": partial(_each, "tools"),
    "result of": lambda facts, _: [result.name for result in facts.results],
    "result to": lambda facts, _: [result.id for result in facts.results],
    "header": lambda facts, _: facts.headers.items(),
    "metadata": lambda facts, _: facts.metadata.items(),
    "node": _at,
}
# where a text is looked for -> the fact that holds it
_SEARCHED = {
    "model": "model",
    "user": "user",
    "system": "system",
    "any_message": "all_text",
    "tool_result": "result_text",
}
