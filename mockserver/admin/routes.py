"""The route table: every operation of the admin API. The OpenAPI document is derived from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.mockserver.admin import examples as shown
from understudy.mockserver.admin import exchanges, faults, limits, openapi, rules
from understudy.mockserver.admin.control_routes import CONTROLS
from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.admin.operation import Call, Operation


def described(desk: Desk, call: Call) -> Mapping[str, Any]:
    return openapi.document(OPERATIONS)


_LIST, _REMOVED = "RuleList", "Removed"

_RULES = (
    Operation(
        "GET", "/rules", "listRules", "The rules of scripts, in order", rules.listed, _LIST, shown.RULES
    ),
    Operation(
        "POST",
        "/rules",
        "addRules",
        "Add rules behind those there are",
        rules.add,
        _LIST,
        shown.RULES,
        body="RulesGiven",
        asked=shown.RULES_GIVEN,
    ),
    Operation(
        "PUT",
        "/rules",
        "setRules",
        "Let these rules be all there are",
        rules.put,
        _LIST,
        shown.RULES,
        body="RulesGiven",
        asked=shown.RULES_GIVEN,
    ),
    Operation("DELETE", "/rules", "clearRules", "Remove all rules", rules.clear, _REMOVED, shown.REMOVED),
    Operation("GET", "/rules/{id}", "getRule", "One rule", rules.one, "Rule", shown.RULE, errors=(404,)),
    Operation(
        "PUT",
        "/rules/{id}",
        "replaceRule",
        "Put a rule in the place of another; it goes on where that was",
        rules.put_one,
        "Rule",
        shown.RULE,
        body="RulesGiven",
        asked=shown.RULE_GIVEN,
        errors=(404,),
    ),
    Operation(
        "DELETE",
        "/rules/{id}",
        "removeRule",
        "Remove a rule",
        rules.remove,
        _REMOVED,
        shown.REMOVED,
        errors=(404,),
    ),
)
_FAULTS = (
    Operation(
        "GET", "/faults", "listFaults", "The fault rules, in order", faults.listed, "FaultList", shown.FAULTS
    ),
    Operation(
        "POST",
        "/faults",
        "addFaults",
        "Add faults behind those there are",
        faults.add,
        "FaultList",
        shown.FAULTS,
        body="FaultsGiven",
        asked=shown.FAULTS_GIVEN,
    ),
    Operation(
        "PUT",
        "/faults",
        "setFaults",
        "Let these faults be all there are",
        faults.put,
        "FaultList",
        shown.FAULTS,
        body="FaultsGiven",
        asked=shown.FAULTS_GIVEN,
    ),
    Operation("DELETE", "/faults", "clearFaults", "Remove all faults", faults.clear, _REMOVED, shown.REMOVED),
    Operation(
        "DELETE",
        "/faults/{id}",
        "removeFault",
        "Remove a fault",
        faults.remove,
        _REMOVED,
        shown.REMOVED,
        errors=(404,),
    ),
)
_LIMITS = (
    Operation("GET", "/limits", "listLimits", "The limits", limits.listed, "LimitList", shown.LIMITS),
    Operation(
        "PUT",
        "/limits",
        "setLimits",
        "Let these limits be all there are",
        limits.put,
        "LimitList",
        shown.LIMITS,
        body="LimitSet",
        asked=shown.LIMITS_GIVEN,
    ),
    Operation("DELETE", "/limits", "clearLimits", "Remove all limits", limits.clear, _REMOVED, shown.REMOVED),
)
_JOURNAL = (
    Operation(
        "GET",
        "/journal",
        "listExchanges",
        "A page of the exchanges that fit, without bodies",
        exchanges.listed,
        "ExchangeList",
        shown.EXCHANGES,
        query=exchanges.FILTERS,
    ),
    Operation(
        "GET",
        "/journal/{number}",
        "getExchange",
        "One exchange, with headers and bodies",
        exchanges.one,
        "WholeExchange",
        shown.WHOLE_EXCHANGE,
        errors=(404,),
    ),
    Operation(
        "DELETE", "/journal", "clearJournal", "Forget all exchanges", exchanges.clear, _REMOVED, shown.REMOVED
    ),
)
_SELF = (
    Operation("GET", "/openapi.json", "getOpenAPI", "This document", described, "OpenAPI", shown.OPENAPI),
)

OPERATIONS: tuple[Operation, ...] = (*_RULES, *_FAULTS, *_LIMITS, *_JOURNAL, *CONTROLS, *_SELF)


def table() -> Mapping[str, Mapping[str, Operation]]:
    """Return the operations by path and method."""
    found: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        found.setdefault(operation.path, {})[operation.method] = operation
    return found


TABLE: Mapping[str, Mapping[str, Any]] = table()
