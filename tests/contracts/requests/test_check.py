"""Each rule of a request catches the one thing it is for, and nothing of a sound request.

``cases.json`` holds, for each rule, a sound request and the change that breaks it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.contracts import check_request
from understudy.contracts.documents import is_valid, schema, schema_errors
from understudy.contracts.requests.findings import RULES

ASK = {"role": "user", "content": "hi"}
SOUND: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [ASK]}
CLOSED: dict[str, Any] = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
BAD_PARAMETERS = "invalid_function_parameters"


def tools(**function: Any) -> list[Any]:
    return [{"type": "function", "function": {"name": "find", **function}}]


def strict(properties: dict[str, Any]) -> dict[str, Any]:
    parameters = {**CLOSED, "properties": properties, "required": list(properties)}
    return {"tools": tools(strict=True, parameters=parameters)}


def wants(schema: Any, **more: Any) -> dict[str, Any]:
    return {
        "response_format": {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema, **more}}
    }


def nested(levels: int) -> dict[str, Any]:
    document = CLOSED
    for _ in range(levels - 1):
        document = {**CLOSED, "properties": {"a": document}, "required": ["a"]}
    return wants(document, strict=True)


def passing(what: str, limit: str) -> str:
    return f"In context=(), {what} exceeds limit of {limit}."


def case(rule: str, param: str, code: str | None, message: str, sound: Any, broken: Any) -> dict[str, Any]:
    return {"rule": rule, "param": param, "code": code, "message": message, "sound": sound, "broken": broken}


def over(rule: str, words: str, sound: dict[str, Any], broken: dict[str, Any]) -> dict[str, Any]:
    message = f"Invalid schema for function 'find': {words}"
    return case(rule, "tools[0].function.parameters", BAD_PARAMETERS, message, sound, broken)


def many(number: int) -> dict[str, Any]:
    return strict({f"p{index}": {"type": "null"} for index in range(number)})


def chosen(number: int, length: int = 0) -> dict[str, Any]:
    return strict({"a": {"enum": ["x" * length + str(index) for index in range(number)]}})


# too long to be written out
LONG_CASES = [
    case(
        "array_above_max_length",
        "tools",
        "array_above_max_length",
        "Invalid 'tools': array too long. Expected an array with maximum length 128, "
        "but got an array with length 129 instead.",
        {"tools": [{"type": "function", "function": {"name": f"f{index}"}} for index in range(128)]},
        {"tools": [{"type": "function", "function": {"name": f"f{index}"}} for index in range(129)]},
    ),
    case(
        "strict_nesting",
        "response_format",
        None,
        "Invalid schema for response_format 'reply': " + passing("11 levels of nesting", "10"),
        nested(10),
        nested(11),
    ),
    over("strict_properties", passing("5001 properties", "5000"), many(5000), many(5001)),
    over(
        "strict_text",
        passing("120001 characters of names and values", "120000"),
        strict({"p" * 120_000: {"type": "null"}}),
        strict({"p" * 120_001: {"type": "null"}}),
    ),
    over("strict_enum_values", passing("1001 enum values", "1000"), chosen(1000), chosen(1001)),
    over(
        "strict_enum_text", passing("15703 characters in one enum", "15000"), chosen(250, 60), chosen(251, 60)
    ),
]
CASES: list[dict[str, Any]] = [
    *json.loads(Path(__file__).with_name("cases.json").read_text("utf-8")),
    *LONG_CASES,
]
IDS = [f"{row['rule']}-{index}" for index, row in enumerate(CASES)]


def before(row: dict[str, Any]) -> dict[str, Any]:
    return {**SOUND, **row.get("sound", {})}


def after(row: dict[str, Any]) -> dict[str, Any]:
    broken = {**before(row), **row.get("broken", {})}
    return {key: value for key, value in broken.items() if key not in row.get("without", ())}


@pytest.mark.parametrize("row", CASES, ids=IDS)
def test_one_fault_is_caught_by_its_own_rule_in_the_words_of_the_api(row: dict[str, Any]) -> None:
    assert check_request(before(row)) == ()

    (violation,) = check_request(after(row))

    found = violation.rule, violation.param, violation.code, violation.message
    assert found == (row["rule"], row["param"], row["code"], row["message"])
    assert (violation.tier, violation.source) == (RULES[row["rule"]].tier, RULES[row["rule"]].source)


@pytest.mark.parametrize("document", [None, [], "hi", 5, True])
def test_what_is_no_object_is_refused_whole(document: object) -> None:
    (violation,) = check_request(document)

    assert (violation.rule, violation.path, violation.param) == ("not_an_object", "$", None)


def test_no_rule_lacks_a_case() -> None:
    assert {row["rule"] for row in CASES} | {
        "not_an_object",
        "undocumented_parameter",
        "undocumented_role",
    } == set(RULES)


@pytest.mark.parametrize("row", CASES, ids=IDS)
@pytest.mark.parametrize("profile", ["openai", "compatible"])
def test_the_fast_and_the_thorough_validator_agree(row: dict[str, Any], profile: str) -> None:
    for document in (before(row), after(row)):
        assert is_valid("request", document, profile) == (not schema_errors("request", document, profile))


@pytest.mark.parametrize("name", sorted({*schema("request")["properties"]} - {"model", "messages"}))
def test_null_is_as_good_as_absent(name: str) -> None:
    assert check_request({**SOUND, name: None}) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"tools": tools(description=None, parameters=None, strict=None)},
        {"messages": [{"role": "user", "content": None, "name": None}]},
        {"messages": [{"role": "assistant", "tool_calls": None, "function_call": None, "audio": None}]},
        {"stream": True, "stream_options": {"include_usage": None, "include_obfuscation": None}},
        {"prompt_cache_options": {"mode": None, "ttl": None}},
        wants(None, description=None, strict=None),
    ],
)
def test_null_is_as_good_as_absent_further_in(change: dict[str, Any]) -> None:
    assert check_request({**SOUND, **change}) == ()


def test_a_violation_says_what_came_and_what_to_do() -> None:
    (violation,) = check_request({**SOUND, "metadata": {"a b": 5}})

    assert (violation.path, violation.got, violation.param) == ("$.metadata['a b']", "5", "metadata.a b")
    (violation,) = check_request({**SOUND, "stream_options": {}})
    assert violation.advice == "set stream to true, or leave stream_options out"


@pytest.mark.parametrize("model", ["llama-3", "gpt-5-4-mini", "mistral/tiny"])
def test_a_model_that_is_not_the_apis_own_may_take_anything(model: str) -> None:
    document = {**SOUND, "model": model, "max_tokens": 5, "temperature": 0.2, "stop": ["x"]}

    assert check_request({**document, "reasoning_effort": "max", "web_search_options": {}}) == ()


def test_a_reasoning_model_that_is_told_not_to_reason_takes_a_temperature() -> None:
    document = {**SOUND, "model": "gpt-5.6-sol", "temperature": 0.2}

    assert check_request({**document, "reasoning_effort": "none"}) == ()
    assert [violation.rule for violation in check_request(document)] == ["unsupported_value"]


def test_a_neutral_penalty_asks_a_reasoning_model_for_nothing() -> None:
    assert check_request({**SOUND, "model": "o3", "presence_penalty": 0, "logprobs": False}) == ()


def test_compatible_takes_what_openai_refuses() -> None:
    document = {"messages": [{"role": "bot", "extra": 1}], "zeal": 1, "temperature": 99}

    assert check_request(document, profile="compatible") == ()
    assert [v.rule for v in check_request({"messages": []}, profile="compatible")] == ["empty_array"]


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(ValueError, match="no profile 'opnai'; there are: openai, "):
        check_request(SOUND, profile="opnai")


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**40, -(10**40), 2**63, 10**4000])
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec=None), max_size=5)
    | st.sampled_from(["user", "tool", "assistant", "gpt-5", "function", "text", "\ud800"])
)
keys = st.text(st.characters(codec=None), max_size=4) | st.sampled_from(
    ["type", "role", "content", "function", "tool_calls", "id", "name", "properties", "anyOf", "\udfff"]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)
fields = st.sampled_from(sorted(schema("request")["properties"]))
loose = st.dictionaries(fields | keys, values, max_size=5)
near = st.sampled_from(CASES).flatmap(
    lambda row: loose.map(lambda extra: {**after(row), **extra}),
)


@settings(max_examples=300, deadline=None)
@given(document=values | loose | near)
def test_no_document_makes_it_raise(document: object) -> None:
    for profile, contract in (("openai", "openai"), ("compatible", "compatible"), ("toapis", "compatible")):
        found = check_request(document, profile=profile)

        assert bool(found) >= (not is_valid("request", document, contract))


@settings(max_examples=150, deadline=None)
@given(parameters=st.dictionaries(keys, values, max_size=4))
def test_no_schema_of_a_caller_makes_it_raise(parameters: dict[str, Any]) -> None:
    for strict_or_not in (True, False):
        check_request({**SOUND, "tools": tools(strict=strict_or_not, parameters=parameters)})
        check_request({**SOUND, **wants(parameters, strict=strict_or_not)})


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"properties": {"a": inner}}])
@pytest.mark.parametrize("depth", [100, 3000])
def test_depth_is_no_danger(wrap: Any, depth: int) -> None:
    inner: Any = {}
    for _ in range(depth):
        inner = wrap(inner)

    found = check_request({**SOUND, **strict({"a": inner})})

    assert {violation.rule for violation in found} <= {
        "schema_invalid",
        "strict_additional_properties",
        "strict_required",
        "strict_nesting",
        "strict_untyped",
    }
