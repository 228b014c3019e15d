"""The schemas a request brings along: of its tools, and of the reply it wants (FACTS A.6, A.7)."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from understudy.contracts.families import Family
from understudy.contracts.requests.findings import NOTHING, Finding, Planned, Request
from understudy.contracts.requests.strict_schemas import schema_faults

_Found: TypeAlias = Sequence[Finding]
_LONGEST_REMEMBERED = 65_536  # bytes


def _remembered(find: Callable[[Any], _Found]) -> Callable[[Any], _Found]:
    """Return *find*, which remembers what it found in recent values.

    A client sends the same tools with each request: to compare them is some twenty times quicker.
    """

    @lru_cache(maxsize=256)
    def of_written(written: bytes) -> _Found:
        return tuple(find(marshal.loads(written)))  # noqa: S302  (bytes that were just written)

    def found(value: Any) -> _Found:
        try:
            written = marshal.dumps(value, 2)  # 2: equal values give equal bytes
        except ValueError:  # deeper than marshal goes
            return find(value)
        return of_written(written) if len(written) <= _LONGEST_REMEMBERED else find(value)

    return found


@_remembered
def _of_tools(tools: Any) -> _Found:
    found: list[Finding] = []
    for index, tool in enumerate(tools):
        if tool["type"] == "function":
            found += _of_function(tool["function"], f"tools[{index}].function.parameters")
    return found


@_remembered
def _of_functions(functions: Any) -> _Found:
    found: list[Finding] = []
    for index, function in enumerate(functions):
        found += _of_function(function, f"functions[{index}].parameters")
    return found


@_remembered
def _of_format(wanted: Any) -> _Found:
    if wanted["schema"] is None:
        return NOTHING
    opening = f"Invalid schema for response_format '{wanted['name']}': "
    faults = schema_faults(wanted["schema"], strict=bool(wanted.get("strict")))
    return [Finding(fault.rule, "response_format", opening + fault.tail()) for fault in faults]


def _of_function(function: Mapping[str, Any], param: str) -> _Found:
    schema = function.get("parameters")
    if schema is None:
        return NOTHING
    opening = f"Invalid schema for function '{function['name']}': "
    faults = schema_faults(schema, strict=bool(function.get("strict")))
    return [
        Finding(fault.rule, param, opening + fault.tail(), "invalid_function_parameters") for fault in faults
    ]


def tool_schemas_fit(request: Request, _: Family) -> _Found:
    """Say what is wrong with the parameters of the functions on offer."""
    return _of_tools(request["tools"])


def function_schemas_fit(request: Request, _: Family) -> _Found:
    """Say the same of functions in the older form."""
    return _of_functions(request["functions"])


def format_schema_fits(request: Request, _: Family) -> _Found:
    """Say what is wrong with the schema the reply is to follow."""
    wanted = request["response_format"]
    if wanted["type"] != "json_schema" or "schema" not in wanted["json_schema"]:
        return NOTHING
    return _of_format(wanted["json_schema"])


SCHEMA_CHECKS: tuple[Planned, ...] = (
    ("tools", tool_schemas_fit, ("tools",)),
    ("functions", function_schemas_fit, ("functions",)),
    ("response_format", format_schema_fits, ("response_format",)),
)
