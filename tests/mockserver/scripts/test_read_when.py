from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.scripts.read_when import read_when
from understudy.mockserver.scripts.rule import ToolResult
from understudy.mockserver.scripts.texts import Text


def _raise(_: str, error: ValueError) -> None:
    raise error


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"tool_result": {"tool": "f", "contain": "zz"}},
            "tool_result has no key 'contain'; there are: tool, id",
        ),
        ({"tool_result": {"tool": 3}}, "tool_result.tool is 3, expected a text"),
        ({"tool_result": 3}, "tool_result is the name of a tool"),
        ({"user": {"contian": "a"}}, "user has no key 'contian'; there are: equals, contains, regex"),
        ({"user": {"contains": 3}}, "user.contains is 3, expected a text, or a list of texts"),
        ({"user": {"contains": ["a", 3]}}, "user.contains has 3, expected texts"),
        ({"user": {"equals": 3}}, "equals is 3, expected a text"),
        ({"headers": {"x-team": {"is": "red"}}}, "headers.x-team has no key 'is'"),
        ({"headers": "x-team"}, "headers is 'x-team', expected a mapping from names to texts"),
        ({"headers": {3: "red"}}, "headers has the key 3, expected names"),
        ({"metadata": ["a"]}, "metadata is .'a'., expected a mapping"),
        ({"model": 3}, "model is 3, expected a text, or a list of texts"),
        ({"tools": 3}, "tools is 3, expected a text, or a list of texts"),
        ({"tools": {"a": 1}}, "tools is {'a': 1}, expected a text, or a list of texts"),
        ({"body": "x"}, "body is 'x', expected a mapping from JSONPaths to values"),
        ({"body": {3: 1}}, "body has the key 3, expected JSONPaths"),
        ({"body": {"$.a": {"exists": "no"}}}, "equals, exists"),
        ({"turn": True}, "turn is True"),
        ({"stream": "no"}, "stream is 'no'"),
        (
            {"response_format": ["text"]},
            "response_format is .'text'., expected text, json_object, json_schema",
        ),
    ],
)
def test_what_cannot_be_asked_is_named(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_when(asked, _raise)


def test_a_result_is_asked_for_by_all_its_keys() -> None:
    asked = {"tool": "f", "id": "call_1", "contains": ["a", "b"], "regex": "c"}

    assert read_when({"tool_result": asked}, _raise).tool_result == ToolResult(
        "f", "call_1", Text(contains=("a", "b"), regex=("c",))
    )


def test_what_fails_is_told_and_asks_nothing() -> None:
    told: list[str] = []

    found = read_when({"turn": -1, "user": "Hi"}, lambda key, error: told.append(key))

    assert (told, found.turn, found.user) == (["turn"], None, Text(equals="Hi"))
