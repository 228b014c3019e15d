"""Tool calls against the tools that were offered and against tool_choice (FACTS A.3-A.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from understudy.contracts.exchanges.fitting import misfit
from understudy.contracts.exchanges.rules import RULES
from understudy.contracts.replies.completions import read_json
from understudy.contracts.replies.rules import breach, members, objects
from understudy.contracts.violations import Violation

Document = Mapping[str, Any]
Found = tuple[Violation, ...]

_EXCUSED = ("length", "content_filter")


class _Tool(NamedTuple):
    kind: str
    strict: bool
    parameters: Any


class _Call(NamedTuple):
    kind: str
    name: str
    arguments: Any
    path: str


class _Choice(NamedTuple):
    """What tool_choice asks: a *mode*, and the *names* that are allowed (None: all)."""

    mode: str
    names: tuple[str, ...] | None = None


def check_tools(request: Document, choice: Document, path: str, profile: str) -> Found:
    """Return where the calls of *choice* are not what *request* offered and asked for."""
    message = members(choice.get("message"))
    calls = _calls(message, f"{path}.message")
    found = _choice_kept(request, message, calls, choice.get("finish_reason"), f"{path}.message", profile)
    offered = _offered(request)
    for call in calls:
        found += _call(call, offered, choice.get("finish_reason"), profile)
    if request.get("parallel_tool_calls") is False and len(calls) > 1:
        where = f"{path}.message.tool_calls"
        found += breach(RULES, "exchange.parallel_calls", where, profile, str(len(calls)))
    return found


def _call(call: _Call, offered: Mapping[str, _Tool], finish: Any, profile: str) -> Found:
    tool = offered.get(call.name)
    if tool is None:
        names = ", ".join(offered) or "none"
        return breach(RULES, "exchange.tool_not_offered", call.path, profile, call.name, offered=names)
    if tool.kind != call.kind:
        return breach(
            RULES, "exchange.tool_kind", call.path, profile, call.kind, name=call.name, offered=tool.kind
        )
    if not isinstance(call.arguments, str) or tool.parameters is None or finish in _EXCUSED:
        return ()
    try:
        reason = misfit(tool.parameters, read_json(call.arguments))
    except ValueError:
        return ()  # not JSON: the contract of the completion says so
    if reason is None:
        return ()
    rule = "exchange.strict_arguments" if tool.strict else "exchange.arguments"
    return breach(RULES, rule, f"{call.path}.arguments", profile, reason, name=call.name)


def _choice_kept(
    request: Document, message: Document, calls: list[_Call], finish: Any, path: str, profile: str
) -> Found:
    wants = _wanted(request)
    if wants.mode == "none" and calls:
        return breach(RULES, "exchange.tool_choice_none", calls[0].path, profile)
    excused = finish in _EXCUSED or message.get("refusal")
    if wants.mode == "required" and not calls and not excused:
        asked = f"{wants.names[0]!r}" if wants.names else "required"
        return breach(RULES, "exchange.tool_choice_required", path, profile, asked)
    found: Found = ()
    for call in calls:
        if wants.names is not None and call.name not in wants.names:
            asked = ", ".join(wants.names)
            found += breach(RULES, "exchange.tool_choice_named", call.path, profile, call.name, asked=asked)
    return found


def _wanted(request: Document) -> _Choice:
    asked = request.get("tool_choice")
    if asked is None:
        asked = request.get("function_call")
    if isinstance(asked, str):
        return _Choice("required" if asked == "any" else asked)
    allowed = members(members(asked).get("allowed_tools"))
    if allowed:
        names = tuple(_name(tool) for _, tool in objects(allowed.get("tools")))
        return _Choice(str(allowed.get("mode")), names)
    name = _name(members(asked))
    return _Choice("required", (name,)) if name else _Choice("auto")


def _offered(request: Document) -> dict[str, _Tool]:
    """Return the tools by name; the deprecated functions are tools too."""
    functions = {
        str(function.get("name")): _Tool("function", False, function.get("parameters"))
        for _, function in objects(request.get("functions"))
    }
    return functions | {_name(tool): _tool(tool) for _, tool in objects(request.get("tools"))}


def _tool(tool: Document) -> _Tool:
    if tool.get("type") == "custom":
        return _Tool("custom", False, None)
    function = members(tool.get("function"))
    return _Tool("function", function.get("strict") is True, function.get("parameters"))


def _name(tool: Document) -> str:
    body = members(tool.get("function") or tool.get("custom")) or tool
    return str(body.get("name") or "")


def _calls(message: Document, path: str) -> list[_Call]:
    calls = []
    for place, call in objects(message.get("tool_calls")):
        kind = "custom" if call.get("type") == "custom" else "function"
        body = members(call.get(kind))
        where = f"{path}.tool_calls[{place}].{kind}"
        calls.append(_Call(kind, str(body.get("name") or ""), body.get("arguments"), where))
    function = members(message.get("function_call"))
    if function:
        name = str(function.get("name") or "")
        calls.append(_Call("function", name, function.get("arguments"), f"{path}.function_call"))
    return calls
