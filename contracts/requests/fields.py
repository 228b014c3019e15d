"""Rules between fields of a request: what one asks for, another must allow (FACTS A.7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from understudy.contracts.families import Family
from understudy.contracts.requests.findings import NOTHING, Check, Finding, Planned, Request

_ONLY_WITH_TOOLS = "Invalid value for '{0}': '{0}' is only allowed when 'tools' are specified."
_TOOL_MISSING = "Tool choice '{kind}' '{name}' not found in 'tools' parameter."
_FUNCTION_MISSING = (
    "Invalid value for 'function_call': no function named '{}' was specified in the 'functions' parameter."
)
_BOTH_CAPS = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
_NO_JSON_WORD = (
    "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
)
# FACTS A.1, unverified: a prediction excludes these unless they have this value
_BESIDE_PREDICTION = {
    "n": 1,
    "logprobs": False,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "max_completion_tokens": None,
    "tools": None,
    "audio": None,
}


def only_when_enabled(field: str, switch: str) -> Check:
    """Return a check that *field* comes only where the boolean *switch* is true."""

    def check(request: Request, _: Family) -> Sequence[Finding]:
        if request.get(switch):
            return NOTHING
        message = f"The '{field}' parameter is only allowed when '{switch}' is enabled."
        return (Finding(f"{field}_without_{switch}", field, message),)

    return check


def only_with_tools(field: str) -> Check:
    """Return a check that *field* comes only where tools are offered."""

    def check(request: Request, _: Family) -> Sequence[Finding]:
        if request.get("tools"):
            return NOTHING
        return (Finding(f"{field}_without_tools", field, _ONLY_WITH_TOOLS.format(field)),)

    return check


def chosen_tool_exists(request: Request, _: Family) -> Sequence[Finding]:
    """Say where ``tool_choice`` names a tool that is not offered."""
    choice = request["tool_choice"]
    if isinstance(choice, str) or not request.get("tools"):
        return NOTHING
    allowed = choice["allowed_tools"]["tools"] if choice["type"] == "allowed_tools" else [choice]
    offered = {_named(tool) for tool in request["tools"]}
    missing = [named for named in map(_named, allowed) if named not in offered]
    return [
        Finding("tool_choice_missing_tool", "tool_choice", _TOOL_MISSING.format(kind=kind, name=name))
        for kind, name in missing
    ]


def chosen_function_exists(request: Request, _: Family) -> Sequence[Finding]:
    """Say where the older ``function_call`` names a function that is not offered."""
    choice = request["function_call"]
    offered = {function["name"] for function in request.get("functions") or ()}
    if isinstance(choice, str) or choice["name"] in offered:
        return NOTHING
    message = _FUNCTION_MISSING.format(choice["name"])
    return (Finding("function_call_missing_function", "function_call", message),)


def _named(tool: Any) -> tuple[str, str]:
    # the entries of allowed_tools are free objects in the contract: take nothing for granted
    kind = str(tool.get("type"))
    inner = tool.get(kind)
    return kind, str(inner.get("name")) if isinstance(inner, dict) else ""


def tool_names_differ(request: Request, _: Family) -> Sequence[Finding]:
    """Say where two tools have one name."""
    names = [tool[tool["type"]]["name"] for tool in request["tools"]]
    if len(names) == len(set(names)):
        return NOTHING
    return [
        Finding("duplicate_tool_name", f"tools[{index}].{request['tools'][index]['type']}.name", _twice(name))
        for index, name in enumerate(names)
        if name in names[:index]
    ]


def _twice(name: str) -> str:
    return f"Two tools are named '{name}': a call cannot say which is meant."


def one_token_cap(request: Request, _: Family) -> Sequence[Finding]:
    """Say where both caps are set."""
    if request.get("max_tokens") is None:
        return NOTHING
    return (Finding("both_token_caps", "max_completion_tokens", _BOTH_CAPS),)


def json_is_announced(request: Request, _: Family) -> Sequence[Finding]:
    """Say where ``json_object`` is asked for and no message holds the word, in whatever case."""
    if request["response_format"]["type"] != "json_object":
        return NOTHING
    if any("json" in text.lower() for text in _texts(request["messages"])):
        return NOTHING
    return (Finding("json_word_missing", "messages", _NO_JSON_WORD),)


def _texts(messages: Sequence[Any]) -> Iterator[str]:
    for message in messages:
        content = message.get("content")
        if isinstance(content, str):
            yield content
        for part in content if isinstance(content, list) else ():
            yield part.get("text") or ""


def prediction_alone(request: Request, _: Family) -> Sequence[Finding]:
    """Say what a prediction does not go with."""
    return [
        Finding("prediction_combination", field, f"'{field}' does not go together with 'prediction'.")
        for field, neutral in _BESIDE_PREDICTION.items()
        if request.get(field) is not None and request[field] != neutral
    ]


def audio_described(request: Request, _: Family) -> Sequence[Finding]:
    """Say where audio is asked for without a voice and a format."""
    if "audio" not in request["modalities"] or request.get("audio") is not None:
        return NOTHING
    return (Finding("audio_missing", "audio", "'audio' is required when 'modalities' includes 'audio'."),)


def written_whole(field: str) -> Check:
    """Return a check that the integer *field* is written as one: to JSON Schema 2.0 is an integer too."""

    def check(request: Request, _: Family) -> Sequence[Finding]:
        if not isinstance(request[field], float):
            return NOTHING
        message = f"Invalid type for '{field}': expected an integer, but got a decimal number instead."
        return (Finding("invalid_type", field, message),)

    return check


_INTEGERS = ("max_completion_tokens", "max_tokens", "n", "seed", "top_logprobs")

FIELD_CHECKS: tuple[Planned, ...] = (
    ("stream_options", only_when_enabled("stream_options", "stream"), ("stream_options", "stream")),
    ("top_logprobs", only_when_enabled("top_logprobs", "logprobs"), ("top_logprobs", "logprobs")),
    ("tool_choice", only_with_tools("tool_choice"), ("tool_choice", "tools")),
    ("tool_choice", chosen_tool_exists, ("tool_choice", "tools")),
    ("function_call", chosen_function_exists, ("function_call", "functions")),
    ("parallel_tool_calls", only_with_tools("parallel_tool_calls"), ("parallel_tool_calls", "tools")),
    ("tools", tool_names_differ, ("tools",)),
    ("max_completion_tokens", one_token_cap, ("max_completion_tokens", "max_tokens")),
    ("response_format", json_is_announced, ("response_format", "messages")),
    ("prediction", prediction_alone, ("prediction", *_BESIDE_PREDICTION)),
    ("modalities", audio_described, ("modalities", "audio")),
    *((field, written_whole(field), (field,)) for field in _INTEGERS),
)
