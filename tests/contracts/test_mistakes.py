"""A file's mistakes, in the words of one who reads it."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.contracts.marked import read_marked
from understudy.contracts.mistakes import mistakes, nearest

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$", "description": "small letters"},
        "count": {"type": ["integer", "null"], "minimum": 1, "maximum": 9},
        "kind": {"enum": ["text", "json"]},
        "by": {"type": "object", "propertyNames": {"pattern": "^[0-9]+$"}},
        "few": {"type": "array", "maxItems": 1},
        "other": {"$ref": "other.json"},
        "say": {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "required": ["text"],
                    "additionalProperties": False,
                    "properties": {"text": {"type": "string"}, "to": {"type": "string"}},
                },
                {"type": "array", "items": {"type": "string"}},
            ]
        },
        "sort": {"oneOf": [{"const": "up"}, {"enum": ["down", 3]}, {"type": "null"}]},
    },
}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "f:1: $: needs 'name'"),
        ("name: A", "f:1: $.name: 'A' does not match ^[a-z]+$ (small letters)"),
        ("name: 3", "f:1: $.name: expected string, got 3 (small letters)"),
        ("name: a\ncount: 0", "f:2: $.count: 0 is below 1"),
        ("name: a\ncount: 10", "f:2: $.count: 10 is above 9"),
        ("name: a\ncount: ten", "f:2: $.count: expected integer or null, got 'ten'"),
        ("name: a\nkind: jsn", "f:2: $.kind: 'jsn' is none of 'text', 'json'; nearest is 'json'"),
        (
            "name: a\ncuont: 1",
            "f:2: $.cuont: unknown key; nearest is 'count'; allowed: by, count, few, kind, name, other, say, sort",
        ),
        ("name: a\nby:\n  1: x\n  one: x", "f:4: $.by.one: 'one' is not a key for here"),
        ("name: a\nfew: [1, 2]", "f:2: $.few: [1, 2] is too long"),
        ("name: a\nother: 1", "f:2: $.other: expected boolean, got 1"),
        ("name: a\nsay:\n  txt: b", "f:3: $.say.txt: unknown key; nearest is 'text'; allowed: text, to"),
        ("name: a\nsay: [b, 2]", "f:2: $.say[1]: expected string, got 2"),
        ("name: a\nsay: 5", "f:2: $.say: expected string or object or array, got 5"),
        ("name: a\nsort: left", "f:2: $.sort: expected 'up' or 'down' or 3 or null, got 'left'"),
    ],
)
def test_a_mistake_says_what_came_and_what_is_allowed(text: str, reason: str) -> None:
    found = mistakes(read_marked(text, "f"), SCHEMA, {"other.json": {"type": "boolean"}})

    assert reason in found


def test_a_sound_file_has_none() -> None:
    text = "name: a\ncount: null\nsay: {text: b}\nsort: down\nother: true"

    assert mistakes(read_marked(text, "f"), SCHEMA, {"other.json": {"type": "boolean"}}) == ()


def test_all_are_told_in_the_order_of_their_lines() -> None:
    found = mistakes(read_marked("sya: 1\ncount: 99\nname: 7\nkind: 1", "f"), SCHEMA)

    assert [text.split(":")[1] for text in found] == ["1", "2", "3", "4"]


def test_many_are_cut_short() -> None:
    text = "\n".join(f"k{number}: 1" for number in range(50))

    assert len(mistakes(read_marked(text, "f"), SCHEMA)) == 20


def test_only_what_is_near_is_offered() -> None:
    assert nearest("maximun", ["minimum", "maximum"]) == "; nearest is 'maximum'"
    assert nearest("zeal", ["minimum", "maximum"]) == ""
