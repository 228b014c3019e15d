"""What a profile documents of a request is laid over its contract, in the same words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.contracts import check_request
from understudy.contracts.profiles.loading import names, profile, read_profile
from understudy.contracts.profiles.profile import Profile
from understudy.contracts.requests.profiles import overlay_of

ASK = {"role": "user", "content": "hi"}
SOUND: dict[str, Any] = {"model": "gpt-5-4-mini", "messages": [ASK]}
TOOLS = [{"type": "function", "function": {"name": "find"}}]
NO_ROLE = "Invalid value: '{}'. Supported values are: 'system', 'user', and 'assistant'."


def laid(text: str) -> Profile:
    return read_profile(f"name: mine\n{text}", "mine.yaml")


OVER_OPENAI = laid(
    """
extends: openai
roles: [user]
waived: [json_word_missing]
fields:
  temperature: {maximum: 5}
  top_p: {types: [number, string]}
  n: {minimum: 2}
  verbosity: {values: [loud]}
  tools: {min_items: 0, max_items: 2}
  user: {max_length: 2, required: true}
  zeal: {types: [boolean]}
"""
)
MINE = {"model": "gpt-4o", "messages": [ASK], "user": "me"}


def errors(document: object, known: str | Profile) -> list[tuple[str, str | None, str]]:
    found = check_request(document, profile=known)
    return [(one.rule, one.param, one.message) for one in found if one.tier == "error"]


@pytest.mark.parametrize(
    ("name", "change", "rule", "param", "message"),
    [
        (
            "bytespike",
            {"max_tokens": 16_385},
            "integer_above_max_value",
            "max_tokens",
            "Invalid 'max_tokens': integer above maximum value. Expected a value <= 16384, but got 16385 instead.",
        ),
        (
            "bytespike",
            {"max_tokens": "9"},
            "invalid_type",
            "max_tokens",
            "Invalid type for 'max_tokens': expected an integer, but got a string instead.",
        ),
        (
            "bytespike",
            {"tools": {}},
            "invalid_type",
            "tools",
            "Invalid type for 'tools': expected an array of objects, but got an object instead.",
        ),
        (
            "bytespike",
            {"response_format": "json"},
            "invalid_type",
            "response_format",
            "Invalid type for 'response_format': expected an object, but got a string instead.",
        ),
        ("bytespike", {"model": None}, "missing_model", None, "you must provide a model parameter"),
        (
            "toapis",
            {"max_tokens": 0},
            "integer_below_min_value",
            "max_tokens",
            "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (
            "toapis",
            {"temperature": 2.5},
            "decimal_above_max_value",
            "temperature",
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
        ),
        (
            "toapis",
            {"top_p": -0.5},
            "decimal_below_min_value",
            "top_p",
            "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
        ),
        (
            "toapis",
            {"stop": list("abcde")},
            "array_above_max_length",
            "stop",
            "Invalid 'stop': array too long. Expected an array with maximum length 4, "
            "but got an array with length 5 instead.",
        ),
        (
            "toapis",
            {"stop": 3},
            "invalid_type",
            "stop",
            "Invalid type for 'stop': expected one of a string or array of strings, but got an integer instead.",
        ),
        (
            "toapis",
            {"messages": [ASK, {"role": "developer", "content": "x"}]},
            "invalid_value",
            "messages[1].role",
            NO_ROLE.format("developer"),
        ),
        (
            "toapis",
            {"messages": [{"role": "tool", "content": "x"}]},
            "invalid_value",
            "messages[0].role",
            NO_ROLE.format("tool"),
        ),
        (
            "toapis",
            {"messages": []},
            "empty_array",
            "messages",
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        ),
        (
            "compatible",
            {"stream": "yes"},
            "invalid_type",
            "stream",
            "Invalid type for 'stream': expected a boolean, but got a string instead.",
        ),
    ],
)
def test_a_breach_is_worded_as_the_api_words_it(
    name: str, change: dict[str, Any], rule: str, param: str | None, message: str
) -> None:
    assert errors({**SOUND, **change}, name) == [(rule, param, message)]


@pytest.mark.parametrize("name", ["bytespike", "toapis"])
@pytest.mark.parametrize("missing", ["model", "messages"])
def test_what_a_gateway_requires_is_missed(name: str, missing: str) -> None:
    document = {key: value for key, value in SOUND.items() if key != missing}

    assert [rule for rule, _, _ in errors(document, name)] == [
        "missing_model" if missing == "model" else "missing_required_parameter"
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"max_tokens": 16_384},
        {"max_tokens": None, "stream": None, "tools": None, "response_format": None},
        {"temperature": 0.2, "stop": ["x"], "reasoning_effort": "max", "top_p": 0.5},
        {"response_format": {"type": "json_object"}},
        {"zeal": [{}]},
    ],
)
def test_bytespike_takes_what_it_does_not_forbid(change: dict[str, Any]) -> None:
    assert errors({**SOUND, **change}, "bytespike") == []


def test_what_is_not_documented_is_noted_and_no_error() -> None:
    found = check_request({**SOUND, "temperature": 9, "zeal": 1}, profile="bytespike")

    assert [(one.tier, one.rule, one.param, one.message) for one in found] == [
        ("info", "undocumented_parameter", "temperature", "BYTESPIKE documents no 'temperature'."),
        ("info", "undocumented_parameter", "zeal", "BYTESPIKE documents no 'zeal'."),
    ]
    assert check_request({**SOUND, "zeal": 1}, profile="compatible") == ()


def test_a_tool_is_answered_where_tools_are_documented_and_offered() -> None:
    messages = [ASK, {"role": "assistant", "tool_calls": []}, {"role": "tool", "content": "x"}]
    found = check_request({**SOUND, "messages": messages, "tools": TOOLS}, profile="toapis")

    assert [(one.tier, one.rule, one.param) for one in found] == [
        ("info", "undocumented_role", "messages[2].role")
    ]


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({}, []),
        ({"temperature": 4.5}, []),
        ({"temperature": 5.5}, ["decimal_above_max_value"]),
        ({"temperature": -1}, ["decimal_below_min_value"]),
        ({"temperature": "hot"}, ["invalid_type"]),
        ({"top_p": "much"}, []),
        ({"top_p": 2}, ["decimal_above_max_value"]),
        ({"n": 1}, ["integer_below_min_value"]),
        ({"n": 200}, ["integer_above_max_value"]),
        ({"verbosity": "low"}, ["invalid_value"]),
        ({"verbosity": "loud"}, []),
        ({"tools": []}, []),
        ({"tools": TOOLS * 3}, ["array_above_max_length"]),
        ({"user": "you"}, ["string_above_max_length"]),
        ({"user": None}, ["invalid_type"]),
        ({"zeal": True}, []),
        ({"zeal": 1}, ["invalid_type"]),
        ({"other": 1}, ["unknown_parameter"]),
        ({"response_format": {"type": "json_object"}}, []),
        ({"messages": [{"role": "system", "content": "x"}]}, ["invalid_value"]),
        ({"messages": [{"role": "user", "content": 5}]}, ["invalid_type"]),
        ({"stream_options": {}}, ["stream_options_without_stream"]),
        ({"model": ""}, ["missing_model"]),
    ],
)
def test_what_a_profile_says_takes_the_place_of_what_the_contract_says(
    change: dict[str, Any], rules: list[str]
) -> None:
    assert [rule for rule, _, _ in errors({**MINE, **change}, OVER_OPENAI)] == rules


def test_a_required_field_is_missed() -> None:
    assert errors({"model": "gpt-4o", "messages": [ASK]}, OVER_OPENAI) == [
        ("missing_required_parameter", "user", "Missing required parameter: 'user'.")
    ]


def test_breaches_come_in_the_order_of_the_api() -> None:
    document = {"messages": [{"role": "bot"}], "top_p": 3, "max_tokens": 0}

    assert [rule for rule, _, _ in errors(document, "toapis")] == [
        "missing_model",
        "integer_below_min_value",
        "invalid_value",
        "decimal_above_max_value",
    ]


@pytest.mark.parametrize("name", ["openai", "compatible"])
def test_a_profile_that_says_what_its_contract_says_costs_nothing(name: str) -> None:
    assert overlay_of(profile(name)) is None
    assert overlay_of(read_profile(f"name: mine\nextends: {name}", "mine.yaml")) is None


def test_a_name_and_its_profile_judge_alike() -> None:
    document = {**SOUND, "max_tokens": 20_000, "n": 0}

    for name in names():
        assert check_request(document, profile=name) == check_request(document, profile=profile(name))


shapes = st.recursive(
    st.none()
    | st.integers(-2, 20_000)
    | st.floats(-3, 3)
    | st.text(max_size=3)
    | st.sampled_from(["tool", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.text(max_size=3) | st.just("role"), inner, max_size=2)
    ),
    max_leaves=10,
)
keys = st.sampled_from([*(one.name for one in profile("openai").fields), "zeal", "\udfff"])


@settings(max_examples=300, deadline=None)
@given(document=shapes | st.dictionaries(keys, shapes, max_size=6), known=st.sampled_from(names()))
def test_no_document_makes_it_raise(document: object, known: str) -> None:
    for one in check_request(document, profile=known):
        assert one.tier in ("error", "warning", "info")
    check_request(document, profile=OVER_OPENAI)
