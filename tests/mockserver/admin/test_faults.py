"""Faults over the admin API."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.faults.rules import parse_fault


@pytest.mark.parametrize(
    ("body", "specs"),
    [
        ("rate_limit:retry_after=2@times=2", ["rate_limit:retry_after=2@times=2"]),
        (503, ["503"]),
        (
            {"fault": "cut_midstream", "parameters": {"after_events": 3}, "p": 0.5},
            ["cut_midstream:after_events=3@p=0.5"],
        ),
        (
            {"faults": ["429,429,ok", {"sequence": [500, "ok"], "then": "cycle"}]},
            ["429,429,ok", "500,ok@then=cycle"],
        ),
        ({"faults": []}, []),
    ],
)
def test_faults_are_added_in_every_form(admin: Any, body: Any, specs: list[str]) -> None:
    status, added = admin("POST", "/faults", body)

    assert status == 200
    assert [one["spec"] for one in added["data"]] == specs
    assert [str(rule) for rule in admin.desk.controls.faults] == specs
    assert admin("GET", "/faults")[1]["data"] == added["data"]


def test_one_is_removed_and_then_all(admin: Any) -> None:
    _, added = admin("POST", "/faults", {"faults": ["429", "429", "503"]})
    first, second, third = (one["id"] for one in added["data"])

    assert admin("DELETE", f"/faults/{second}") == (200, {"removed": 1})
    assert [one["id"] for one in admin("GET", "/faults")[1]["data"]] == [first, third]
    assert admin("DELETE", f"/faults/{second}")[0] == 404
    assert admin("DELETE", "/faults") == (200, {"removed": 2})
    assert admin.desk.controls.faults == ()


def test_those_of_the_start_are_listed_and_kept(admin: Any) -> None:
    admin.desk.controls.set_faults((parse_fault("500", "--fault"),))

    admin("POST", "/faults", "429")

    assert [one["place"] for one in admin("GET", "/faults")[1]["data"]] == ["--fault", "admin-1"]


def test_all_are_replaced(admin: Any) -> None:
    admin("POST", "/faults", "429")

    assert [one["spec"] for one in admin("PUT", "/faults", {"faults": ["503"]})[1]["data"]] == ["503"]
    assert [rule.name for rule in admin.desk.controls.faults] == ["503"]


def test_a_fault_that_is_added_again_counts_anew(admin: Any) -> None:
    places = [admin("PUT", "/faults", "429@times=1")[1]["data"][0]["place"] for _ in range(2)]

    assert len(set(places)) == 2


def test_the_key_of_a_match_is_masked(admin: Any) -> None:
    _, added = admin("POST", "/faults", {"fault": 429, "match": {"key": "sk-secret-secret-0001"}})

    assert "secret-secret" not in str(added)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("rate_limt", "rate_limit"),
        (200, "is below 400"),
        ({"falt": 429}, "nearest is 'fault'"),
        ({"times": 2}, "fault or sequence"),
        ({"faults": "429"}, "expected array"),
        ({"faults": ["429", "nope_nope"]}, "$.faults[1]"),
        ({"fault": "cut_midstream", "parameters": {"after_event": 1}}, "after_events"),
        ([], "expected"),
        (None, "expected JSON"),
    ],
)
def test_a_mistake_is_named(admin: Any, body: Any, told: str) -> None:
    status, refusal = admin("POST", "/faults", body)

    assert status == 400
    assert told in refusal["error"]["message"]
    assert admin.desk.controls.faults == ()
