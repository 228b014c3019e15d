"""Recorded traffic judges the contract: what the API took is sound, what it refused is refused alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from understudy.contracts import check_request
from understudy.contracts.documents import is_valid, schema_errors

# nothing before: the API took other forms then (an image as a bare URL, 2023-11)
SINCE = "2024-09"

# recordings of a success that the contract refuses: file -> reason
REFUSED_SUCCESSES: dict[str, str] = {}
REFUSED_BY_COMPATIBLE: dict[str, str] = {}

# refusals that nobody can foresee from the request: file -> reason
NOT_FORESEEN = {
    "openinference-cdbefcea0c.json": "the API could not download an image",
}


def name(row: dict[str, str]) -> str:
    return row["file"].rpartition("/")[2]


def successes(traffic: Any, provider: str | None = None) -> Iterator[tuple[str, Any]]:
    for row in traffic.rows:
        genuine = provider is None or (row["provider"] == provider and (row["date"] or SINCE) >= SINCE)
        if genuine and row["status"].startswith("2"):
            yield name(row), traffic.load(row)["request"]["body"]


def test_what_openai_took_has_no_error(traffic: Any) -> None:
    bodies = list(successes(traffic, "openai"))

    refused = {
        file: str(violation)
        for file, body in bodies
        for violation in check_request(body)
        if violation.tier == "error" and file not in REFUSED_SUCCESSES
    }

    assert refused == {}
    assert len(bodies) > 300


def test_what_anyone_took_has_no_error_under_compatible(traffic: Any) -> None:
    bodies = list(successes(traffic))

    refused = {
        file: str(violation)
        for file, body in bodies
        for violation in check_request(body, profile="compatible")
        if file not in REFUSED_BY_COMPATIBLE
    }

    assert refused == {}
    assert len(bodies) > 800


def test_what_azure_took_has_no_error(traffic: Any) -> None:
    bodies = [body for _, body in successes(traffic, "azure")]

    assert len(bodies) > 40
    assert [found for body in bodies for found in check_request(body, profile="azure")] == []


def test_what_azure_s_models_refused_is_refused_in_the_same_words(traffic: Any) -> None:
    seen = 0
    for row in traffic.rows:
        exchange = traffic.load(row)
        refusal = exchange["response"].get("body", {}).get("error") or {}
        # the models themselves name a param; a filter and the gateway refuse for reasons of their own
        if (
            row["provider"] == "azure"
            and row["status"] == "400"
            and refusal.get("param") not in (None, "prompt")
        ):
            first = check_request(exchange["request"]["body"], profile="azure")[0]
            answered = {"param": first.param, "code": first.code, "message": first.message}
            assert answered == {key: refusal[key] for key in answered}, row["file"]
            seen += 1
    assert seen == 2


def test_what_openai_refused_is_refused_in_the_same_words(traffic: Any) -> None:
    seen = 0
    for row in traffic.rows:
        if row["provider"] != "openai" or row["status"] != "400" or name(row) in NOT_FORESEEN:
            continue
        exchange = traffic.load(row)
        refusal = exchange["response"]["body"]["error"]

        first = next(v for v in check_request(exchange["request"]["body"]) if v.tier == "error")

        answered = {"param": first.param, "code": first.code, "message": first.message}
        assert answered == {key: refusal[key] for key in answered}, row["file"]
        seen += 1
    assert seen >= 13


@pytest.mark.parametrize("profile", ["openai", "compatible"])
def test_the_fast_and_the_thorough_validator_agree(traffic: Any, profile: str) -> None:
    differ = []
    for row in traffic.rows:
        body = traffic.load(row)["request"]["body"]
        if is_valid("request", body, profile) != (not schema_errors("request", body, profile)):
            differ.append(row["file"])

    assert differ == []
