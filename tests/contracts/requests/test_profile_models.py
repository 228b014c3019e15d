"""What a profile's models take: the most tokens that are documented, and the families beneath Azure."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.contracts import check_request
from understudy.contracts.profiles.loading import read_profile
from understudy.contracts.profiles.profile import Profile

ASK = {"role": "user", "content": "hi"}


def laid(text: str) -> Profile:
    return read_profile(f"name: mine\n{text}", "mine.yaml")


def errors(document: object, known: str | Profile) -> list[tuple[str, str | None, str]]:
    found = check_request(document, profile=known)
    return [(one.rule, one.param, one.message) for one in found if one.tier == "error"]


CAPPED = laid("extends: openai\nmodels: {gpt-4o: {output: 50000}, 'gpt-5*': {output: 10}}")
TOO_LARGE = (
    "max_tokens is too large: {0}. This model supports at most {1} completion tokens, "
    "whereas you provided {0}."
)


@pytest.mark.parametrize(
    ("known", "change", "cap"),
    [
        (CAPPED, {"max_tokens": 50_000}, None),  # more than the family's
        (CAPPED, {"max_tokens": 50_001}, 50_000),
        (CAPPED, {"model": "gpt-4o-mini", "max_completion_tokens": 16_385}, 16_384),  # the family's
        (CAPPED, {"model": "gpt-5.2", "max_completion_tokens": 11}, 10),
        (CAPPED, {"model": "gpt-5.2", "max_completion_tokens": 10}, None),
        (laid("extends: vllm\nmodels: {'*': {output: 10}}"), {"max_tokens": 11}, 10),
        (laid("extends: vllm\nmodels: {'*': {context: 10}}"), {"max_tokens": 11}, None),
    ],
)
def test_the_output_that_a_profile_documents_caps_a_request(
    known: Profile, change: dict[str, Any], cap: int | None
) -> None:
    document = {"model": "gpt-4o", "messages": [ASK], **change}
    field = next(name for name in change if name != "model")

    expected = [] if cap is None else [("output_over_cap", field, TOO_LARGE.format(change[field], cap))]
    assert errors(document, known) == expected


def test_a_cap_of_no_use_is_told_once() -> None:
    document = {"model": ["gpt-4o"], "messages": [ASK], "max_tokens": "11"}

    assert [rule for rule, _, _ in errors({**document, "model": "gpt-4o"}, CAPPED)] == ["invalid_type"]
    assert [rule for rule, _, _ in errors(document, CAPPED)] == ["invalid_type", "invalid_type"]


def test_azure_refuses_what_openai_s_models_do_not_take() -> None:
    document = {"model": "gpt-5-mini", "messages": [ASK], "max_tokens": 5, "temperature": 3}

    assert [(rule, param) for rule, param, _ in errors(document, "azure")] == [
        ("unsupported_parameter", "max_tokens"),
        ("decimal_above_max_value", "temperature"),
    ]
    assert errors({"messages": [ASK], "data_sources": [{}]}, "azure") == []  # the URL names the model
