"""The rules of scripts: listed, added in the form of scenario files, replaced, removed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.admin.operation import Call
from understudy.mockserver.admin.plain import plain
from understudy.mockserver.admin.problems import Problem, invalid, missing
from understudy.mockserver.scripts.rule import Rule
from understudy.mockserver.scripts.scenario import read_scenario

if TYPE_CHECKING:
    pass

MOST = 10_000

T = TypeVar("T")


def listed(desk: Desk, call: Call) -> Mapping[str, Any]:
    return _listing(desk)


def one(desk: Desk, call: Call) -> Mapping[str, Any]:
    return shown(call.name, find(call.name, known(desk), "rule"))


def add(desk: Desk, call: Call) -> Mapping[str, Any]:
    """Add the rules of the body behind those there are; return what was added."""
    new = _read(desk, call)
    with desk.lock:
        check_room(len(desk.controls.rules) + len(new), MOST, "rules")
        desk.controls.add_rules(new)
        found = _among(desk, new)
    return {"object": "list", "data": [shown(name, rule) for name, rule in found]}


def put(desk: Desk, call: Call) -> Mapping[str, Any]:
    """Let the rules of the body be all there are. No request in between finds none."""
    new = _read(desk, call)
    with desk.lock:
        before = desk.controls.rules
        check_room(len(new), MOST, "rules")
        desk.controls.add_rules(new)
        desk.controls.remove_rules(before)
        return _listing(desk)


def put_one(desk: Desk, call: Call) -> Mapping[str, Any]:
    new = _read(desk, call)
    if len(new) != 1:
        raise invalid(f"{len(new)} rules came to replace one; PUT /__understudy/rules replaces them all")
    with desk.lock:
        old = find(call.name, known(desk), "rule")
        try:
            desk.controls.replace_rule(old, new[0])
        except ValueError:  # somebody else has just removed it
            raise missing("rule", call.name, "it was removed meanwhile") from None
        (name, rule), *_ = _among(desk, new)
    return shown(name, rule)


def remove(desk: Desk, call: Call) -> Mapping[str, Any]:
    with desk.lock:
        desk.controls.remove_rules([find(call.name, known(desk), "rule")])
    return {"removed": 1}


def clear(desk: Desk, call: Call) -> Mapping[str, Any]:
    with desk.lock:
        before = desk.controls.rules
        desk.controls.remove_rules(before)
    return {"removed": len(before)}


def known(desk: Desk) -> dict[str, Rule]:
    """Return the rules by their ids, which do not change when others come or go."""
    return {f"r-{number:016x}": rule for number, rule in desk.controls.numbered.items()}


def find(name: str, there: Mapping[str, T], kind: str) -> T:
    """Return the one of *there* that *name* is the id of. Raises Problem (404)."""
    if name not in there:
        raise missing(kind, name, f"GET /__understudy/{kind}s lists the {len(there)} there are")
    return there[name]


def check_room(count: int, most: int, of: str) -> None:
    """Raise the Problem of *count* things where *most* are the bound."""
    if count > most:
        raise Problem(400, "too_many", f"that would make {count} {of}, expected at most {most}")


def shown(name: str, rule: Rule) -> dict[str, Any]:
    """Return *rule*, whose id is *name*, as JSON values."""
    return {
        "id": name,
        "name": rule.name,
        "place": rule.place,
        "priority": rule.priority,
        "times": rule.times,
        "then": rule.then,
        "when": plain(rule.when),
        "answers": plain(rule.answers),
    }


def _read(desk: Desk, call: Call) -> tuple[Rule, ...]:
    body, text = call.body, call.text
    if not isinstance(body, dict):
        raise invalid("the body is no object, expected a rule, or an object with rules: a list of them")
    if "rules" not in body:
        text = f'{{"rules": [{text}]}}'
    elif extra := [name for name in body if name != "rules"]:
        raise invalid(
            f"beside rules stands {', '.join(map(json.dumps, extra))[:200]}, expected nothing", extra[0]
        )
    elif body["rules"] == []:
        return ()
    try:
        return read_scenario(text, desk.place())
    except ValueError as error:
        raise invalid(str(error)) from None


def _among(desk: Desk, rules: Iterable[Rule]) -> list[tuple[str, Rule]]:
    """Return these very *rules* of the engine's, with their ids."""
    wanted = {id(rule) for rule in rules}
    return [pair for pair in known(desk).items() if id(pair[1]) in wanted]


def _listing(desk: Desk) -> dict[str, Any]:
    return {"object": "list", "data": [shown(name, rule) for name, rule in known(desk).items()]}
