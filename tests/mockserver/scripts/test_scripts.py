from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.chat import Answer, ChatRequest, Choice, Verbatim, read_chat
from understudy.mockserver.errors import Refusal
from understudy.mockserver.scripts.answer import Answering, Fail, Rendered, Reply, Said
from understudy.mockserver.scripts.rule import Rule, Then, When
from understudy.mockserver.scripts.scripts import Scripted, Scripts
from understudy.mockserver.scripts.texts import Text


def chat(text: str = "Hi", **members: Any) -> ChatRequest:
    return read_chat({"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **members})


def rule(*answers: Answering | str, **members: Any) -> Rule:
    said = tuple(Reply((Said(text=one),)) if isinstance(one, str) else one for one in answers)
    return Rule(members.pop("when", When()), said, **members)


def first(*rules: Rule) -> Scripted:
    return Scripts(rules).offer(chat())[0]


def text(said: Answer | Verbatim) -> Any:
    assert isinstance(said, Answer)
    return said.choices[0].message["content"]


def test_a_number_is_kept_passed_on_and_never_given_twice() -> None:
    scripts = Scripts([rule("a"), rule("b")])
    a, b = scripts.rules
    new, last = rule("c"), rule("d")

    scripts.remove(a)
    scripts.replace(b, new)
    scripts.add(last)
    numbered = scripts.numbered
    scripts.restore()

    assert numbered == {1: new, 2: last}
    assert scripts.numbered == {0: a, 1: b}


@pytest.mark.parametrize(
    ("then", "told"), [("repeat", ["a", "b", "b", "b", "b"]), ("cycle", ["a", "b", "a", "b", "a"])]
)
def test_answers_follow_one_another(then: Then, told: list[str]) -> None:
    offered = first(rule("a", "b", then=then))

    assert [text(offered.say(position)) for position in range(5)] == told
    assert [offered.settled(position) for position in range(5)] == ["ab".index(one) for one in told]


def test_rules_are_offered_up_to_the_first_without_a_limit() -> None:
    rules = [
        rule("a", times=2, name="a"),
        rule("x", when=When(user=Text("no"))),
        rule("b", "c", then="stop", name="b"),
        rule("d", name="d"),
        rule("e", name="e"),
    ]

    offered = Scripts(rules).offer(chat())

    assert [(one.name, one.turn.limit) for one in offered] == [
        ("rule 'a'", 2),
        ("rule 'b'", 2),
        ("rule 'd'", None),
    ]
    assert len({one.turn.key for one in offered}) == 3


def test_keys_are_the_same_in_every_process_that_reads_the_same_scripts() -> None:
    def keys() -> list[bytes]:
        rules = [rule("a", times=1, place="s.yaml:3"), rule("a", place="s.yaml:4")]
        return [one.turn.key for one in Scripts(rules).offer(chat())]

    assert keys() == keys()


def test_an_error_is_a_refusal() -> None:
    with pytest.raises(Refusal) as caught:
        first(rule(Fail(429))).say(0)

    assert caught.value.error.status == 429


def test_a_callable_is_asked_each_time() -> None:
    answers = iter(["a", Reply((Said(text="b"),)), Answer((Choice({"content": "c"}),)), Fail(500), 3, len])
    offered = first(rule(lambda chat: next(answers), name="r"))

    assert [text(offered.say(position)) for position in range(3)] == ["a", "b", "c"]
    assert offered.settled(7) == 7
    with pytest.raises(Refusal):
        offered.say(3)
    with pytest.raises(ValueError, match="what rule 'r' returns is int"):
        offered.say(4)
    with pytest.raises(ValueError, match="rule 'r' returns a callable"):
        offered.say(5)


def test_what_a_callable_raises_goes_through() -> None:
    def broken(chat: ChatRequest) -> str:
        raise KeyError(chat.model)

    with pytest.raises(KeyError, match="gpt-4o"):
        first(rule(broken)).say(0)


def test_a_whole_reply_is_said_as_it_is() -> None:
    kept = Verbatim(200, (), b"{}")

    assert first(rule(kept)).say(0) is kept


def test_rules_may_be_added_and_replaced_while_requests_are_answered() -> None:
    scripts = Scripts([rule("a", times=1)])
    before, version = scripts.offer(chat())[0], scripts.version

    scripts.add(rule("b", name="b"))
    assert [text(one.say(0)) for one in scripts.offer(chat())] == ["a", "b"]
    assert scripts.version > version

    old = scripts.rules[0]
    scripts.replace(old, rule("c", times=1))
    assert [text(one.say(0)) for one in scripts.offer(chat())] == ["c", "b"]
    assert scripts.offer(chat())[0].turn.key == before.turn.key
    with pytest.raises(ValueError, match=r"not .or no more. a rule of this script"):
        scripts.replace(old, rule("d"))


def test_the_same_rule_twice_is_two_rules() -> None:
    one = rule("a", times=2)

    keys = [offered.turn for offered in Scripts([one, one]).offer(chat())]

    assert len({turn.key for turn in keys}) == 2
    assert [turn.limit for turn in keys] == [2, 2]


@pytest.mark.parametrize(
    ("given", "personal"),
    [
        (rule("a"), False),
        (rule("a", when=When(headers=(("x", None),))), True),
        (rule("a", when=When(predicate=bool)), True),
        (rule(lambda chat: "a"), False),  # asked anew at each turn all the same
        (rule(Verbatim(200, (), b"")), False),
    ],
)
def test_whether_equal_bodies_may_get_different_answers_is_known(given: Rule, personal: bool) -> None:
    assert Scripts([given]).personal is personal


def test_headers_are_read_from_the_request() -> None:
    scripts = Scripts([rule("a", when=When(headers=(("x-team", Text("red")),)))])

    assert scripts.offer(chat(), [(b"x-team", b"red")])
    assert not scripts.offer(chat())


@pytest.mark.parametrize("then", ["repeat", "cycle"])
def test_chance_does_not_tell_how_many_asked_before(then: Then) -> None:
    drawn = Rendered(lambda values: Reply((Said(text=str(values["number"](1, 10**9))),)))
    offered = first(rule(drawn, then=then))
    two = first(rule(drawn, drawn, then="cycle"))

    assert len({text(offered.say(position)) for position in range(5)}) == 1
    assert [text(two.say(position)) for position in (0, 1)] == [
        text(two.say(position)) for position in (2, 3)
    ]
    assert text(two.say(0)) != text(two.say(1))


def test_the_position_still_counts() -> None:
    offered = first(rule(Rendered(lambda values: Reply((Said(text=str(values["position"])),)))))

    assert [text(offered.say(position)) for position in range(3)] == ["0", "1", "2"]
