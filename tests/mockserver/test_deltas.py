"""The sequence of deltas, row by row (FACTS B.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.contracts import Family
from understudy.mockserver.chat import Choice
from understudy.mockserver.deltas import Delta, deltas

PLAIN = Family()
NO_LOGPROBS = {"content": [], "refusal": None}


def function(name: str, arguments: str, call_id: str = "call_1") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def says(**members: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "refusal": None, **members}


def spoken(*choices: Choice) -> list[Delta]:
    return list(deltas(choices, PLAIN))


def texts(choice: Choice) -> list[Any]:
    """Return the delta objects of one choice."""
    return [json.loads(delta.text) for delta in spoken(choice)]


START = {"role": "assistant", "content": "", "refusal": None}
CUSTOM = {"id": "call_9", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}


@pytest.mark.parametrize(
    ("message", "pieces", "sequence"),
    [
        pytest.param(
            says(content="Hello there"), None, [START, {"content": "Hello"}, {"content": " there"}, {}], id="text"
        ),
        pytest.param(
            says(content="Hello there"), ["Hel", "lo there"], [START, {"content": "Hel"}, {"content": "lo there"}, {}],
            id="text in the pieces its source gave",
        ),
        pytest.param(says(content=""), None, [START, {}], id="empty text"),
        pytest.param(
            says(tool_calls=[function("f", '{"a":1}')]), ['{"a"', ":1}"],
            [
                {"role": "assistant", "content": None, "tool_calls": [
                    {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
                ], "refusal": None},
                {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
                {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
                {},
            ],
            id="one call opens in the first delta",
        ),
        pytest.param(
            says(tool_calls=[function("f", "{}", "call_1"), function("g", "[]", "call_2")]), None,
            [
                {"role": "assistant", "content": None},
                {"tool_calls": [
                    {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
                ]},
                {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
                {"tool_calls": [
                    {"index": 1, "id": "call_2", "type": "function", "function": {"name": "g", "arguments": ""}}
                ]},
                {"tool_calls": [{"index": 1, "function": {"arguments": "[]"}}]},
                {},
            ],
            id="parallel calls leave the role alone, without refusal",
        ),
        pytest.param(
            says(tool_calls=[CUSTOM]), ["select", " 1"],
            [
                {"role": "assistant", "content": None, "tool_calls": [
                    {"index": 0, "id": "call_9", "type": "custom", "custom": {"name": "sql", "input": ""}}
                ], "refusal": None},
                {"tool_calls": [{"index": 0, "custom": {"input": "select"}}]},
                {"tool_calls": [{"index": 0, "custom": {"input": " 1"}}]},
                {},
            ],
            id="a custom tool has input",
        ),
        pytest.param(
            says(function_call={"name": "f", "arguments": "{}"}), None,
            [
                {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}, "refusal": None},
                {"function_call": {"arguments": "{}"}},
                {},
            ],
            id="legacy function call",
        ),
        pytest.param(
            says(refusal="I cannot"), None,
            [{"role": "assistant", "content": None, "refusal": ""}, {"refusal": "I"}, {"refusal": " cannot"}, {}],
            id="refusal",
        ),
        pytest.param(
            says(audio={"id": "audio_1", "expires_at": 9, "data": "UklG", "transcript": "Hi"}), None,
            [
                {"role": "assistant", "content": None, "refusal": None, "audio": {"id": "audio_1"}},
                {"audio": {"transcript": "Hi"}}, {"audio": {"data": "UklG"}}, {"audio": {"expires_at": 9}}, {},
            ],
            id="audio ends with its expiry",
        ),
        pytest.param(
            says(audio={"id": "audio_1", "data": "A" * 6_400 + "UklG", "transcript": "Hello there"}), None,
            [
                {"role": "assistant", "content": None, "refusal": None, "audio": {"id": "audio_1"}},
                {"audio": {"transcript": "Hello"}}, {"audio": {"transcript": " there"}},
                {"audio": {"data": "A" * 6_400}}, {"audio": {"data": "UklG"}}, {},
            ],
            id="audio is cut where tokens and bytes end",
        ),
        pytest.param(
            says(audio={"id": "audio_1"}), None,
            [{"role": "assistant", "content": None, "refusal": None, "audio": {"id": "audio_1"}}, {}],
            id="audio without a sound",
        ),
        pytest.param(
            says(content="Look", tool_calls=[function("f", "{}")]), None,
            [
                START, {"content": "Look"},
                {"tool_calls": [
                    {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
                ]},
                {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
                {},
            ],
            id="text, then calls",
        ),
        pytest.param(
            {"role": "assistant", "tool_calls": [function("f", "{}")], "content": "Done", "refusal": None}, None,
            [
                START,
                {"tool_calls": [
                    {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
                ]},
                {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
                {"content": "Done"},
                {},
            ],
            id="calls, then text",
        ),
        pytest.param(
            says(content="See", annotations=[{"type": "url_citation"}]), None,
            [START, {"content": "See"}, {"annotations": [{"type": "url_citation"}]}, {}],
            id="annotations after the text",
        ),
        pytest.param(says(content="See", annotations=[]), None, [START, {"content": "See"}, {}], id="no annotations"),
        pytest.param(
            says(content="4", reasoning_content="2+2"), None, [{**START, "reasoning_content": "2+2"}, {"content": "4"}, {}],
            id="members of other providers open with the role",
        ),
        pytest.param(
            says(content=[{"type": "text", "text": "4"}]), None,
            [START, {"content": [{"type": "text", "text": "4"}]}, {}],
            id="content in parts comes whole",
        ),
    ],
)  # fmt: skip
def test_the_sequence(message: dict[str, Any], pieces: list[str] | None, sequence: list[Any]) -> None:
    choice = Choice(message, pieces=pieces)

    found = spoken(choice)

    assert [json.loads(delta.text) for delta in found] == sequence
    assert [list(json.loads(delta.text)) for delta in found] == [
        list(delta) for delta in sequence
    ]  # key order
    assert [delta.finish_reason for delta in found] == [None] * (len(sequence) - 1) + ["stop"]


@pytest.mark.parametrize(
    "message",
    [
        says(content="Hello there \U0001f3ad"),
        says(tool_calls=[function("f", '{"city": "Paris"}')]),
        says(tool_calls=[function("f", "{}"), CUSTOM]),
        says(function_call={"name": "f", "arguments": '{"a": 1}'}),
        says(refusal="I cannot do that"),
    ],
)
def test_deltas_are_compact_json(message: dict[str, Any]) -> None:
    for delta in spoken(Choice(message)):
        assert delta.text == json.dumps(json.loads(delta.text), separators=(",", ":"), ensure_ascii=False)


def test_choices_take_turns_and_end_in_order() -> None:
    long, short = (
        Choice(says(content="abc"), pieces=list("abc")),
        Choice(says(content="x"), "length", pieces=["x"]),
    )

    found = spoken(long, short)

    assert [(delta.choice, json.loads(delta.text), delta.finish_reason) for delta in found] == [
        (0, START, None), (0, {"content": "a"}, None),
        (1, START, None), (1, {"content": "x"}, None),
        (0, {"content": "b"}, None), (0, {"content": "c"}, None),
        (0, {}, "stop"), (1, {}, "length"),
    ]  # fmt: skip


def test_tokens_alternate_once_all_have_begun() -> None:
    choices = [Choice(says(content="abc"), pieces=list("abc")) for _ in range(3)]

    indexes = [delta.choice for delta in spoken(*choices)]

    assert indexes == [0, 0, 1, 1, 2, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]


def score(token: str, data: bytes | None = None) -> dict[str, Any]:
    spelled = token.encode() if data is None else data
    return {"token": token, "logprob": -0.5, "bytes": list(spelled), "top_logprobs": []}


def test_logprobs_come_one_token_a_chunk() -> None:
    hello, there = score("Hello"), score(" there")
    choice = Choice(says(content="Hello there"), logprobs={"content": [hello, there], "refusal": None})

    found = spoken(choice)

    assert [delta.logprobs for delta in found] == [
        NO_LOGPROBS, {"content": [hello], "refusal": None}, {"content": [there], "refusal": None}, None,
    ]  # fmt: skip
    assert texts(choice) == [START, {"content": "Hello"}, {"content": " there"}, {}]


def test_a_refusal_has_logprobs_of_its_own() -> None:
    choice = Choice(says(refusal="No"), logprobs={"content": None, "refusal": [score("No")]})

    assert [delta.logprobs for delta in spoken(choice)] == [
        None,
        {"content": [], "refusal": [score("No")]},
        None,
    ]


def test_tokens_that_cut_a_character_come_together() -> None:
    mask = "\U0001f3ad".encode()
    cut = [score("\\xf0\\x9f", mask[:2]), score("\\x8e\\xad", mask[2:]), score("!")]

    found = spoken(Choice(says(content="\U0001f3ad!"), logprobs={"content": cut, "refusal": None}))

    assert [json.loads(delta.text).get("content") for delta in found] == ["", "\U0001f3ad", "!", None]
    assert [len((delta.logprobs or NO_LOGPROBS)["content"]) for delta in found] == [0, 2, 1, 0]


def test_a_token_cut_for_good_is_shown_as_it_is_named() -> None:
    cut = [score("a"), score("\\xf0\\x9f", b"\xf0\x9f")]

    found = spoken(Choice(says(content="a\ufffd"), logprobs={"content": cut, "refusal": None}))

    assert [json.loads(delta.text).get("content") for delta in found] == ["", "a", "\\xf0\\x9f", None]


def test_the_end_carries_what_else_the_choice_has() -> None:
    found = spoken(Choice(says(content="a"), extra={"content_filter_results": {}}))

    assert [delta.extra for delta in found] == [{}, {}, {"content_filter_results": {}}]


@given(st.text())
def test_any_text_comes_back_whole(text: str) -> None:
    said = texts(Choice(says(content=text)))

    assert "".join(delta.get("content", "") for delta in said) == text


@given(st.text(), st.text())
def test_any_arguments_come_back_whole(one: str, other: str) -> None:
    joined = {0: "", 1: ""}

    for delta in texts(Choice(says(tool_calls=[function("f", one), function("g", other)]))):
        for call in delta.get("tool_calls", ()):
            joined[call["index"]] += call["function"]["arguments"]

    assert joined == {0: one, 1: other}
