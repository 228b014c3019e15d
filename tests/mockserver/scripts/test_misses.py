from __future__ import annotations

import pytest

from understudy.mockserver.chat import ChatRequest, read_chat
from understudy.mockserver.scripts.facts import Facts
from understudy.mockserver.scripts.index import Index
from understudy.mockserver.scripts.misses import nearest
from understudy.mockserver.scripts.script import Script, contains, regex


def chat(text: str = "Where is order 12?", **members: object) -> ChatRequest:
    return read_chat({"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **members})


def test_a_miss_names_the_rule_the_key_and_both_sides() -> None:
    script = Script()
    script.when(user=contains("refund"), model="gpt*").reply("x", name="refunds")

    assert script.scripts.nearest(chat()) == (
        "the nearest is rule 'refunds' (test_misses.py:18): "
        "user is \"Where is order 12?\", expected to contain 'refund'"
    )


def test_the_nearest_come_first_and_three_are_told() -> None:
    script = Script()
    for number, text in enumerate(["something else", "Where is it?", "Where is order 13?", "no", "never"]):
        script.when(user=text).reply("x", name=f"r{number}")

    told = script.scripts.nearest(chat()) or ""

    assert told.startswith("the nearest are rule 'r2'")
    assert told.count("expected to be") == 3
    assert told.index("'r2'") < told.index("'r1'")


def test_keys_of_every_kind_say_what_came() -> None:
    script = Script()
    script.when(
        turn=2,
        stream=True,
        tools="look",
        response_format="json_object",
        headers={"x-team": "red"},
        metadata={"tenant": "acme"},
        tool_result="look",
        system="s",
        any_message="a",
        body={"$.seed": 1, "$.top_p": {"exists": True}, "schema": False},
    ).reply("x")

    told = script.scripts.nearest(chat(seed=2)) or ""

    assert "turn is 0, expected 2; stream is false, expected true" in told
    assert told.endswith("; 9 more")


def test_ten_thousand_rules_leave_a_miss_short() -> None:
    script = Script()
    for number in range(10_000):
        script.when(user=f"ticket {number}").reply("x")

    assert len(script.scripts.nearest(chat("ticket x")) or "") < 1_000


@pytest.mark.parametrize(
    ("times", "told"),
    [
        (2, "which fits but answers 2 times in all, and has"),
        (1, "which fits but answers once, and has"),
        (None, "which fits now, and did not when it was asked"),
    ],
)
def test_a_rule_that_is_used_up_says_so(times: int | None, told: str) -> None:
    script = Script()
    script.when(user=contains("order")).reply("x", times=times, name="r")

    assert (script.scripts.nearest(chat()) or "").endswith(told)


def test_what_looks_around_is_not_searched_for_twice() -> None:
    script = Script()
    script.when(user=regex("(?=.*order)(?=.*refund)")).reply("x", name="r")
    script.when(user=regex("(?=.*order)(?=.*refund)"), turn=1).reply("x", name="s")

    told = script.scripts.nearest(chat()) or ""

    assert "expected to match '(?=.*order)(?=.*refund)' (or it has answered all it may" in told
    assert told.count("to match") == 1
    assert "turn is 0, expected 1" in told


def test_a_slow_pattern_is_never_run_for_a_miss() -> None:
    script, asked = Script(), []
    script.when(user=regex("(?=.*order)")).reply("x")
    index = Index(script.scripts.rules)
    prepared = index.rules[0]
    watched = [one._replace(holds=lambda facts: bool(asked.append(facts))) for one in prepared.asks]  # type: ignore[func-returns-value]
    index.rules = (prepared._replace(asks=tuple(watched)),)

    assert nearest(index, Facts(chat()))
    assert asked == []


def test_a_predicate_is_called_only_where_all_else_holds() -> None:
    script, seen = Script(), []
    script.when(turn=1, predicate=lambda chat: bool(seen.append(chat))).reply("x")  # type: ignore[func-returns-value]

    assert (script.scripts.nearest(chat()) or "").endswith("turn is 0, expected 1")
    assert seen == []


def test_what_is_long_is_cut() -> None:
    script = Script()
    script.when(user="x", body={"$.messages": ["x" * 300], "$.nothing": 1}).reply("x")

    told = script.scripts.nearest(chat("y" * 1_000)) or ""

    assert "…" in told
    assert "body['$.nothing'] is absent, expected to be 1" in told
    assert len(told) < 500


def test_a_predicate_that_breaks_is_told_and_not_raised() -> None:
    script = Script()
    script.when(predicate=lambda chat: chat.document["nothing"] == 1).reply("x")

    assert "predicate is KeyError: 'nothing', expected <lambda> to hold" in (
        script.scripts.nearest(chat()) or ""
    )


def test_without_rules_nothing_is_near() -> None:
    assert Script().scripts.nearest(chat()) is None
