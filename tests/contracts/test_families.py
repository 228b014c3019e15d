"""Model families against what is documented and what was recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from understudy.contracts import family_of, snapshot_of
from understudy.contracts.families import _remembered

# models of which some replies carry a fingerprint and some do not; their family says what most do
MIXED_FINGERPRINTS = {
    "gpt-3.5-turbo-0125": "1 of 39 has one",
    "gpt-4.1-2025-04-14": "1 of 25 has none",
    "gpt-4.1-nano-2025-04-14": "2 of 21 have none",
    "gpt-4o-mini-2024-07-18": "7 of 69 have none",
}
# before 2024 no reply had the key
SINCE = "2024-12"  # the details of usage were complete from then on
WRITTEN_BY_HAND: set[str] = set()
WITHOUT_LOGPROBS = {"gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", "gpt-4-0314"}


@pytest.mark.parametrize(
    ("model", "name", "encoding", "overhead", "finish"),
    [
        ("gpt-3.5-turbo", "gpt-3.5", "cl100k_base", 3, "stop"),
        ("gpt-4-0613", "gpt-4", "cl100k_base", 3, "stop"),
        ("gpt-4-turbo-2024-04-09", "gpt-4-turbo", "cl100k_base", 3, "stop"),
        ("gpt-4o-mini", "gpt-4o", "o200k_base", 3, "stop"),
        ("gpt-4.1-nano", "gpt-4o", "o200k_base", 3, "stop"),
        ("gpt-4o-mini-search-preview", "gpt-4o-search", "o200k_base", 3, "stop"),
        ("gpt-4o-audio-preview-2024-12-17", "gpt-audio", "o200k_base", 3, "stop"),
        ("o1-mini-2024-09-12", "o1-mini", "o200k_base", 2, "tool_calls"),
        ("o1", "o1", "o200k_base", 2, "tool_calls"),
        ("o3-mini", "o3-mini", "o200k_base", 2, "tool_calls"),
        ("gpt-5", "gpt-5", "o200k_base", 2, "tool_calls"),
        ("gpt-5-nano-2025-08-07", "gpt-5", "o200k_base", 2, "tool_calls"),
        ("gpt-5.4-mini", "gpt-5.1 to 5.4", "o200k_base", 2, "tool_calls"),
        ("gpt-5.6-terra", "gpt-5.6", "o200k_base", 2, "tool_calls"),
        ("gpt-6-astra", "gpt-6", "o200k_base", 2, "tool_calls"),
        ("ft:gpt-4o-mini-2024-07-18:acme::id", "gpt-4o", "o200k_base", 3, "stop"),
        ("gpt-5-4-mini", "gateway gpt-5-4-mini", "o200k_base", 2, "stop"),
        ("llama-3.3-70b", "other", "o200k_base", 3, "stop"),
        ("ft:", "other", "o200k_base", 3, "stop"),
        ("", "other", "o200k_base", 3, "stop"),
    ],
)
def test_a_model_is_of_its_family(model: str, name: str, encoding: str, overhead: int, finish: str) -> None:
    family = family_of(model)

    assert (family.name, family.encoding) == (name, encoding)
    assert (family.prompt_overhead, family.forced_finish) == (overhead, finish)


def test_an_alias_is_answered_with_its_dated_name() -> None:
    assert snapshot_of("gpt-4o-mini") == "gpt-4o-mini-2024-07-18"
    assert snapshot_of("gpt-4o-mini-2024-07-18") == "gpt-4o-mini-2024-07-18"
    assert snapshot_of("mine") == "mine"


def test_a_family_is_a_value() -> None:
    assert family_of("gpt-4o") == family_of("gpt-4o-mini")
    assert hash(family_of("gpt-4o")) != hash(family_of("gpt-4"))


def test_unknown_names_do_not_fill_the_memory() -> None:
    for number in range(3000):
        family_of(f"model-{number}")
    before = _remembered.cache_info()
    family_of("m" * 5_000_000)

    assert before.currsize <= 1024
    assert _remembered.cache_info() == before


def replies(traffic: Any) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    for row in traffic.rows:
        if row["provider"] != "openai" or row["status"] != "200":
            continue
        response = traffic.load(row)["response"]
        events = re.findall(r"^data: (\{.*\})$", response.get("sse", ""), re.MULTILINE)
        body = json.loads(events[0]) if events else response.get("body")
        if isinstance(body, dict) and body.get("choices"):
            yield row, body


def test_recorded_replies_carry_logprobs_as_their_family_says(traffic: Any) -> None:
    differ = {}
    for row, body in replies(traffic):
        sends = family_of(body["model"]).sends_logprobs
        asked = traffic.load(row)["request"]["body"].get("logprobs")
        if ("logprobs" in body["choices"][0]) != (sends or bool(asked)):
            differ[body["model"]] = row["file"]

    assert set(differ) == WITHOUT_LOGPROBS


def test_recorded_fingerprints_are_as_their_family_says(traffic: Any) -> None:
    differ = {}
    for row, body in replies(traffic):
        if row["ids_redacted"] == "1":
            continue
        value = body.get("system_fingerprint")
        family = family_of(body["model"])
        form = "fp_[0-9a-f]{10}" if family.fingerprint else "" if family.fingerprint_blank else "null"
        if not re.fullmatch(form, "null" if value is None else value):
            differ[body["model"]] = row["file"]

    assert set(differ) == set(MIXED_FINGERPRINTS)


def test_recorded_usage_has_the_keys_of_its_family_in_order(traffic: Any) -> None:
    differ, seen = {}, set()
    for row in traffic.rows:
        usage = last_usage(traffic.load(row)["response"]) if row["provider"] == "openai" else None
        if not usage or (row["date"] or SINCE) < SINCE:
            continue
        family = family_of(row["model"])
        asked = family.prompt_details, family.completion_details
        kept = tuple(usage["prompt_tokens_details"]), tuple(usage["completion_tokens_details"])
        if next(iter(usage)) != "prompt_tokens":  # whoever recorded it sorted the keys
            asked = tuple(sorted(asked[0])), tuple(sorted(asked[1]))
        seen.add(family.name)
        if kept != asked:
            differ[row["file"]] = kept

    assert differ == {}
    assert {"gpt-audio", "gpt-5.6", "gpt-4o-search", "gpt-5"} <= seen


def test_recorded_replies_name_their_tier_as_their_family_says(traffic: Any) -> None:
    differ = {
        row["file"]
        for row, body in replies(traffic)
        if row["date"] >= "2025-02" and ("service_tier" in body) != family_of(body["model"]).service_tier
    }

    assert differ == set()


def test_recorded_ids_are_of_the_form_their_family_says(traffic: Any) -> None:
    differ = {}
    for row, body in replies(traffic):
        if row["ids_redacted"] == "1" or body["id"] in WRITTEN_BY_HAND:
            continue
        form = (
            "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
            if family_of(body["model"]).uuid_ids
            else "[A-Za-z0-9]{29}"
        )
        if not re.fullmatch(f"chatcmpl-{form}", body["id"]):
            differ[row["file"]] = body["id"]

    assert differ == {}


def last_usage(response: dict[str, Any]) -> dict[str, Any] | None:
    events = re.findall(r"^data: (\{.*\})$", response.get("sse", ""), re.MULTILINE)
    bodies = [json.loads(event) for event in events] or [response.get("body")]
    found = [body["usage"] for body in bodies if isinstance(body, dict) and body.get("usage")]
    return found[-1] if found else None


def test_recorded_aliases_resolve_to_their_newest_snapshot(traffic: Any) -> None:
    newest: dict[str, tuple[str, str]] = {}
    for row, body in replies(traffic):
        asked = traffic.load(row)["request"]["body"]["model"]
        newest[asked] = max(newest.get(asked, ("", "")), (row["date"], body["model"]))

    assert {asked: model for asked, (_, model) in newest.items() if snapshot_of(asked) != model} == {}
