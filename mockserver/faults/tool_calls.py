"""Faults of tool calls. A reply without one stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from understudy.mockserver.faults.documents import Change, Document, edited, on_choices, on_said, saying
from understudy.mockserver.faults.fault import SILENT, UNHARMED, Fault, Parameter, Seen, Values, always
from understudy.mockserver.steps import Rewrite

_NEEDS = "a function call"
_OF_A_CALL = ("id", "type")
_JUDGES = "reads the arguments as JSON, holds them against its schema, and tells the model what is wrong"


def _in_calls(change: Change) -> Change:
    """Return the change of a message or delta that applies *change* to each function call or fragment."""

    def changed(said: Document) -> Document:
        calls = said.get("tool_calls")
        if not isinstance(calls, list):
            return said
        new = [change(call) if isinstance(call, dict) and "custom" not in call else call for call in calls]
        same = all(one is other for one, other in zip(new, calls, strict=True))
        return said if same else {**said, "tool_calls": new}

    return changed


def _on_functions(change: Change) -> Change:
    def changed(call: Document) -> Document:
        function = call.get("function")
        new = change(function) if isinstance(function, dict) else function
        return call if new is function else {**call, "function": new}

    return on_said(_in_calls(changed))


def _fragments(change: Callable[[str, bool], str]) -> Callable[[], Change]:
    """Return what sends ``change(arguments, first)`` in the place of all arguments that are not empty;
    *first*: of the call they belong to."""

    def changing() -> Change:
        begun: set[tuple[Any, Any]] = set()

        def in_call(choice: Any, call: Document) -> Document:
            function = _function(call)
            arguments = function.get("arguments")
            if not isinstance(arguments, str) or not arguments:
                return call
            key = (choice, call.get("index", call.get("id")))
            first = key not in begun
            begun.add(key)
            return {**call, "function": {**function, "arguments": change(arguments, first)}}

        return on_choices(lambda one: saying(_in_calls(partial(in_call, one.get("index"))))(one))

    return changing


def _bad_json(arguments: str, first: bool) -> str:
    return "{," + arguments.lstrip()[1:] if first else arguments


def _bad_schema(values: Values) -> Rewrite:
    text = values["arguments"]
    try:
        json.loads(text)
    except ValueError:
        raise ValueError(
            f"fault bad_arguments_schema: arguments: {text!r} is no JSON; that is bad_arguments_json"
        ) from None
    return edited(_fragments(lambda arguments, first: text if first else ""))


def _unknown_tool(values: Values) -> Rewrite:
    name = values["name"]
    return edited(lambda: _on_functions(lambda one: {**one, "name": name} if "name" in one else one))


def _arguments_as_object() -> Change:
    def changed(function: Document) -> Document:
        try:
            return {**function, "arguments": json.loads(function["arguments"])}
        except (KeyError, TypeError, ValueError):
            return function

    return _on_functions(changed)


def _no_index() -> Change:
    def changed(call: Document) -> Document:
        return {key: value for key, value in call.items() if key != "index"}

    return on_said(_in_calls(lambda call: changed(call) if "index" in call else call))


def _in_each_fragment(*, null: bool) -> Callable[[], Change]:
    """Return what repeats id, type and name of a call in each of its fragments, or says they are null."""

    def changing() -> Change:
        heads: dict[tuple[Any, Any], tuple[Document, Any]] = {}

        def in_call(choice: Any, call: Document) -> Document:
            function, key = _function(call), (choice, call.get("index"))
            if call.get("id"):
                heads[key] = {name: call.get(name) for name in _OF_A_CALL}, function.get("name")
            if call.get("id") or key not in heads:
                return call
            head, name = heads[key]
            again = dict.fromkeys(head) if null else head
            return {**call, **again, "function": {"name": None if null else name, **function}}

        return on_choices(lambda one: saying(_in_calls(partial(in_call, one.get("index"))))(one))

    return changing


def _function(call: Document) -> Document:
    function = call.get("function")
    return function if isinstance(function, dict) else {}


TOOL_CALL_FAULTS = (
    Fault(
        "bad_arguments_json",
        "the arguments of each function call are no JSON",
        "body",
        "both",
        {
            "json": Seen(SILENT, "arguments are a text that it does not read"),
            "stream": Seen(SILENT, "arguments are a text that it does not read"),
        },
        _JUDGES,
        "I.7",
        always(edited(_fragments(_bad_json))),
        needs=_NEEDS,
        rules=("completion.arguments_json",),
    ),
    Fault(
        "bad_arguments_schema",
        "the arguments of each function call are JSON, but not what the tool's schema asks for",
        "body",
        "both",
        {
            "json": Seen(SILENT, "arguments are a text that it does not read"),
            "stream": Seen(SILENT, "arguments are a text that it does not read"),
        },
        _JUDGES,
        "I.7",
        _bad_schema,
        {"arguments": Parameter(str, '{"unexpected_argument":true}', "", "what comes instead", 1, 3_000)},
        needs=_NEEDS,
        rules=("exchange.strict_arguments",),
    ),
    Fault(
        "unknown_tool",
        "each function call names a tool that was not offered",
        "body",
        "both",
        {"json": Seen(SILENT, "the name as it came"), "stream": Seen(SILENT, "the name as it came")},
        "answers the call with an error for the model, and runs nothing",
        "I.24",
        _unknown_tool,
        {"name": Parameter(str, "no_such_tool", "", "the name", 1, 64)},
        needs=_NEEDS,
        rules=("exchange.tool_not_offered",),
    ),
    Fault(
        "arguments_as_object",
        "arguments are an object instead of a text",
        "body",
        "json",
        {"json": Seen(SILENT, "arguments are a dict, so that json.loads raises TypeError")},
        "takes both",
        "I.7",
        always(edited(_arguments_as_object)),
        needs=_NEEDS,
        rules=("completion.type",),
    ),
    Fault(
        "tool_index_missing",
        "the fragments of tool calls have no index",
        "event",
        "stream",
        {"stream": Seen(SILENT, "index is None"), "helper": Seen("TypeError")},
        "goes by the id where there is no index",
        "F.4, I.6",
        always(edited(_no_index)),
        needs=_NEEDS,
        rules=("chunk.required",),
    ),
    Fault(
        "repeated_tool_ids",
        "each fragment of a tool call says id, type and name again",
        "event",
        "stream",
        {
            "stream": Seen(SILENT, "id in each fragment"),
            "helper": Seen(SILENT, "ids and names are doubled: call_acall_a"),
        },
        "takes id and name once",
        "F.4, I.5",
        always(edited(_in_each_fragment(null=False))),
        needs=_NEEDS,
        rules=("stream.tool_repeated",),
    ),
    Fault(
        "null_tool_ids",
        "later fragments of a tool call say that id, type and name are null",
        "event",
        "stream",
        {"stream": Seen(UNHARMED, "None either way"), "helper": Seen("AssertionError")},
        "takes null for absent",
        "F.4, I.5",
        always(edited(_in_each_fragment(null=True))),
        needs=_NEEDS,
        rules=("stream.tool_repeated",),
    ),
)
