"""What the official client's accumulating helper makes of odd streams (FACTS F.4), and who names the cause.

The rows hold for openai 3.14 and later; nothing of ours is served here but bytes written down.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeAlias

import openai
import pytest
from openai import OpenAI

from understudy.contracts import check_stream

httpx2 = pytest.importorskip("httpx2", reason="the official client before 3.0 stands on httpx")
pytestmark = pytest.mark.skipif(
    tuple(map(int, openai.__version__.split(".")[:2])) < (3, 14), reason="older clients do otherwise"
)

Chunks: TypeAlias = "list[dict[str, Any]]"
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def chunk(delta: Any, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {
        "id": "chatcmpl-" + "a" * 29, "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
        "service_tier": "default", "system_fingerprint": None, "choices": [choice],
    }  # fmt: skip


def call(index: int, arguments: str, **head: Any) -> dict[str, Any]:
    named = {"name": "f", "arguments": arguments} if head else {"arguments": arguments}
    return {"tool_calls": [{"index": index, **head, "function": named}]}


HEAD = {"id": "call_" + "a" * 24, "type": "function"}
OTHER = {"id": "call_" + "b" * 24, "type": "function"}
TEXT = [
    chunk({"role": "assistant", "content": "", "refusal": None}),
    chunk({"content": "Hel"}),
    chunk({"content": "lo"}),
    chunk({}, "stop"),
]
CALLS = [
    chunk({"role": "assistant", "content": None, "refusal": None, **call(0, "", **HEAD)}),
    chunk(call(0, "{")),
    chunk(call(0, "}")),
    chunk({}, "tool_calls"),
]
CUSTOM_HEAD = {"index": 0, **HEAD, "type": "custom", "custom": {"name": "c", "input": ""}}
CUSTOM = [
    chunk({"role": "assistant", "content": None, "tool_calls": [CUSTOM_HEAD], "refusal": None}),
    chunk({"tool_calls": [{"index": 0, "custom": {"input": "x"}}]}),
    chunk({}, "tool_calls"),
]


def sent(chunks: Chunks) -> bytes:
    events = [json.dumps(one, separators=(",", ":"), ensure_ascii=False) for one in chunks]
    return "".join(f"data: {text}\n\n" for text in (*events, "[DONE]")).encode()


def helped(data: bytes) -> Any:
    """Return the choice that the helper ends with."""
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, content=data, headers=headers))
    client = OpenAI(
        api_key="sk-any", base_url="http://fake/v1", http_client=httpx2.Client(transport=transport)
    )
    question: Any = [{"role": "user", "content": "hi"}]
    with client.chat.completions.stream(model="gpt-4o", messages=question) as events:
        for _ in events:
            pass
        return events.get_final_completion()


def edit(at: int, **members: Any) -> Callable[[Chunks], None]:
    """Return the change of the delta of the chunk *at*: None takes a member away."""

    def change(chunks: Chunks) -> None:
        delta = chunks[at]["choices"][0]["delta"]
        delta.update(members)
        for name in [name for name, value in members.items() if value is None]:
            del delta[name]

    return change


def each(change: Callable[[dict[str, Any]], Any]) -> Callable[[Chunks], None]:
    def changed(chunks: Chunks) -> None:
        for one in chunks:
            change(one)

    return changed


def piece(at: int, **members: Any) -> Callable[[Chunks], None]:
    return lambda chunks: chunks[at]["choices"][0]["delta"]["tool_calls"][0].update(members)


def unpiece(at: int, name: str) -> Callable[[Chunks], None]:
    return lambda chunks: chunks[at]["choices"][0]["delta"]["tool_calls"][0].pop(name)


def count_from_one(one: dict[str, Any]) -> None:
    one["choices"][0]["index"] = 1


# row of F.4 -> the chunks, the change, what is raised or what is seen of the result, the rule of ours
Seen: TypeAlias = "Callable[[Any], bool]"
ODD: dict[str, tuple[Chunks, Callable[[Chunks], Any], type[Exception] | Seen, str]] = {
    "object missing": (TEXT, each(lambda one: one.pop("object")), AssertionError, "chunk.required"),
    "another object": (TEXT, each(lambda one: one.update(object="chat.completion")), AssertionError, "chunk.const"),
    "role in every chunk": (
        TEXT, each(lambda one: one["choices"][0]["delta"].update(role="assistant")),
        lambda done: done.choices[0].message.role == "assistant" * 4, "stream.role_repeated",
    ),
    "role never": (TEXT, edit(0, role=None), lambda done: done.choices[0].message.role is None, "stream.role_missing"),
    "finish never": (
        TEXT, lambda chunks: chunks.pop(), lambda done: done.choices[0].finish_reason is None, "stream.finish_missing"
    ),
    "choices null": (TEXT, lambda chunks: chunks[1].update(choices=None), TypeError, "chunk.type"),
    "choices missing": (TEXT, lambda chunks: chunks[1].pop("choices"), TypeError, "chunk.required"),
    "delta null": (TEXT, lambda chunks: chunks[1]["choices"][0].update(delta=None), AttributeError, "chunk.type"),
    "delta missing": (TEXT, lambda chunks: chunks[1]["choices"][0].pop("delta"), AttributeError, "chunk.required"),
    "choice index missing": (TEXT, each(lambda one: one["choices"][0].pop("index")), TypeError, "chunk.required"),
    "first choice index 1": (TEXT, each(count_from_one), IndexError, "stream.choice_index"),
    "tool index missing": (CALLS, unpiece(0, "index"), TypeError, "chunk.required"),
    "tool type missing": (
        CALLS, unpiece(0, "type"), lambda done: done.choices[0].message.tool_calls[0].type is None, "stream.tool_head"
    ),
    "null in a later fragment": (CALLS, piece(1, type=None), AssertionError, "stream.tool_repeated"),
    "id in each fragment": (
        CALLS, piece(1, id=HEAD["id"]),
        lambda done: done.choices[0].message.tool_calls[0].id == HEAD["id"] * 2, "stream.tool_repeated",
    ),
    "index 1 before 0": (
        CALLS, lambda chunks: chunks.insert(1, chunk(call(2, "", **OTHER))), IndexError, "stream.tool_index"
    ),
    "usage too early": (
        TEXT, lambda chunks: chunks[1].update(usage=USAGE), lambda done: done.usage is None, "stream.usage_place"
    ),
    "ping": (TEXT, lambda chunks: chunks.insert(1, {"type": "ping"}), lambda done: done.choices[0].message.content == "Hello", "chunk.required"),
}  # fmt: skip


@pytest.mark.parametrize("row", ODD)
def test_the_helper_makes_something_else_of_it(row: str) -> None:
    right, change, outcome, rule = ODD[row]
    chunks = deepcopy(right)
    change(chunks)

    if isinstance(outcome, type):
        with pytest.raises(outcome):
            helped(sent(chunks))
    else:
        assert outcome(helped(sent(chunks)))
    assert rule in {found.rule for found in check_stream(sent(chunks))}


@pytest.mark.parametrize("chunks", [TEXT, CALLS], ids=["text", "calls"])
def test_the_helper_takes_what_they_were_made_from(chunks: Chunks) -> None:
    assert helped(sent(chunks)).choices[0].finish_reason in ("stop", "tool_calls")


def test_the_helper_of_python_does_not_take_custom_tools() -> None:
    with pytest.raises(AttributeError):
        helped(sent(CUSTOM))


@pytest.mark.parametrize(
    ("finish", "error"),
    [("length", openai.LengthFinishReasonError), ("content_filter", openai.ContentFilterFinishReasonError)],
)
def test_the_helper_raises_for_what_was_not_finished(finish: str, error: type[Exception]) -> None:
    chunks = deepcopy(TEXT)
    chunks[-1]["choices"][0]["finish_reason"] = finish

    with pytest.raises(error):
        helped(sent(chunks))
