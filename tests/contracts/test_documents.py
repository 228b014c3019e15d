"""Our schemas are sound schemas, and both validators read them alike."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from understudy.contracts import check_completion, check_document, check_error, check_stream
from understudy.contracts.documents import (
    KINDS,
    PROFILES,
    Judge,
    contract_of,
    is_valid,
    schema,
    schema_errors,
)
from understudy.contracts.profiles.loading import names, profile, read_profile

PRESENT = [
    (kind, profile)
    for profile in PROFILES
    for kind in KINDS
    if (files("understudy.contracts") / "schemas" / profile / f"{kind}.json").is_file()
]
ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize(("kind", "profile"), PRESENT)
def test_each_schema_is_a_sound_json_schema(kind: str, profile: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind, profile))

    assert schema(kind, profile)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(("kind", "profile"), PRESENT)
def test_no_schema_points_outside_itself(kind: str, profile: str) -> None:
    text = json.dumps(schema(kind, profile))

    assert text.count('"$ref": "') == text.count('"$ref": "#')


def test_requests_have_a_schema_in_each_profile() -> None:
    assert {("request", profile) for profile in PROFILES} <= set(PRESENT)


@pytest.mark.parametrize(
    ("kind", "profile", "words"),
    [
        ("reply", "openai", "no contract for 'reply'; there are: request"),
        ("request", "../secrets", "no profile '../secrets'; there are: openai, compatible"),
    ],
)
def test_what_does_not_exist_is_named(kind: str, profile: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        schema(kind, profile)


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"seed": 2**63 - 1}, True),
        ({"seed": 2**63}, False),
        ({"seed": 10**40}, False),
        ({"n": 1.0}, True),
        ({"n": True}, False),
        ({"temperature": float("inf")}, False),
        ({"user": "\0"}, True),
        ({"user": "\ud800"}, True),
        ({"\ud800": 1}, False),
        ({"messages": [{"role": "\ud800"}]}, False),
        ({"messages": [{"role": "user", "name": "a\n"}]}, False),
        ({"metadata": {"k" * 64: "😀" * 512}}, True),
        ({"metadata": {"k": "😀" * 513}}, False),
    ],
)
def test_both_validators_agree_on_odd_values(change: dict[str, object], fits: bool) -> None:
    document = {**ASK, **change}

    assert is_valid("request", document) is fits
    assert (not schema_errors("request", document)) is fits


def test_a_sound_request_does_not_wait_for_the_slow_validator() -> None:
    script = (
        "import sys; from understudy.contracts import check_request;"
        f"print(check_request({ASK!r}), 'jsonschema' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["()", "False"]


def test_replies_may_have_a_contract_of_their_own() -> None:
    azure = profile("azure")

    assert (azure.contract, contract_of(azure)) == ("openai", "compatible")
    assert contract_of(read_profile("name: mine\nextends: azure", "mine.yaml")) == "compatible"
    assert contract_of(read_profile("name: mine\nextends: toapis\nreplies: openai", "mine.yaml")) == "openai"


def test_every_profile_has_a_contract() -> None:
    assert {contract_of(name) for name in names()} == set(PROFILES)
    assert [contract_of(name) for name in names()] == [contract_of(profile(name)) for name in names()]
    assert [contract_of(name) for name in PROFILES] == list(PROFILES)
    with pytest.raises(ValueError, match="no profile 'opnai'; there are: openai, "):
        contract_of("opnai")


@pytest.mark.parametrize(
    ("document", "sound"), [("ab", True), ("ab\n", False), ("\ud800", False), (3, False)]
)
def test_a_judge_says_yes_or_why_not(document: object, sound: bool) -> None:
    judge = Judge({"type": "string", "pattern": "^[a-z]+$"})

    assert judge.is_valid(document) is sound
    assert (not judge.errors(document)) is sound


@pytest.mark.parametrize("known", ["bytespike", profile("bytespike"), "toapis"])
def test_a_gateways_reply_is_judged_by_its_contract(known: Any) -> None:
    message = {"role": "assistant", "content": "hi"}
    reply = {"id": "x", "object": "chat.completion", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}  # fmt: skip

    assert [one for one in check_completion(reply, profile=known) if one.tier == "error"] == []
    assert [one for one in check_document("completion", reply, profile=known) if one.tier == "error"] == []
    assert [one.rule for one in check_completion(reply) if one.tier == "error"]
    assert check_error({"error": {"message": "no"}}, profile=known) == check_error(
        {"error": {"message": "no"}}, profile="compatible"
    )
    assert check_stream(b"data: {}\n\n", profile=known) == check_stream(b"data: {}\n\n", profile="compatible")
