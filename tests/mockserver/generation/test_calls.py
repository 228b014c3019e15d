"""Made-up tool calls: which tools are called, and with what."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import pytest

from understudy.mockserver.chat import Choice, read_chat
from understudy.mockserver.generation.source import generated
from understudy.mockserver.generation.tool_choice import chosen
from understudy.mockserver.instances.instance import Unsatisfiable
from understudy.mockserver.tokens.bpe import count

WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
    "required": ["city", "days"],
    "additionalProperties": False,
}


def _function(name: str, description: str = "", parameters: Any = None) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


TOOLS = [
    _function("get_weather", "The forecast for a city", WEATHER),
    _function("get_time", "The local hour", {"type": "object", "properties": {}}),
    {"type": "custom", "custom": {"name": "run_code", "description": "Executes a script"}},
]
CALL_ID = re.compile(r"call_[A-Za-z0-9]{24}")


def one(prompt: str, /, **more: Any) -> Choice:
    document = {"model": "gpt-4o", "messages": [{"role": "user", "content": prompt}], **more}
    (choice,) = generated(1)(read_chat(document)).choices
    return choice


def names(choice: Choice) -> list[str]:
    calls = choice.message.get("tool_calls") or ()
    return [call[call["type"]]["name"] for call in calls]


NAMED = {"type": "function", "function": {"name": "get_time"}}
ALLOWED: dict[str, Any] = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}}
MUST = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}
RESULT = [
    {"role": "user", "content": "What is the weather?"},
    {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "x"}}]},
    {"role": "tool", "tool_call_id": "c", "content": "sunny"},
]


@pytest.mark.parametrize(
    ("more", "called", "ended"),
    [
        ({}, ["get_weather"], "tool_calls"),
        ({"tool_choice": "auto"}, ["get_weather"], "tool_calls"),
        ({"tool_choice": "none"}, [], "stop"),
        ({"tool_choice": "required"}, ["get_weather"], "tool_calls"),
        ({"tool_choice": "any"}, ["get_weather"], "tool_calls"),
        ({"messages": RESULT, "tool_choice": "any"}, ["get_weather"], "tool_calls"),
        ({"tool_choice": NAMED}, ["get_time"], "stop"),
        ({"tool_choice": NAMED, "model": "gpt-5"}, ["get_time"], "tool_calls"),
        ({"tool_choice": {"type": "custom", "custom": {"name": "run_code"}}}, ["run_code"], "stop"),
        ({"tool_choice": ALLOWED}, ["get_time"], "tool_calls"),
        ({"tool_choice": MUST, "messages": RESULT}, ["get_time"], "tool_calls"),
        ({"messages": RESULT}, [], "stop"),
        ({"messages": [*RESULT, {"role": "system", "content": "Be brief."}]}, [], "stop"),
        ({"messages": [*RESULT, *({"role": "developer", "content": "Now."},) * 2]}, [], "stop"),
        ({"messages": RESULT, "tool_choice": "required"}, ["get_weather"], "tool_calls"),
        ({"tools": []}, [], "stop"),
        ({"tools": [None, {"type": "function"}]}, [], "stop"),
    ],
)
def test_tools_are_called_as_the_request_says(more: dict[str, Any], called: list[str], ended: str) -> None:
    choice = one("What is the weather?", **{"tools": TOOLS, **more})

    assert names(choice) == called
    assert choice.finish_reason == ended
    assert (choice.message["content"] is None) == bool(called)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("weather and time, please", ["get_weather", "get_time"]),
        ("What is the forecast?", ["get_weather"]),
        ("Which hour is it?", ["get_time"]),
        ("run the code", ["run_code"]),
    ],
)
def test_the_tool_that_the_prompt_speaks_of_is_called(prompt: str, expected: list[str]) -> None:
    assert names(one(prompt, tools=TOOLS)) == expected
    assert names(one(prompt, tools=TOOLS, parallel_tool_calls=False)) == expected[:1]


def test_where_the_prompt_speaks_of_none_chance_calls_one() -> None:
    called = {tuple(names(one(f"xyzzy {at}", tools=TOOLS))) for at in range(40)}

    assert called == {("get_weather",), ("get_time",), ("run_code",)}


def test_a_call_has_the_shape_of_the_api_and_arguments_that_validate() -> None:
    choice = one("weather", tools=TOOLS)

    (call,) = choice.message["tool_calls"]
    assert list(choice.message) == ["role", "content", "tool_calls", "refusal", "annotations"]
    assert list(call) == ["id", "type", "function"]
    assert CALL_ID.fullmatch(call["id"])
    assert jsonschema_rs.validator_for(WEATHER).is_valid(json.loads(call["function"]["arguments"]))
    assert choice.pieces is None


@pytest.mark.parametrize(
    "parameters", [None, {}, {"properties": {"a": {"type": "integer"}}}, True, {"type": "object"}]
)
def test_arguments_are_an_object_even_where_nothing_says_so(parameters: Any) -> None:
    (call,) = one("f", tools=[_function("f", "", parameters)]).message["tool_calls"]

    assert isinstance(json.loads(call["function"]["arguments"]), dict)


def test_a_custom_tool_is_given_text_of_its_grammar() -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "^[0-9]{3}$"}}
    tool = {"type": "custom", "custom": {"name": "dial", "format": grammar}}

    (call,) = one("dial", tools=[tool]).message["tool_calls"]

    assert list(call) == ["id", "type", "custom"]
    assert re.fullmatch("[0-9]{3}", call["custom"]["input"])


def _grammar(syntax: Any, definition: Any) -> dict[str, Any]:
    wanted = {"type": "grammar", "grammar": {"syntax": syntax, "definition": definition}}
    return {"type": "custom", "custom": {"name": "dial", "format": wanted}}


def test_a_custom_tool_is_given_text_of_its_lark_grammar() -> None:
    definition = 'start: PLACE "-" PLACE\nPLACE: /[A-Z]{3}/'

    (call,) = one("dial", tools=[_grammar("lark", definition)]).message["tool_calls"]

    assert re.fullmatch("[A-Z]{3}-[A-Z]{3}", call["custom"]["input"])


@pytest.mark.parametrize(
    ("syntax", "definition", "reason"),
    [
        ("lark", "start: X", "there is no rule 'X'"),
        ("bnf", "start", "only grammars of regex and lark can be drawn"),
        ("regex", 3, "only grammars of regex and lark can be drawn"),
        ("regex", "(", "pattern"),
    ],
)
def test_a_grammar_that_is_not_drawn_is_an_error(syntax: Any, definition: Any, reason: str) -> None:
    with pytest.raises(Unsatisfiable, match=reason):
        one("dial", tools=[_grammar(syntax, definition)])


def test_a_custom_tool_without_a_format_is_given_words_of_the_prompts_language() -> None:
    (call,) = one("Сделай это", tools=[{"type": "custom", "custom": {"name": "f"}}]).message["tool_calls"]

    assert re.search("[а-я]", call["custom"]["input"])


def test_several_choices_call_with_different_arguments() -> None:
    document = {"messages": [{"role": "user", "content": "weather"}], "tools": TOOLS[:1], "n": 20}

    choices = generated(1)(read_chat(document)).choices

    assert len({choice.message["tool_calls"][0]["function"]["arguments"] for choice in choices}) == 20


@pytest.mark.parametrize(
    ("choice", "ended"),
    [(None, "function_call"), ("auto", "function_call"), ({"name": "get_weather"}, "stop")],
)
def test_legacy_functions_are_called_the_legacy_way(choice: Any, ended: str) -> None:
    functions = [{"name": "get_weather", "parameters": WEATHER}]

    answer = one("weather", functions=functions, function_call=choice)

    assert list(answer.message) == ["role", "content", "function_call", "refusal", "annotations"]
    assert answer.message["function_call"]["name"] == "get_weather"
    assert answer.finish_reason == ended
    assert "function_call" not in one("weather", functions=functions, function_call="none").message


@pytest.mark.parametrize("most", [0, 1, 3, 6])
def test_a_call_that_is_cut_ends_with_length(most: int) -> None:
    choice = one("weather time", tools=TOOLS, max_tokens=most)

    (call,) = choice.message["tool_calls"]
    assert choice.finish_reason == "length"
    assert count(call["function"]["arguments"]) <= max(most - count("get_weather"), 0)


@pytest.mark.parametrize("most", [9, 10, 12, 15, 20, 30, 60, 1_000])
def test_a_limit_is_kept_with_text_of_several_bytes_a_character(most: int) -> None:
    parameters = {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]}

    choice = one("天気は？", tools=[_function("f", "", parameters)], max_tokens=most)

    arguments = choice.message["tool_calls"][0]["function"]["arguments"]
    assert count(arguments) <= most - count("f")
    assert (choice.finish_reason == "length") == (not arguments.endswith("}"))


def test_camel_case_names_are_words_too() -> None:
    tools = [_function("findTrain"), _function("bookTable")]
    chat = read_chat({"messages": [{"role": "user", "content": "a table please"}], "tools": tools})

    calls = chosen(chat, 0)

    assert calls is not None
    assert [tool.name for tool in calls.tools] == ["bookTable"]
