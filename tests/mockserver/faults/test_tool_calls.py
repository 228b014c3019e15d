"""Tool calls, fault by fault, on real replies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from understudy.contracts import chunks_of
from understudy.mockserver.faults.catalogue import rewrite
from understudy.mockserver.wire import Head, Send, Step

Calls = Callable[..., "list[dict[str, Any]]"]
EITHER = pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])


@pytest.fixture
def calls(ask: Callable[..., list[Step]]) -> Calls:
    """Return a function that gives all tool calls of a reply with a fault: of a stream, their fragments."""

    def calls(fault: str, *, stream: bool, **parameters: Any) -> list[dict[str, Any]]:
        steps = rewrite(fault, parameters)(ask(stream=stream, call=True))
        body = b"".join(step.data for step in steps if isinstance(step, Send))
        if not stream:
            return json.loads(body)["choices"][0]["message"]["tool_calls"]  # type: ignore[no-any-return]
        choices = [choice for chunk in chunks_of(body) for choice in chunk["choices"]]
        return [call for choice in choices for call in choice["delta"].get("tool_calls", ())]

    return calls


def joined(calls: list[dict[str, Any]]) -> str:
    return "".join(call["function"]["arguments"] for call in calls)


@EITHER
def test_arguments_are_no_json(stream: bool, calls: Calls) -> None:
    good, bad = joined(calls("slow_head", stream=stream)), joined(calls("bad_arguments_json", stream=stream))

    assert (bad[:2], bad[2:]) == ("{,", good[1:])
    with pytest.raises(json.JSONDecodeError):
        json.loads(bad)


@EITHER
def test_arguments_are_others(stream: bool, calls: Calls) -> None:
    assert joined(calls("bad_arguments_schema", stream=stream)) == '{"unexpected_argument":true}'
    assert joined(calls("bad_arguments_schema", stream=stream, arguments="[]")) == "[]"


@EITHER
def test_the_tool_was_not_offered(stream: bool, calls: Calls) -> None:
    assert calls("unknown_tool", stream=stream)[0]["function"]["name"] == "no_such_tool"
    assert calls("unknown_tool", stream=stream, name="rm")[0]["function"]["name"] == "rm"
    assert joined(calls("unknown_tool", stream=stream)) == joined(calls("slow_head", stream=stream))


def test_arguments_are_an_object(calls: Calls) -> None:
    good = calls("slow_head", stream=False)

    found = calls("arguments_as_object", stream=False)

    assert found[0]["function"]["arguments"] == json.loads(joined(good))


def test_fragments_have_no_index(calls: Calls) -> None:
    good = calls("slow_head", stream=True)

    assert calls("tool_index_missing", stream=True) == [
        {key: value for key, value in call.items() if key != "index"} for call in good
    ]


def test_fragments_repeat_their_head_or_say_it_is_null(calls: Calls) -> None:
    first, *later = calls("slow_head", stream=True)
    identity = {"id": first["id"], "type": "function"}
    name = first["function"]["name"]

    repeated, null = calls("repeated_tool_ids", stream=True), calls("null_tool_ids", stream=True)

    assert repeated[0] == null[0] == first
    assert [
        {**call, **identity, "function": {"name": name, **call["function"]}} for call in later
    ] == repeated[1:]
    assert null[1:] == [
        {**call, "id": None, "type": None, "function": {"name": None, **call["function"]}} for call in later
    ]


def test_each_of_several_calls_is_broken_once() -> None:
    def event(index: int, arguments: str) -> bytes:
        call = {"index": index, "function": {"arguments": arguments}}
        return (
            b"data: %s\n\n"
            % json.dumps({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}).encode()
        )

    head = Head(200, [(b"content-type", b"text/event-stream")])
    flow = [head, *(Send(event(*one)) for one in ((0, ""), (0, '{"a"'), (0, ":1}"), (1, "{}")))]

    sent = [step.data for step in rewrite("bad_arguments_json", {})(flow) if isinstance(step, Send)]

    found = [json.loads(data[6:])["choices"][0]["delta"]["tool_calls"][0] for data in sent]
    assert [one["function"]["arguments"] for one in found] == ["", '{,"a"', ":1}", "{,}"]


@pytest.mark.parametrize(
    "call", [{"id": "a", "type": "custom", "custom": {"name": "f", "input": "x"}}, "odd", {"function": None}]
)
@pytest.mark.parametrize("name", ["bad_arguments_json", "unknown_tool", "arguments_as_object"])
def test_what_is_no_function_call_stays(name: str, call: Any) -> None:
    body = json.dumps({"choices": [{"index": 0, "message": {"tool_calls": [call]}}]}).encode()
    whole = [Head(200, [(b"content-type", b"application/json")]), Send(body)]

    assert list(rewrite(name, {})(whole)) == whole
