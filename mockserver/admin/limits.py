"""The limits: read, set, cleared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.admin.operation import Call
from understudy.mockserver.admin.problems import invalid
from understudy.mockserver.admin.rules import check_room
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.limits.reading import read_limit

MOST = 1_000


def listed(desk: Desk, call: Call) -> Mapping[str, Any]:
    return _listing(desk.controls.limits)


def put(desk: Desk, call: Call) -> Mapping[str, Any]:
    """Let the limits of the body be all there are."""
    limits: list[Limit] = []
    for number, document in enumerate(call.body["limits"]):
        try:
            limits += read_limit(document, desk.controls.settings.api)
        except ValueError as error:
            raise invalid(f"$.limits[{number}]: {error}", f"$.limits[{number}]") from None
    check_room(len(limits), MOST, "limits")
    with desk.lock:
        desk.controls.set_limits(tuple(limits))
    return _listing(limits)


def clear(desk: Desk, call: Call) -> Mapping[str, Any]:
    with desk.lock:
        before = desk.controls.limits
        desk.controls.set_limits(())
    return {"removed": len(before)}


def _listing(limits: Iterable[Limit]) -> dict[str, Any]:
    return {"object": "list", "data": [_shown(limit) for limit in limits]}


def _shown(limit: Limit) -> dict[str, Any]:
    """Return *limit* as ``put`` takes it: what is not set is left out."""
    chosen = {}
    for one in fields(limit):
        value = getattr(limit, one.name)
        if value is not None and (one.default is MISSING or value != one.default):
            chosen[one.name] = list(value) if isinstance(value, tuple) else value
    return chosen
