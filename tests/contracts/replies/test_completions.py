"""Each rule of completions, broken alone in a completion that is otherwise right, is named."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from understudy.contracts import check_completion, check_document
from understudy.contracts.replies.completion_rules import RULES
from understudy.contracts.violations import Violation

Document = dict[str, Any]

CALL = {"id": "call_" + "a" * 24, "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
ERROR = {"error": {"message": "no", "type": "t", "param": None, "code": None}}


def text() -> Document:
    return {
        "id": "chatcmpl-CVf4msBhgrvUf9Va4VuyLMKAjhbCG",
        "object": "chat.completion",
        "created": 1761669844,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi", "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 3,
            "total_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": "fp_f33640a400",
    }


def calling(*calls: Document, finish: str = "tool_calls") -> Document:
    document = text()
    message = {"role": "assistant", "content": None, "tool_calls": list(calls), "refusal": None}
    document["choices"][0].update(message=message, finish_reason=finish)
    return document


def call(**members: Any) -> Document:
    return {**deepcopy(CALL), **members}


def arguments(value: Any) -> Document:
    return call(function={"name": "f", "arguments": value})


def edited(**members: Any) -> Document:
    return {**text(), **members}


def without(name: str) -> Document:
    document = text()
    del document[name]
    return document


def choice(**members: Any) -> Document:
    document = text()
    document["choices"][0].update(members)
    return document


def message(**members: Any) -> Document:
    document = text()
    document["choices"][0]["message"].update(members)
    return document


def usage(change: Callable[[Document], Any]) -> Document:
    document = text()
    change(document["usage"])
    return document


def tiers(found: tuple[Violation, ...]) -> dict[str, str]:
    return {violation.rule: violation.tier for violation in found}


FUNCTION_CALL = {"name": "f", "arguments": "{}"}


@pytest.mark.parametrize("profile", ["openai", "compatible"])
@pytest.mark.parametrize(
    "document",
    [
        text(),
        calling(CALL),
        calling(CALL, call(id="call_" + "b" * 24), finish="stop"),
        calling(call(type="custom", custom={"name": "c", "input": "x"})),
        edited(system_fingerprint=None),
        edited(some_new_member={"a": 1}),
        choice(message={"role": "assistant", "content": None, "refusal": "No."}),
        message(function_call=FUNCTION_CALL),
    ],
)
def test_what_the_api_sends_is_right(document: Document, profile: str) -> None:
    assert check_completion(document, profile=profile) == ()


BROKEN: list[tuple[str, str, Document]] = [
    ("completion.choice_index", "error", choice(index=1)),
    ("completion.created_seconds", "error", edited(created=1761669844000)),
    ("completion.id_form", "warning", edited(id="abc")),
    ("completion.fingerprint_form", "warning", edited(system_fingerprint="fp_1")),
    ("completion.usage_total", "error", usage(lambda it: it.update(total_tokens=13))),
    ("completion.usage_missing", "warning", without("usage")),
    (
        "completion.reasoning_tokens",
        "error",
        usage(lambda it: it["completion_tokens_details"].update(reasoning_tokens=4)),
    ),
    (
        "completion.cached_tokens",
        "error",
        usage(lambda it: it["prompt_tokens_details"].update(cached_tokens=10)),
    ),
    ("completion.finish_tool_calls", "error", choice(finish_reason="tool_calls")),
    ("completion.finish_function_call", "error", choice(finish_reason="function_call")),
    ("completion.silent", "warning", message(content=None)),
    ("completion.content_and_refusal", "warning", message(refusal="no")),
    ("completion.arguments_json", "error", calling(arguments('{"a":'))),
    ("completion.arguments_json", "error", calling(arguments('{"a":NaN}'))),
    ("completion.arguments_json", "error", calling(arguments("[" * 100_000))),
    ("completion.arguments_json", "warning", calling(arguments('{"a":'), finish="length")),
    ("completion.arguments_json", "error", message(function_call={"name": "f", "arguments": ""})),
    ("completion.arguments_object", "warning", calling(arguments("1"))),
    ("completion.tool_call_id_repeated", "error", calling(CALL, CALL)),
    ("completion.tool_call_id_form", "warning", calling(call(id="1"))),
    ("completion.error_body", "error", ERROR),
    ("completion.required", "error", without("id")),
    ("completion.const", "error", edited(object="text_completion")),
    ("completion.type", "error", message(content=["Hi"])),
    ("completion.type", "error", calling(arguments({"a": 1}))),
    ("completion.type", "error", message(tool_calls=None)),
    ("completion.enum", "error", choice(finish_reason="eos")),
    ("completion.minItems", "error", message(tool_calls=[])),
    ("completion.minLength", "error", edited(model="")),
    ("completion.minimum", "error", edited(created=-1)),
]


@pytest.mark.parametrize(("rule", "tier", "document"), BROKEN)
def test_a_breach_is_named(rule: str, tier: str, document: Document) -> None:
    assert tiers(check_completion(document)) == {rule: tier}


COMPATIBLE: list[tuple[str, str, Document]] = [
    ("completion.object", "warning", without("object")),
    ("completion.choices_empty", "warning", edited(choices=[])),
    (
        "completion.message_missing",
        "warning",
        edited(choices=[{"index": 0, "finish_reason": "content_filter"}]),
    ),
    ("completion.finish_missing", "warning", choice(finish_reason="")),
    ("completion.tool_call_id_missing", "warning", calling(call(id=""))),
    ("completion.usage_total", "warning", usage(lambda it: it.update(total_tokens=13))),
    ("completion.error_body", "error", ERROR),
    ("completion.required", "error", without("choices")),
    ("completion.type", "error", edited(choices=None)),
]


@pytest.mark.parametrize(("rule", "tier", "document"), COMPATIBLE)
def test_compatible_names_what_breaks_clients(rule: str, tier: str, document: Document) -> None:
    assert tiers(check_completion(document, profile="compatible")) == {rule: tier}


def test_the_tables_of_this_file_cover_every_rule() -> None:
    told = {rule for rule, *_ in [*BROKEN, *COMPATIBLE]}

    assert set(RULES) - told == {"completion.not_json"}  # of files: test_judge.py


@pytest.mark.parametrize("profile", ["openai", "compatible"])
@pytest.mark.parametrize("value", [None, 1, [], "x", {}, {"choices": [1, {"message": 3}], "usage": []}])
def test_anything_can_be_judged(value: Any, profile: str) -> None:
    assert check_completion(value, profile=profile) != ()


def test_a_deep_document_is_judged_without_raising() -> None:
    deep: Any = {}
    for _ in range(3000):
        deep = {"a": deep}

    found = check_completion({**text(), "service_tier": deep})

    assert {violation.rule for violation in found} <= {"completion.depth", "completion.enum"}
    assert found


def test_a_violation_says_what_came_what_is_documented_and_what_to_do() -> None:
    (violation,) = check_completion(message(content=3))

    assert violation.path == "$.choices[0].message.content"
    assert violation.message == "expected string or null, got integer 3"
    assert violation.documented == "string or null"
    assert violation.advice == "send string or null at $.choices[0].message.content"
    assert violation.source == "FACTS B.1"


def test_a_missing_member_is_named_in_the_path() -> None:
    document = text()
    del document["choices"][0]["message"]["refusal"]

    (violation,) = check_completion(document)

    assert violation.path == "$.choices[0].message.refusal"
    assert violation.message == "expected the member 'refusal', got nothing"


MODEL = {"id": "gpt-4o", "object": "model", "created": 1, "owned_by": "system"}
STORED = {"object": "list", "data": [text()], "first_id": "a", "last_id": "a", "has_more": False}
MESSAGE = {"id": "chatcmpl-1-0", "role": "user", "content": "Hi", "name": None, "content_parts": None}
MESSAGES = {"object": "list", "data": [MESSAGE], "first_id": "a", "last_id": "a", "has_more": False}
DELETED = {"id": "chatcmpl-1", "object": "chat.completion.deleted", "deleted": True}


@pytest.mark.parametrize("profile", ["openai", "compatible"])
@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("completion", text()),
        ("error", ERROR),
        ("model", MODEL),
        ("model", {**MODEL, "shutdown_date": "2027-01-01"}),
        ("models", {"object": "list", "data": [MODEL]}),
        ("models", {"object": "list", "data": []}),
        ("stored_list", STORED),
        ("stored_list", {**STORED, "data": [], "first_id": None, "last_id": None}),
        ("message_list", MESSAGES),
        ("deleted", DELETED),
        ("deleted", {**DELETED, "object": "model"}),
    ],
)
def test_the_other_replies_are_right(kind: str, document: Document, profile: str) -> None:
    assert check_document(kind, document, profile=profile) == ()


@pytest.mark.parametrize(
    ("kind", "document", "rule"),
    [
        ("model", {**MODEL, "object": "engine"}, "model.const"),
        ("models", {"object": "list", "data": [{}]}, "models.required"),
        ("stored_list", {**STORED, "has_more": None}, "stored_list.type"),
        ("stored_list", {**STORED, "data": [choice(finish_reason="eos")]}, "stored_list.enum"),
        ("message_list", {**MESSAGES, "data": [{**MESSAGE, "role": "robot"}]}, "message_list.enum"),
        ("deleted", {**DELETED, "deleted": "yes"}, "deleted.type"),
    ],
)
def test_the_other_replies_broken_are_named(kind: str, document: Document, rule: str) -> None:
    assert set(tiers(check_document(kind, document))) == {rule}


@pytest.mark.parametrize("kind", ["request", "embedding"])
def test_an_unknown_kind_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=f"no reply of kind '{kind}'; there are: completion, chunk, error"):
        check_document(kind, {})


@pytest.mark.parametrize("document", [text(), ERROR, None])
def test_an_unknown_profile_is_refused(document: Document) -> None:
    with pytest.raises(ValueError, match="no profile 'azura'"):
        check_completion(document, profile="azura")
