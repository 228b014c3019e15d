"""Every row of FACTS A.7: which rule it is here, that the rule is proven, and what the reply looks like.

``cases.json`` holds the words of each rule, with a request that breaks it and nothing else.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from understudy.contracts import check_request
from understudy.contracts.requests.findings import RULES
from understudy.mockserver.errors import breach, not_json

FACTS = Path(
    os.environ.get("UNDERSTUDY_FACTS", Path(__file__).parents[4] / "shared" / "reference" / "FACTS.md")
)
CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("cases.json").read_text("utf-8"))
SOUND: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}

# row of A.7 -> the rules that say it
ROWS: dict[str, tuple[str, ...]] = {
    "model missing / null / empty": ("missing_model",),
    "required missing": ("missing_required_parameter",),
    "unknown key": ("unknown_parameter", "model_unknown_parameter"),
    "wrong type": ("invalid_type",),
    "enum": ("invalid_value",),
    "below / above int": ("integer_below_min_value", "integer_above_max_value", "n_over_cap"),
    "below / above decimal": ("decimal_below_min_value", "decimal_above_max_value"),
    "empty array": ("empty_array",),
    "array too long": ("array_above_max_length",),
    "string too long": ("string_above_max_length",),
    "pattern": ("pattern",),
    "metadata count": ("object_above_max_properties",),
    "metadata key length": ("property_name_above_max_length",),
    "metadata value": ("string_above_max_length", "invalid_type"),
    "stream_options without stream": ("stream_options_without_stream",),
    "top_logprobs without logprobs": ("top_logprobs_without_logprobs",),
    "top_logprobs over cap": ("top_logprobs_over_cap",),
    "tool_choice without tools": ("tool_choice_without_tools",),
    "parallel_tool_calls without tools": ("parallel_tool_calls_without_tools",),
    "tool_choice names a missing tool": ("tool_choice_missing_tool",),
    "orphan tool message": ("orphan_tool_message",),
    "unanswered tool_calls": ("unanswered_tool_calls",),
    "json_object without the word": ("json_word_missing",),
    "strict schema, response_format": (
        *("strict_additional_properties", "strict_required", "strict_keyword", "strict_nesting"),
        "schema_root_type",
    ),
    "strict schema, function": ("strict_additional_properties", "strict_required", "strict_keyword"),
    "json_schema on old model": ("unsupported_json_schema",),
    "parameter not for this model": ("unsupported_parameter",),
    "value not for this model": ("unsupported_value", "unsupported_effort", "unsupported_role"),
    "prompt_cache_retention in_memory on 5.5+": ("only_24h_caching",),
    "web_search_options on wrong model": ("unsupported_web_search",),
    "bad part kind for model": ("unsupported_content_part",),
    "output cap": ("output_over_cap",),
    "both max_tokens and max_completion_tokens": ("both_token_caps",),
}
# rows that are no rule of the request alone
ELSEWHERE = {
    "body not JSON": "mockserver/errors.py, not_json: there is no request yet",
    "context overflow": "mockserver/overflow.py: needs the count of tokens",
    "image fetch failed": "no picture is fetched",
    "ran out inside a tool call/reasoning": "the answer is cut with finish_reason length",
    "org not verified": "state of an account, not of a request",
    "tier not allowed": "state of a project, not of a request",
}


def rows_of_facts() -> list[str]:
    if not FACTS.is_file():
        pytest.skip(f"no facts at {FACTS} (set UNDERSTUDY_FACTS)")
    section = FACTS.read_text("utf-8").split("## A.7 ")[1].split("\n## ")[0]
    return [row.strip() for row in re.findall(r"^\| ([^|]+?) \|", section, re.MULTILINE)][1:]


def test_every_row_is_a_rule_or_said_to_be_elsewhere() -> None:
    assert sorted(rows_of_facts()) == sorted({**ROWS, **ELSEWHERE})


@pytest.mark.parametrize("row", ROWS)
def test_the_rules_of_a_row_are_errors_and_refuse_with_a_400(row: str) -> None:
    for rule in ROWS[row]:
        case = next((case for case in CASES if case["rule"] == rule), None)
        assert RULES[rule].tier == "error"
        if case is None:
            continue  # too long for the file: test_check.py writes it
        document = {**SOUND, **case.get("sound", {}), **case.get("broken", {})}
        for name in case.get("without", ()):
            del document[name]

        first = breach(check_request(document)[0])

        assert (first.status, first.type) == (400, "invalid_request_error")
        assert (first.param, first.code, first.message) == (case["param"], case["code"], case["message"])
        assert list(json.loads(first.body())["error"]) == ["message", "type", "param", "code"]


def test_a_body_that_is_no_json_is_refused_with_a_hint() -> None:
    error = not_json("Expecting value")

    assert (error.status, error.type, error.param, error.code) == (400, "invalid_request_error", None, None)
    assert error.message.startswith("We could not parse the JSON body of your request. (HINT: This likely")


def test_one_fault_is_answered_the_first_in_the_documented_order() -> None:
    """Each step mends what the API would name first, and the next fault comes to light."""
    document: dict[str, Any] = {"zeal": 1, "n": 0, "temperature": 3, "max_tokens": "x"}
    mends: list[tuple[str, dict[str, Any]]] = [
        ("you must provide a model parameter", {"model": "gpt-4o"}),
        ("Missing required parameter: 'messages'.", {"messages": [{"role": "user", "content": 5}]}),
        ("Unknown parameter: 'zeal'.", {"zeal": None}),
        ("Invalid type for 'max_tokens': expected an integer, but got a string instead.", {"max_tokens": 10**6}),
        ("max_tokens is too large: 1000000.", {"max_tokens": 9}),
        ("Invalid type for 'messages[0].content'", {"messages": SOUND["messages"]}),
        ("Invalid 'n': integer below minimum value.", {"n": 1}),
        ("Invalid 'temperature': decimal above maximum value.", {"temperature": 1}),
    ]  # fmt: skip
    for words, mend in mends:
        assert check_request(document)[0].message.startswith(words)
        document = {key: value for key, value in {**document, **mend}.items() if value is not None}

    assert check_request(document) == ()


@pytest.mark.parametrize("field", ["max_completion_tokens", "max_tokens", "n", "seed", "top_logprobs"])
def test_an_integer_is_not_written_as_a_decimal(field: str) -> None:
    document = {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "hi"}],
        "logprobs": True,
        field: 2.0,
    }

    (found,) = check_request(document)

    assert (found.param, found.code) == (field, "invalid_type")
    assert (
        found.message == f"Invalid type for '{field}': expected an integer, but got a decimal number instead."
    )
