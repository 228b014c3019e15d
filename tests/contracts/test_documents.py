"""Our schemas are sound schemas, and both validators read them alike."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files

import jsonschema
import pytest

from understudy.contracts.documents import KINDS, PROFILES, is_valid, schema, schema_errors

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
