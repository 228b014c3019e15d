from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from understudy.mockserver.chat import read_chat
from understudy.mockserver.errors import mask
from understudy.mockserver.faults.match import Asked, Match, read_match
from understudy.mockserver.scripts.facts import Facts

KEY = "sk-proj-0123456789abcdef"
CHAT = Asked(
    path="/v1/chat/completions",
    key=KEY,
    fingerprint=b"f",
    facts=Facts(
        read_chat(
            {
                "model": "gpt-4o-mini",
                "stream": True,
                "metadata": {"tenant": "acme"},
                "messages": [{"role": "user", "content": "My refund, please"}],
            }
        ),
        [(b"x-team", b"red")],
    ),
)
MODELS = Asked("/v1/models", KEY, b"m")


@pytest.mark.parametrize(
    ("told", "chat", "models"),
    [
        ({}, True, False),
        ({"path": "/v1/*"}, True, True),
        ({"path": "*/models"}, False, True),
        ({"path": "*", "model": "gpt-4o*"}, True, False),
        ({"model": "gpt-4o*"}, True, False),
        ({"model": "o1"}, False, False),
        ({"model": 4}, False, False),
        ({"contains": True}, False, False),
        ({"stream": True}, True, False),
        ({"stream": False}, False, False),
        ({"key": KEY}, True, False),
        ({"key": "sk-proj-*"}, True, False),
        ({"key": mask(KEY)}, True, False),
        ({"key": "sk-other", "path": "*"}, False, False),
        ({"contains": "refund"}, True, False),
        ({"contains": "Refund"}, False, False),
        ({"header.X-Team": "red"}, True, False),
        ({"header.x-team": None}, False, False),
        ({"metadata.tenant": "acme"}, True, False),
        ({"metadata.tenant": {"regex": "^b"}}, False, False),
        ({"user": {"regex": "(?i)REFUND"}, "turn": 0}, True, False),
        ({"body": {"$.temperature": 0}}, False, False),
    ],
)
def test_what_is_asked_decides(told: Mapping[str, Any], chat: bool, models: bool) -> None:
    match = read_match(told)

    assert (match.fits(CHAT), match.fits(MODELS)) == (chat, models)


def test_no_key_is_shown() -> None:
    match = read_match({"key": KEY, "model": "gpt-4o*"})

    assert KEY not in repr(match)
    assert match.text == f"key={mask(KEY)},model=gpt-4o*"


def test_equal_questions_are_equal() -> None:
    assert read_match({}) == Match()
    assert read_match({"user": {"contains": "a"}}) == read_match({"user": {"contains": "a"}})
    assert read_match({"user": {"contains": "a"}}) != read_match({"user": {"contains": "b"}})


def test_the_order_of_questions_makes_no_difference() -> None:
    assert read_match({"stream": True, "model": "a"}) == read_match({"model": "a", "stream": True})
    assert read_match({"stream": True, "model": "a"}).text == "model=a,stream=true"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"modle": "x"}, "unknown key 'modle'; nearest is 'model'; allowed: times, nth"),
        ({"header.": "x"}, "unknown key 'header.'"),
        ({"stream": "yes"}, "stream: stream is 'yes', expected true or false"),
        ({"key": ["a"]}, "key is .*, expected a text"),
        ({"path": ""}, "path is '', expected a text"),
        ({"user": {"regex": "("}}, "user: the pattern"),
    ],
)
def test_mistakes_are_told(told: Mapping[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_match(told)
