"""Genuine traffic is right: what the contracts of replies find in recordings is named here, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from understudy.contracts import accumulate, check_completion, check_error, check_stream, chunks_of
from understudy.contracts.documents import PROFILES, is_valid, schema_errors
from understudy.contracts.judge import judge_recording

Row = dict[str, str]


class Recordings(Protocol):
    rows: list[Row]

    def load(self, row: Row) -> dict[str, Any]: ...


PADDING = "the recorder (rig) replaced the obfuscation"
OPENAI_EXCEPTIONS = {
    "interactions/openai/rig-69d467f3a8.json": PADDING,
    "interactions/openai/rig-963a03baba.json": PADDING,
    "interactions/openai/rig-e83c437506.json": PADDING,
    "interactions/openai/rig-f271e479b1.json": PADDING,
    "interactions/openai/rig-fcc1cf8502.json": PADDING,
    "interactions/openai/activeagent-04195e7594.json": (
        "usage was asked for and never came: the one such stream of 2025, without the usage: null of the others"
    ),
}
COMPATIBLE_EXCEPTIONS = {
    "interactions/azure/openllmetry-c815425f2f.json": "status 200 with the error of a content filter (2024-04)",
    "interactions/azure/dd-trace-py-68f57cb7cd.json": (
        "asynchronous content filter: choices without a delta, at which the Python helper fails"
    ),
    "interactions/mistral/openinference-6320e816b5.json": (
        "a tool call without an index (2024-08), at which the Python helper fails; Mistral sends one now"
    ),
}


def judged(traffic: Recordings, rows: list[Row], profile: str) -> dict[str, set[str]]:
    """The rules of tier error that each file's reply breaks."""
    found = {}
    for row in rows:
        findings = judge_recording(traffic.load(row), profile=profile)
        broken = {
            finding.violation.rule
            for finding in findings
            if finding.violation.tier == "error" and finding.part != "request"
        }
        if broken:
            found[row["file"]] = broken
    return found


def successes(traffic: Recordings, *, since: str = "") -> list[Row]:
    # those of rig are undated, and judged whatever the year
    return [
        row
        for row in traffic.rows
        if row["status"].startswith("2") and (row["date"] >= since or not row["date"])
    ]


def streams(traffic: Recordings, provider: str = "") -> Iterator[tuple[Row, bytes]]:
    for row in successes(traffic):
        if row["form"] == "sse" and provider in ("", row["provider"]):
            yield row, traffic.load(row)["response"]["sse"].encode()


def test_every_success_of_openai_is_right(traffic: Recordings) -> None:
    rows = [row for row in successes(traffic, since="2024-09") if row["provider"] == "openai"]

    assert len(rows) > 300
    assert judged(traffic, rows, "openai").keys() == OPENAI_EXCEPTIONS.keys()


def test_every_success_of_any_provider_is_compatible(traffic: Recordings) -> None:
    rows = successes(traffic)

    assert len({row["provider"] for row in rows}) > 25
    assert judged(traffic, rows, "compatible").keys() == COMPATIBLE_EXCEPTIONS.keys()


def test_the_replies_of_other_providers_are_not_all_those_of_openai(traffic: Recordings) -> None:
    rows = [row for row in successes(traffic) if row["provider"] in ("mistral", "ollama", "zai")]

    assert len(judged(traffic, rows, "openai")) > len(rows) / 2


def test_every_error_body_of_openai_fits(traffic: Recordings) -> None:
    rows = [row for row in traffic.rows if row["provider"] == "openai" and not row["status"].startswith("2")]
    bodies = [traffic.load(row)["response"]["body"] for row in rows]

    assert len(bodies) > 30
    assert [check_error(body) for body in bodies] == [()] * len(bodies)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_error_body_of_any_provider_is_compatible(traffic: Recordings, profile: str) -> None:
    bodies = [
        traffic.load(row)["response"]["body"]
        for row in traffic.rows
        if not row["status"].startswith("2") and "body" in traffic.load(row)["response"]
    ]
    found = [violation for body in bodies for violation in check_error(body, profile=profile)]

    assert len(bodies) > 100
    assert ("error" in {violation.tier for violation in found}) is (profile == "openai")


def test_both_validators_agree_on_recorded_replies(traffic: Recordings) -> None:
    checked = 0
    for number, (kind, document) in enumerate(_documents(traffic)):
        if kind == "chunk" and number % 15:
            continue  # one of fifteen: the thorough validator is slow
        for profile in PROFILES:
            assert is_valid(kind, document, profile) == (not schema_errors(kind, document, profile))
            checked += 1

    assert checked > 2000


def _documents(traffic: Recordings) -> Iterator[tuple[str, Any]]:
    for row in traffic.rows:
        response = traffic.load(row)["response"]
        if "sse" in response:
            yield from (("chunk", chunk) for chunk in chunks_of(response["sse"].encode()))
        elif "body" in response:
            yield ("completion" if row["status"].startswith("2") else "error"), response["body"]


def test_a_recorded_stream_amounts_to_a_right_completion(traffic: Recordings) -> None:
    wrong = {}
    for row, data in streams(traffic, "openai"):
        found = check_completion(accumulate(chunks_of(data)))
        if any(violation.tier == "error" for violation in found):
            wrong[row["file"]] = found

    assert wrong == {}


def test_recorded_streams_cut_into_bytes_are_judged_the_same(traffic: Recordings) -> None:
    chosen = [(row, data) for row, data in streams(traffic) if len(data) < 6000]

    assert len(chosen) > 60
    for row, data in chosen[::3]:
        whole = check_stream(data)
        assert check_stream(data[at : at + 1] for at in range(len(data))) == whole, row["file"]
        assert check_stream(data[at : at + 7] for at in range(0, len(data), 7)) == whole, row["file"]
