from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from understudy.mockserver.chat import Answer, ChatRequest, read_chat
from understudy.mockserver.errors import Refusal
from understudy.mockserver.scripts.answer import Fail
from understudy.mockserver.scripts.scenario import read_scenario
from understudy.mockserver.scripts.script import Script, ToolResult, contains, regex
from understudy.mockserver.state import MemoryState, Needs


class Conversation:
    """What successive requests get from a script: the engine's part of it, in little."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._state = MemoryState()

    def ask(self, text: str = "Hi", **members: Any) -> Any:
        offered = self._script.scripts.offer(chat(text, **members))
        taken = self._state.take(Needs(b"", tuple(one.turn for one in offered)), 0.0)
        if taken.turn >= len(offered):
            return None
        try:
            said = offered[taken.turn].say(taken.position)
        except Refusal as refusal:
            return refusal.error.status
        assert isinstance(said, Answer)
        return said.choices[0].message["content"]


def chat(text: str, **members: Any) -> ChatRequest:
    return read_chat({"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **members})


def test_replies_follow_one_another_and_the_last_is_repeated() -> None:
    told = Conversation(Script().reply("a").reply("b", "c"))

    assert [told.ask() for _ in range(5)] == ["a", "b", "c", "c", "c"]


def test_a_reply_with_times_gives_way_to_the_next() -> None:
    told = Conversation(Script().reply("a", times=2).fail(429, times=1).reply("b"))

    assert [told.ask() for _ in range(5)] == ["a", "a", 429, "b", "b"]


def test_a_sequence_that_stops_leaves_the_rest_to_others() -> None:
    told = Conversation(Script().reply("a", "b", then="stop"))

    assert [told.ask() for _ in range(3)] == ["a", "b", None]


def test_a_failure_that_is_retried_still_finds_its_answer() -> None:
    script = Script()
    script.when(user=contains("refund")).fail(500).reply("Done.")
    told = Conversation(script)

    assert [told.ask("a refund") for _ in range(2)] == [500, "Done."]
    assert told.ask("else") is None


def test_conditions_that_are_equal_are_one_branch() -> None:
    script = Script()
    script.when(user="Hi", body={"$.seed": 1}).reply("a")
    script.when(user="Hi", body={"$.seed": 1}).reply("b")
    script.when(user="Hi", body={"$.seed": 2}).reply("c")
    told = Conversation(script)

    assert [told.ask(seed=1), told.ask(seed=1), told.ask(seed=2)] == ["a", "b", "c"]


def test_priority_goes_before_order() -> None:
    script = Script().reply("any")
    script.when(user=re.compile("^h", re.IGNORECASE), priority=1).reply("special")
    told = Conversation(script)

    assert [told.ask("Hi"), told.ask("Ho"), told.ask("x")] == ["special", "special", "any"]


def test_rules_of_a_file_are_added_as_they_are() -> None:
    told = Conversation(Script().add(*read_scenario("rules: [{reply: a}]", "s.yaml")))

    assert told.ask() == "a"


def test_the_wait_of_a_failure_is_a_header() -> None:
    script = Script().fail(429, "slow down", retry_after=1.5, headers={"x-a": "b"}, code=None)

    with pytest.raises(Refusal) as caught:
        script.scripts.offer(chat("Hi"))[0].say(0)

    error = caught.value.error
    assert (error.message, error.code, error.headers) == (
        "slow down",
        None,
        (("retry-after", "1.5"), ("x-a", "b")),
    )


def test_rules_know_where_they_were_written() -> None:
    script = Script()
    script.when(tool_result=ToolResult("look")).reply("x")

    assert script.scripts.rules[0].place.startswith("test_script.py:")


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"user": 3}, "user is a text"),
        ({"turn": -1}, "turn is -1"),
        ({"stream": "yes"}, "stream is 'yes', expected true or false"),
        ({"response_format": "xml"}, "expected text, json_object, json_schema"),
        ({"model": [1]}, "model has 1, expected texts"),
        ({"tool_result": 3}, "tool_result is the name of a tool"),
        ({"headers": {"a": 1}}, "headers.a is a text"),
        ({"body": {"a": 1}}, "is no JSONPath"),
        ({"body": {"$.a": {"b": 1}}}, "an object is asked for by equals"),
        ({"body": {"$.a": {"equals": 1, "contains": "1"}}}, "an object is asked for by equals"),
        ({"body": {"schema": {"type": "nothing"}}}, "the JSON Schema is broken"),
        ({"body": {"schema": {"$ref": "http://localhost:1/x"}}}, "the JSON Schema is broken"),
        ({"user": regex}, "user is a text"),
    ],
)
def test_what_cannot_be_asked_is_named(keys: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        Script().when(**keys)

    assert reason in str(caught.value)


def test_an_answer_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="answer 2 is dict"):
        Script().reply("a", {"b": 1})


def test_scripting_goes_on_while_threads_ask() -> None:
    script = Script().reply("any", times=1)

    def write(number: int) -> None:
        script.when(user=f"ticket {number}").reply(f"answer {number}")

    def read(number: int) -> int:
        return len(script.scripts.offer(chat(f"ticket {number}")))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: (write(n), read(n)), range(200)))

    assert [read(number) for number in range(200)] == [2] * 200


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda script: script.when(priority="high"), "priority is 'high', expected a whole number"),
        (lambda script: script.when(priority=True), "priority is True, expected a whole number"),
        (lambda script: script.when(predicate=3), "predicate is 3, expected a callable"),
        (lambda script: script.reply("a", times=1.5), "times is 1.5, expected a whole number"),
        (lambda script: script.reply("a", times=True), "times is True, expected a whole number"),
        (lambda script: script.reply("a", times="2"), "times is '2', expected a whole number"),
        (
            lambda script: script.fail(429, retry_after="2"),
            "retry_after is '2', expected a number of seconds",
        ),
        (lambda script: script.fail(429, retry_after=-1), "retry_after is -1, expected"),
        (lambda script: script.fail(429, retry_after=float("inf")), "retry_after is inf, expected"),
        (lambda script: script.fail("429"), "status is '429', expected 400 to 599"),
        (lambda script: script.fail(429, headers="x"), "headers is 'x', expected a mapping"),
        (lambda script: script.fail(429, headers={"x": None}), "headers has 'x': None, expected texts"),
    ],
)
def test_mistakes_are_named_where_they_are_made(write: Callable[[Any], Any], told: str) -> None:
    script = Script()

    with pytest.raises(ValueError, match=told):
        write(script)
    assert script.scripts.rules == ()


@pytest.mark.parametrize(
    ("seconds", "headers", "sent"),
    [
        (2, None, (("retry-after", "2"),)),
        (0.5, {"x-a": "b"}, (("retry-after", "0.5"), ("x-a", "b"))),
        (12_345_678, None, (("retry-after", "12345678"),)),
        (2, {"Retry-After": "soon"}, (("Retry-After", "soon"),)),
    ],
)
def test_a_wait_goes_into_its_header(
    seconds: float, headers: dict[str, str] | None, sent: tuple[tuple[str, str], ...]
) -> None:
    script = Script().fail(429, retry_after=seconds, headers=headers)

    (fail,) = script.scripts.rules[0].answers
    assert isinstance(fail, Fail)
    assert fail.headers == sent
