"""Values of ours as JSON values."""

from __future__ import annotations

import json

from understudy.mockserver.admin.plain import plain
from understudy.mockserver.scripts.answer import Call, Fail, Reply, Said
from understudy.mockserver.scripts.rule import At, When
from understudy.mockserver.scripts.texts import Text


def answering() -> None:
    """A callable of a user's."""


def test_what_is_not_set_is_left_out() -> None:
    assert plain(When(model=("gpt-4o*",), user=Text(contains=("hi",)))) == {
        "model": ["gpt-4o*"],
        "user": {"contains": ["hi"]},
    }
    assert plain(Reply((Said(tool_calls=(Call("f", {"a": 1}),)),))) == {
        "choices": [{"tool_calls": [{"name": "f", "arguments": {"a": 1}}]}]
    }
    assert plain(Fail(429)) == {"status": 429}


def test_callables_are_told_by_name() -> None:
    assert plain(When(predicate=lambda chat: True))["predicate"].startswith("<callable ")
    assert plain(answering) == "<callable answering>"


def test_everything_becomes_json_within_bounds() -> None:
    deep: list[object] = []
    for _ in range(100):
        deep = [deep]

    shown = plain({"deep": deep, "long": "x" * 100_000, "many": list(range(10_000)), "odd": {1, 2}, "at": At})

    assert len(json.dumps(shown)) < 10_000
