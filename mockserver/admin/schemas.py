"""The JSON Schemas of what the admin API takes and gives: the components of its OpenAPI document.

Rules, faults and limits are those of scenario files, whose schema is taken over under ``scenario_…`` names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from understudy.mockserver.controls import PARTS
from understudy.mockserver.scripts.scenario import schema_text

WHERE = "#/components/schemas/"
SEED = 2**63 - 1
MOST_SECONDS = 10 * 365 * 86_400

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_ID = {"type": "string", "pattern": "^[rf]-[0-9a-f]{16}$", "description": "stays the same while it is there"}
_FREE = {"type": "object"}


def closed(properties: Mapping[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the schema of an object with *properties*, all but the *optional* ones required, no others."""
    required = [name for name in properties if name not in optional]
    schema = {"type": "object", "additionalProperties": False, "properties": dict(properties)}
    return {**schema, "required": required} if required else schema


def listing(name: str, **more: Any) -> dict[str, Any]:
    """Return the schema of a list of what the schema *name* says."""
    items = {"type": "array", "items": refer(name)}
    return closed({"object": {"const": "list"}, "data": items, **more})


def refer(name: str) -> dict[str, str]:
    return {"$ref": WHERE + name}


_SUMMARY = {
    "object": {"const": "understudy.exchange"},
    "number": _COUNT,
    "at": {"type": "number", "description": "seconds since 1970"},
    "method": _TEXT,
    "path": _TEXT,
    "query": _TEXT,
    "status": _COUNT,
    "source": {
        "type": "string",
        "description": "who answered: scripted, recorded, generated, refused, server",
    },
    "model": _TEXT,
    "outcome": {"type": "string", "description": "how the sending ended"},
    "usage": {"type": ["object", "null"]},
    "violations": {"type": "array", "items": refer("Violation")},
    "complaint": _TEXT,
    "note": _TEXT,
    "fault": {"type": "string", "description": "what was done to it on purpose, empty for nothing"},
    "key": {"type": "string", "description": "masked; empty where it was no chat request"},
    "ended": {"type": ["number", "null"], "description": "when the sending ended; null: not yet"},
    "fingerprint": {"type": "string", "description": "equal for equal requests, whatever their headers"},
    "retry_count": {
        "type": ["integer", "null"],
        "description": "what the official SDKs say of it, null for other clients",
    },
    "headers": {"type": "object", "description": "those of the reply that advise when to retry"},
    "request_bytes": _COUNT,
    "reply_bytes": _COUNT,
}

_OWN: Mapping[str, Any] = {
    "Error": closed(
        {
            "error": closed(
                {
                    "message": _TEXT,
                    "type": {"const": "understudy_admin"},
                    "param": {"type": ["string", "null"]},
                    "code": _TEXT,
                }
            )
        }
    ),
    "Health": closed(
        {"status": {"const": "ok"}, "profile": _TEXT, "namespace": _TEXT, "requests_kept": _COUNT}
    ),
    "Rule": closed(
        {
            "id": _ID,
            "name": _TEXT,
            "place": {"type": "string", "description": "where it was written"},
            "priority": {"type": "integer"},
            "times": {"type": ["integer", "null"]},
            "then": {"enum": ["repeat", "stop", "cycle"]},
            "when": {"type": "object", "description": "what it asks; without any key, nothing"},
            "answers": {"type": "array"},
        }
    ),
    "RuleList": listing("Rule"),
    "RulesGiven": {
        "anyOf": [
            refer("scenario_rule"),
            closed({"rules": {"type": "array", "items": refer("scenario_rule")}}),
        ]
    },
    "Fault": closed(
        {
            "id": _ID,
            "spec": {"type": "string", "description": "as for --fault, keys masked"},
            "place": _TEXT,
        }
    ),
    "FaultList": listing("Fault"),
    "FaultsGiven": {"anyOf": [refer("scenario_fault"), refer("FaultSet")]},
    "FaultSet": closed({"faults": {"type": "array", "items": refer("scenario_fault")}}),
    "LimitSet": closed({"limits": {"type": "array", "items": refer("scenario_limit")}}),
    "LimitList": listing("scenario_limit"),
    "Violation": closed(dict.fromkeys(("rule", "tier", "path", "message", "source", "advice"), _TEXT)),
    "Exchange": closed(_SUMMARY),
    "ExchangeList": listing("Exchange", has_more={"type": "boolean"}, dropped=_COUNT),
    "WholeExchange": closed({**_SUMMARY, "request": refer("Message"), "reply": refer("Message")}),
    "Message": closed(
        {
            "headers": {
                "type": "array",
                "items": {"type": "array", "prefixItems": [_TEXT, _TEXT], "items": False},
            },
            "body": {"type": "string", "description": "what is no UTF-8 is replaced"},
        }
    ),
    "Ledger": {
        "type": "object",
        "properties": {"object": {"const": "understudy.ledger"}, "total": _FREE, "rows": {"type": "array"}},
        "required": ["object", "total", "by_key", "by_model", "by_status", "rows", "unpriced"],
    },
    "Clock": closed(
        {
            "kind": {"enum": ["real", "scaled", "virtual"]},
            "now": {"type": "number", "description": "seconds since 1970"},
            "factor": {"type": "number", "description": "its seconds in one real second"},
            "can_advance": {"type": "boolean"},
        }
    ),
    "Advance": closed({"seconds": {"type": "number", "minimum": 0, "maximum": MOST_SECONDS}}),
    "Seed": closed({"seed": {"type": "integer", "minimum": -SEED, "maximum": SEED}}),
    "Reset": closed(
        {
            "parts": {
                "type": "array",
                "items": {"enum": list(PARTS)},
                "description": "none named: all of them",
            }
        },
        ("parts",),
    ),
    "ResetDone": closed({"reset": {"type": "array", "items": {"enum": list(PARTS)}}}),
    "Removed": closed({"removed": _COUNT}),
    "NamespaceList": closed(
        {
            "object": {"const": "list"},
            "data": {"type": "array", "items": closed({"name": _TEXT})},
            "limit": _COUNT,
            "dropped": {"type": "integer", "minimum": 0, "description": "for want of room"},
        }
    ),
    "OpenAPI": {"type": "object", "required": ["openapi", "info", "paths"]},
}


@cache
def components() -> Mapping[str, Any]:
    """Return all schemas by name."""
    text = schema_text().replace("#/$defs/", f"{WHERE}scenario_")
    scenario = json.loads(text)["$defs"]
    return {**_OWN, **{f"scenario_{name}": schema for name, schema in scenario.items()}}


@cache
def alone(name: str) -> Mapping[str, Any]:
    """Return the schema *name* with everything that it refers to."""
    return {**refer(name), "components": {"schemas": components()}}
