"""The schemas a request brings along: of its tools, and of the reply it wants (FACTS A.6, A.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from understudy.contracts.families import Family
from understudy.contracts.requests.findings import NOTHING, Finding, Planned, Request
from understudy.contracts.requests.strict_schemas import schema_faults


def tool_schemas_fit(request: Request, _: Family) -> Sequence[Finding]:
    """Say what is wrong with the parameters of the functions on offer."""
    found: list[Finding] = []
    for index, tool in enumerate(request["tools"]):
        if tool["type"] == "function":
            found += _function_findings(tool["function"], f"tools[{index}].function.parameters")
    return found


def function_schemas_fit(request: Request, _: Family) -> Sequence[Finding]:
    """Say the same of functions in the older form."""
    found: list[Finding] = []
    for index, function in enumerate(request["functions"]):
        found += _function_findings(function, f"functions[{index}].parameters")
    return found


def _function_findings(function: Mapping[str, Any], param: str) -> Sequence[Finding]:
    schema = function.get("parameters")
    if schema is None:
        return NOTHING
    faults = schema_faults(schema, strict=bool(function.get("strict")))
    opening = f"Invalid schema for function '{function['name']}': "
    code = "invalid_function_parameters"
    return (
        [Finding(fault.rule, param, opening + fault.tail(), code) for fault in faults] if faults else NOTHING
    )


def format_schema_fits(request: Request, _: Family) -> Sequence[Finding]:
    """Say what is wrong with the schema the reply is to follow."""
    wanted = request["response_format"].get("json_schema")
    if request["response_format"]["type"] != "json_schema" or wanted.get("schema") is None:
        return NOTHING
    opening = f"Invalid schema for response_format '{wanted['name']}': "
    faults = schema_faults(wanted["schema"], strict=bool(wanted.get("strict")))
    return [Finding(fault.rule, "response_format", opening + fault.tail()) for fault in faults]


SCHEMA_CHECKS: tuple[Planned, ...] = (
    ("tools", tool_schemas_fit, ("tools",)),
    ("functions", function_schemas_fit, ("functions",)),
    ("response_format", format_schema_fits, ("response_format",)),
)
