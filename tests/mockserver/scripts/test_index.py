"""The index, the conditions behind it, and the rules: what is found is what one by one would be."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from understudy.mockserver.chat import ChatRequest, read_chat
from understudy.mockserver.scripts.answer import Reply, Said
from understudy.mockserver.scripts.conditions import conditions
from understudy.mockserver.scripts.facts import Facts
from understudy.mockserver.scripts.index import Index
from understudy.mockserver.scripts.paths import query
from understudy.mockserver.scripts.read_when import read_when
from understudy.mockserver.scripts.rule import At, Rule, When
from understudy.mockserver.scripts.texts import contains, regex

ANSWER = (Reply((Said(text="x"),)),)
CALLS = [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
BODY: dict[str, Any] = {
    "model": "gpt-4o-mini",
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Where is order 12?"},
        {"role": "assistant", "content": None, "tool_calls": CALLS},
        {"role": "tool", "tool_call_id": "call_1", "content": "It is lost."},
    ],
    "temperature": 0.0,
    "tools": [
        {"type": "function", "function": {"name": "look"}},
        {"type": "custom", "custom": {"name": "sql"}},
    ],
    "response_format": {"type": "json_object"},
    "metadata": {"tenant": "acme"},
    "stream": True,
}
HEADERS = [(b"x-team", b"red")]


def asks(**keys: Any) -> When:
    def failed(_: str, error: ValueError) -> None:
        raise error

    return read_when(keys, failed)


def holds(when: When, body: dict[str, Any] = BODY) -> bool:
    facts = Facts(read_chat(body), HEADERS)
    one_by_one = all(condition.holds(facts) for condition in conditions(when))
    assert [rule.when for rule in Index([Rule(when, ANSWER)]).fitting(facts)] == (
        [when] if one_by_one else []
    )
    return one_by_one


@pytest.mark.parametrize(
    ("keys", "fits"),
    [
        ({}, True),
        ({"model": "gpt-4o-mini"}, True),
        ({"model": "gpt-4o"}, False),
        ({"model": "gpt-4o*"}, True),
        ({"model": "gpt-[0-9]o*"}, True),
        ({"model": "*mini*"}, True),
        ({"model": "*"}, True),
        ({"model": "gpt-?"}, False),
        ({"model": ["o1", "gpt-?o-mini"]}, True),
        ({"user": "Where is order 12?"}, True),
        ({"user": contains("order", "12")}, True),
        ({"user": contains("order", "13")}, False),
        ({"user": {"regex": r"order \d+"}}, True),
        ({"user": {"regex": r"(?i)ORDER \d+"}}, True),
        ({"user": {"regex": r"^\d"}}, False),
        ({"user": {"equals": "Where is order 12?", "contains": "nothing"}}, False),
        ({"system": "Be kind."}, True),
        ({"system": contains("cruel")}, False),
        ({"any_message": "It is lost."}, True),
        ({"any_message": contains("kind")}, True),
        ({"any_message": regex("^lost")}, False),
        ({"any_message": contains("")}, True),
        ({"turn": 1}, True),
        ({"turn": 0}, False),
        ({"tool_result": "look"}, True),
        ({"tool_result": {"tool": "lo*", "id": "call_1", "contains": "lost"}}, True),
        ({"tool_result": {"tool": "sql"}}, False),
        ({"tool_result": {"id": "call_2"}}, False),
        ({"tool_result": {"regex": "found$"}}, False),
        ({"tools": "look"}, True),
        ({"tools": ["look", "sql"]}, True),
        ({"tools": ["look", "send"]}, False),
        ({"tools": []}, False),
        ({"response_format": "json_object"}, True),
        ({"response_format": "text"}, False),
        ({"stream": True}, True),
        ({"stream": False}, False),
        ({"headers": {"X-Team": "red"}}, True),
        ({"headers": {"x-team": contains("blue")}}, False),
        ({"headers": {"x-team": None}}, False),
        ({"headers": {"x-other": None}}, True),
        ({"metadata": {"tenant": "acme"}}, True),
        ({"metadata": {"tenant": {"regex": "^b"}}}, False),
        ({"metadata": {"user": None}}, True),
        ({"body": {"$.temperature": 0}}, True),
        ({"body": {"$.temperature": False}}, False),
        ({"body": {"$.seed": {"exists": False}}}, True),
        ({"body": {"$.messages[*].role": "tool"}}, True),
        ({"body": {"$.messages[0]": {"equals": {"content": "Be kind.", "role": "system"}}}}, True),
        ({"body": {"$.messages[0].content": {"contains": "kind", "regex": "^Be"}}}, True),
        ({"body": {"$.messages[0].content": contains("cruel")}}, False),
        ({"body": {"$.temperature": {"contains": "0"}}}, False),
        ({"body": {"schema": {"required": ["tools"]}}}, True),
        ({"body": {"schema": {"properties": {"model": {"const": "o1"}}}}}, False),
        ({"model": "gpt*", "turn": 1, "user": contains("order"), "metadata": {"tenant": "acme"}}, True),
        ({"model": "gpt*", "turn": 1, "user": contains("order"), "metadata": {"tenant": "other"}}, False),
    ],
)
def test_each_key_is_asked_of_the_request(keys: dict[str, Any], fits: bool) -> None:
    assert holds(asks(**keys)) is fits


def test_a_predicate_is_asked_last() -> None:
    seen: list[ChatRequest] = []

    def wants(chat: ChatRequest) -> bool:
        seen.append(chat)
        return chat.model.startswith("gpt")

    assert not holds(When(turn=9, predicate=wants))
    assert not seen
    assert holds(When(turn=1, predicate=wants))


def test_no_user_and_no_tools_are_things_to_ask_for() -> None:
    body = {"model": "m", "messages": []}

    assert holds(asks(tools=[]), body)
    assert not holds(asks(user=contains("")), body)


def test_a_path_alone_asks_that_there_is_something() -> None:
    assert holds(When(body=(At(query("$.model")),)))
    assert not holds(When(body=(At(query("$.seed")),)))


def test_rules_come_by_priority_and_then_as_they_were_defined() -> None:
    rules = [
        Rule(asks(user=contains("order")), ANSWER, priority=priority, name=str(number))
        for number, priority in enumerate([0, 5, -1, 5, 0])
    ]
    rules.insert(2, Rule(When(), ANSWER, name="any"))

    assert [rule.name for rule in Index(rules).fitting(Facts(read_chat(BODY)))] == [
        "1",
        "3",
        "0",
        "any",
        "4",
        "2",
    ]


def test_among_many_mixed_rules_the_index_finds_what_one_by_one_does() -> None:
    chance = Random(7)
    words = ["order", "12", "lost", "kind", "where", "is", "Where is order 12?", "It is lost."]
    kinds = [
        lambda: {"user": contains(*chance.sample(words, 2))},
        lambda: {"user": chance.choice(words), "model": "gpt-4o-mini"},
        lambda: {"any_message": contains(chance.choice(words)), "turn": chance.choice([0, 1])},
        lambda: {"any_message": chance.choice(words)},
        lambda: {"tool_result": {"contains": chance.choice(words)}, "stream": True},
        lambda: {
            "user": regex(f"(?i){chance.choice(words).rstrip('?')}"),
            "tools": chance.choice(["look", "x"]),
        },
        lambda: {"metadata": {"tenant": chance.choice(["acme", "other"])}, "model": "gpt*"},
        lambda: {"body": {"$.temperature": chance.choice([0, 1])}},
    ]
    rules = [
        Rule(asks(**chance.choice(kinds)()), ANSWER, priority=chance.choice([0, 1])) for _ in range(2_000)
    ]
    facts = Facts(read_chat(BODY), HEADERS)
    index = Index(rules)

    found = list(index.fitting(facts))

    assert found == [one.rule for one in index.rules if one.fits(facts)]
    assert 0 < len(found) < len(rules)
    assert len(list(index.candidates(facts))) < len(rules) / 2


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"times": 0}, "times is 0, expected a whole number, 1 or more"),
        ({"answers": ()}, "a rule needs an answer"),
        ({"then": "end"}, "then is 'repeat', 'stop' or 'cycle'"),
    ],
)
def test_a_rule_that_cannot_be_is_named(broken: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=f"^rule 'r' .a.py:3.: {reason}"):
        Rule(**{"when": When(), "answers": ANSWER, "name": "r", "place": "a.py:3", **broken})


@pytest.mark.parametrize(
    ("then", "times", "limit"),
    [
        ("repeat", None, None),
        ("repeat", 5, 5),
        ("cycle", None, None),
        ("stop", None, 2),
        ("stop", 1, 1),
        ("stop", 9, 2),
    ],
)
def test_a_rule_knows_how_often_it_answers(then: Any, times: int | None, limit: int | None) -> None:
    assert Rule(When(), ANSWER * 2, times=times, then=then).limit == limit
