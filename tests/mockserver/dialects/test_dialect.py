"""The reply section of a profile, read."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from understudy.contracts.profiles.loading import names, profile
from understudy.mockserver.dialects.dialect import dialect_of

PROFILES = files("understudy.contracts.profiles")
NAMES = [name for name in names() if profile(name).reply]


def schema() -> Any:
    return json.loads(PROFILES.joinpath("reply.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_the_section_of_a_built_in_profile_fits_its_schema_and_is_read(name: str) -> None:
    section = json.loads(PROFILES.joinpath(f"data/{name}.json").read_text("utf-8"))["reply"]

    assert [error.message for error in Draft202012Validator(schema()).iter_errors(section)] == []
    assert dialect_of(section).message


@pytest.mark.parametrize("name", ["openai", "toapis", "compatible"])
def test_profiles_that_document_no_shape_have_openai_s(name: str) -> None:
    document = json.loads(PROFILES.joinpath(f"data/{name}.json").read_text("utf-8"))

    assert not document.get("reply")


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


def test_what_a_section_leaves_out_is_openai_s() -> None:
    found = dialect_of({"fingerprint": None})

    assert found is not None
    assert list(found.completion)[:3] == ["id", "object", "created"]
    assert found.stream.usage == "asked"
    assert found.usage is None
    assert found.own_fingerprint


def test_decimals_become_floats_that_json_can_write() -> None:
    found = dialect_of({"completion": {"id": "$id", "cost": [Decimal("0.5")]}})

    assert found is not None
    assert json.dumps(found.completion["cost"]) == "[0.5]"


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        (
            {"completion": {"id": "$idd"}},
            "reply.completion: nothing is called $idd; there are: $choices, $created",
        ),
        ({"usage": {"x": "$promt-$cached"}}, "reply.usage: nothing is called $promt"),
        ({"stream": {"chunk": {"x": "$pendin"}}}, "reply.stream: nothing is called $pendin"),
        ({"error": {"default": {"body": {"x": "$messag"}}}}, "reply.error: nothing is called $messag"),
        ({"message": {"x": "$1"}}, "reply.message: '$1' is no $name"),
        ({"draws": {"id": "{uid}"}}, "reply.draws.id: no part {uid}"),
        ({"call_id": "{hex:0}"}, "reply.call_id: {hex:N} takes N from 1 to 64"),
        ({"headers": {"all": {"x-id": "{uid}"}}}, "reply.headers.all.x-id: no part {uid}"),
        ({"headers": {"all": {"x-id": "$request"}}}, "reply.headers: nothing is called $request"),
    ],
)
def test_a_mistake_is_named_with_its_place(section: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=r"^reply") as caught:
        dialect_of(section)

    assert reason in str(caught.value)


def test_what_is_drawn_has_a_name_in_templates() -> None:
    found = dialect_of({"draws": {"request": "req_{ulid}"}, "completion": {"id": "$request"}})

    assert found is not None
