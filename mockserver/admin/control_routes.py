"""The rows of the route table for what is no list: ledger, clock, seed, reset, namespaces, health."""

from __future__ import annotations

from understudy.mockserver.admin import controls
from understudy.mockserver.admin import examples as shown
from understudy.mockserver.admin.operation import Operation

_REMOVED = "Removed"

CONTROLS: tuple[Operation, ...] = (
    Operation("GET", "/health", "getHealth", "A sign of life", controls.health, "Health", shown.HEALTH),
    Operation(
        "GET",
        "/ledger",
        "getLedger",
        "Tokens and USD by key, model and status",
        controls.ledger,
        "Ledger",
        shown.LEDGER,
    ),
    Operation(
        "DELETE", "/ledger", "clearLedger", "Begin new books", controls.clear_ledger, _REMOVED, shown.REMOVED
    ),
    Operation("GET", "/clock", "getClock", "What time it is here", controls.clock, "Clock", shown.CLOCK),
    Operation(
        "POST",
        "/clock/advance",
        "advanceClock",
        "Let seconds pass, where the clock is not the real one",
        controls.advance,
        "Clock",
        shown.CLOCK,
        body="Advance",
        asked={"seconds": 60},
        errors=(409,),
    ),
    Operation("GET", "/seed", "getSeed", "The seed", controls.seed, "Seed", shown.SEED),
    Operation(
        "PUT",
        "/seed",
        "setSeed",
        "Set the seed, from the next request on",
        controls.put_seed,
        "Seed",
        shown.SEED,
        body="Seed",
        asked=shown.SEED,
    ),
    Operation(
        "POST",
        "/reset",
        "reset",
        "Put everything, or the parts named, back to how the server started",
        controls.reset,
        "ResetDone",
        shown.RESET,
        body="Reset",
        asked={"parts": ["journal"]},
        optional=True,
    ),
    Operation(
        "GET",
        "/namespaces",
        "listNamespaces",
        "The namespaces beside the default one",
        controls.namespaces,
        "NamespaceList",
        shown.NAMESPACES,
    ),
    Operation(
        "DELETE",
        "/namespaces/{name}",
        "removeNamespace",
        "Forget a namespace and all that is in it",
        controls.remove_namespace,
        _REMOVED,
        shown.REMOVED,
        errors=(404,),
    ),
)
