"""Rules over the admin API: they answer, are listed, replaced and removed."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.admin import rules as admin_rules

ONE = {"when": {"user": "hi"}, "reply": "Hello!"}
TWO = {"when": {"user": {"contains": "bye"}}, "reply": "Bye!", "times": 1, "name": "farewell"}


def test_an_added_rule_answers_and_is_listed(admin: Any) -> None:
    before = admin.says("hi")

    status, added = admin("POST", "/rules", ONE)
    _, more = admin("POST", "/rules", {"rules": [TWO]})
    _, listed = admin("GET", "/rules")

    assert status == 200
    assert before != "Hello!"
    assert admin.says("hi") == "Hello!"
    assert listed["data"] == added["data"] + more["data"]
    assert more["data"][0]["name"] == "farewell"
    assert more["data"][0]["when"] == {"user": {"contains": ["bye"]}}
    assert more["data"][0]["answers"] == [{"choices": [{"text": "Bye!"}]}]
    assert admin("GET", f"/rules/{more['data'][0]['id']}") == (200, more["data"][0])


def test_a_rule_is_removed_and_the_others_go_on(admin: Any) -> None:
    _, added = admin("POST", "/rules", {"rules": [ONE, {"when": {"user": "n"}, "replies": ["1", "2", "3"]}]})
    first, second = (rule["id"] for rule in added["data"])
    said = [admin.says("n")]

    assert admin("DELETE", f"/rules/{first}") == (200, {"removed": 1})
    said += [admin.says("n"), admin.says("n")]

    assert said == ["1", "2", "3"]
    assert admin.says("hi") != "Hello!"
    assert [rule["id"] for rule in admin("GET", "/rules")[1]["data"]] == [second]
    assert admin("DELETE", f"/rules/{first}")[0] == 404


def test_all_rules_are_replaced(admin: Any) -> None:
    admin("POST", "/rules", ONE)

    _, listed = admin("PUT", "/rules", {"rules": [{"when": {"user": "hi"}, "reply": "Again!"}]})

    assert len(listed["data"]) == 1
    assert admin.says("hi") == "Again!"
    assert admin("PUT", "/rules", {"rules": []})[1]["data"] == []
    assert admin("DELETE", "/rules") == (200, {"removed": 0})


def test_a_rule_that_replaces_another_goes_on_where_that_was(admin: Any) -> None:
    _, added = admin("POST", "/rules", {"rules": [ONE, {"reply": "else"}]})

    path = f"/rules/{added['data'][0]['id']}"
    status, shown = admin("PUT", path, {**ONE, "reply": "Changed!"})

    assert status == 200
    assert admin("GET", path) == (200, shown)
    assert admin.says("hi") == "Changed!"
    assert admin("GET", "/rules")[1]["data"][0] == shown


def test_one_rule_is_replaced_by_one(admin: Any) -> None:
    _, added = admin("POST", "/rules", ONE)

    status, refusal = admin("PUT", f"/rules/{added['data'][0]['id']}", {"rules": [ONE, ONE]})

    assert status == 400
    assert "2 rules came to replace one" in refusal["error"]["message"]


def test_a_rule_that_was_spent_and_removed_counts_anew(admin: Any) -> None:
    once = {"when": {"user": "hi"}, "reply": "Once.", "times": 1}
    for _ in range(2):
        admin("PUT", "/rules", once)

        assert admin.says("hi") == "Once."
        assert admin.says("hi") != "Once."


def test_an_id_stays_when_an_equal_rule_before_it_goes(admin: Any) -> None:
    _, added = admin("POST", "/rules", {"rules": [ONE, ONE, ONE]})
    first, second, third = (rule["id"] for rule in added["data"])

    assert admin("DELETE", f"/rules/{first}")[0] == 200
    assert [rule["id"] for rule in admin("GET", "/rules")[1]["data"]] == [second, third]
    assert admin("DELETE", f"/rules/{first}")[0] == 404
    _, more = admin("POST", "/rules", ONE)
    assert more["data"][0]["id"] not in (first, second, third)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"when": {"usr": "hi"}, "reply": "x"}, "nearest is 'user'"),
        ({"rules": [{"when": {}}]}, "one of reply, replies, fail"),
        ({"rules": {}}, "expected array"),
        ({"rules": [ONE], "faults": ["429"]}, '"faults", expected nothing'),
        ([ONE], "the body is no object"),
        ({"reply": {"template": "{{ nope( }}"}}, "admin-1:1"),
    ],
)
def test_a_mistake_is_named(admin: Any, body: Any, told: str) -> None:
    status, refusal = admin("POST", "/rules", body)

    assert status == 400
    assert told in refusal["error"]["message"]
    assert admin("GET", "/rules")[1]["data"] == []


def test_rules_are_bounded(admin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_rules, "MOST", 2)

    assert admin("POST", "/rules", {"rules": [ONE, ONE]})[0] == 200
    status, refusal = admin("POST", "/rules", ONE)

    assert status == 400
    assert "3 rules, expected at most 2" in refusal["error"]["message"]
