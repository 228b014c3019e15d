"""The fault rules: listed, added as text or as an object, replaced, removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from understudy.mockserver.admin.bodies import judged
from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.admin.operation import Call
from understudy.mockserver.admin.problems import invalid
from understudy.mockserver.admin.rules import check_room, find
from understudy.mockserver.faults.rules import FaultRule, read_fault

MOST = 1_000


def listed(desk: Desk, call: Call) -> Mapping[str, Any]:
    return _listing(desk.controls.faults)


def add(desk: Desk, call: Call) -> Mapping[str, Any]:
    """Add the faults of the body behind those there are; return what was added."""
    new = _read(desk, call)
    with desk.lock:
        faults = (*desk.controls.faults, *new)
        check_room(len(faults), MOST, "faults")
        desk.controls.set_faults(faults)
    data = _listing(faults)["data"]
    return {"object": "list", "data": data[len(data) - len(new) :]}


def put(desk: Desk, call: Call) -> Mapping[str, Any]:
    new = _read(desk, call)
    check_room(len(new), MOST, "faults")
    with desk.lock:
        desk.controls.set_faults(new)
    return _listing(new)


def remove(desk: Desk, call: Call) -> Mapping[str, Any]:
    with desk.lock:
        known = _identified(desk.controls.faults)
        find(call.name, known, "fault")
        desk.controls.set_faults(tuple(rule for name, rule in known.items() if name != call.name))
    return {"removed": 1}


def clear(desk: Desk, call: Call) -> Mapping[str, Any]:
    with desk.lock:
        before = desk.controls.faults
        desk.controls.set_faults(())
    return {"removed": len(before)}


def _read(desk: Desk, call: Call) -> tuple[FaultRule, ...]:
    body, text = call.body, call.text
    if isinstance(body, dict) and "faults" in body:
        several = judged("FaultSet", body, text)["faults"]
    else:
        several = [judged("scenario_fault", body, text)]
    read = []
    for number, document in enumerate(several):
        try:
            # a place of its own: a fault that was spent and removed counts anew when it is added again
            read.append(read_fault(document, desk.place()))
        except ValueError as error:
            path = f"$.faults[{number}]" if len(several) > 1 else "$"
            raise invalid(f"{path}: {error}", path) from None
    return tuple(read)


def _listing(rules: Iterable[FaultRule]) -> dict[str, Any]:
    return {
        "object": "list",
        "data": [
            {"id": name, "spec": str(rule), "place": rule.place} for name, rule in _identified(rules).items()
        ],
    }


def _identified(rules: Iterable[FaultRule]) -> dict[str, FaultRule]:
    """Return *rules* by their ids; those that are equal in everything are told apart by their order."""
    found: dict[str, FaultRule] = {}
    seen: dict[str, int] = {}
    for rule in rules:
        text = f"{rule.place}\n{rule!r}"
        number = seen[text] = seen.get(text, -1) + 1
        digest = blake2b(f"{number}\n{text}".encode("utf-8", "replace"), digest_size=8)
        found[f"f-{digest.hexdigest()}"] = rule
    return found
