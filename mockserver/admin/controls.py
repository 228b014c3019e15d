"""The ledger, the clock, the seed, resetting, namespaces, a sign of life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.mockserver.admin.clockface import Clockface
from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.admin.masking import masked
from understudy.mockserver.admin.operation import Call
from understudy.mockserver.admin.problems import Problem, missing
from understudy.mockserver.controls import PARTS


def health(desk: Desk, call: Call) -> Mapping[str, Any]:
    return {
        "status": "ok",
        "profile": desk.controls.settings.api.name,
        "namespace": desk.name,
        "requests_kept": len(desk.controls.journal),
    }


def ledger(desk: Desk, call: Call) -> Mapping[str, Any]:
    settings = desk.controls.settings
    return masked(desk.controls.ledger.document(settings.api.prices), settings.api_keys)


def clear_ledger(desk: Desk, call: Call) -> Mapping[str, Any]:
    with desk.lock:
        count = len(desk.controls.ledger.rows())
        desk.controls.reset(("ledger",))
    return {"removed": count}


def clock(desk: Desk, call: Call) -> Mapping[str, Any]:
    face = desk.clock or Clockface("real", lambda: call.now)
    return {
        "kind": face.kind,
        "now": face.now(),
        "factor": face.factor,
        "can_advance": face.advance is not None,
    }


def advance(desk: Desk, call: Call) -> Mapping[str, Any]:
    """Let seconds pass on the clock. Raises Problem (409) where time cannot be hurried."""
    face = desk.clock
    if face is None or face.advance is None:
        kind = "real" if face is None else face.kind
        raise Problem(
            409, "clock_not_movable", f"the clock is {kind} and cannot be advanced; only a virtual one can"
        )
    face.advance(float(call.body["seconds"]))
    return clock(desk, call)


def seed(desk: Desk, call: Call) -> Mapping[str, Any]:
    return {"seed": desk.controls.seed}


def put_seed(desk: Desk, call: Call) -> Mapping[str, Any]:
    with desk.lock:
        desk.controls.set_seed(int(call.body["seed"]))
    return seed(desk, call)


def reset(desk: Desk, call: Call) -> Mapping[str, Any]:
    """Put the parts that the body names, or everything, back to how the server started."""
    wanted = (call.body or {}).get("parts") or PARTS
    parts = tuple(part for part in PARTS if part in wanted)
    with desk.lock:
        desk.controls.reset(parts)
    return {"reset": list(parts)}


def namespaces(desk: Desk, call: Call) -> Mapping[str, Any]:
    spaces = desk.spaces
    if spaces is None:
        return {"object": "list", "data": [], "limit": 0, "dropped": 0}
    return {
        "object": "list",
        "data": [{"name": name} for name in spaces.names()],
        "limit": spaces.most,
        "dropped": spaces.dropped,
    }


def remove_namespace(desk: Desk, call: Call) -> Mapping[str, Any]:
    if desk.spaces is None or not desk.spaces.remove(call.name):
        raise missing("namespace", call.name, "GET /__understudy/namespaces lists those there are")
    return {"removed": 1}
