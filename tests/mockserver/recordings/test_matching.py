from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.recordings.matching import MATCHED, Keys, keys_of, normalised

TEXTS = st.text(max_size=12)
NUMBERS = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    TEXTS | NUMBERS | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4)
BODIES = st.fixed_dictionaries(
    {"model": TEXTS, "messages": st.lists(OBJECTS, min_size=1, max_size=4)},
    optional={
        "tools": st.lists(OBJECTS, min_size=1, max_size=3),
        "functions": st.lists(OBJECTS, min_size=1, max_size=3),
        "response_format": OBJECTS,
        "temperature": NUMBERS,
        "stream": st.booleans(),
        "stream_options": OBJECTS,
    },
)


def shuffled(value: Any, dice: random.Random) -> Any:
    if isinstance(value, list):
        return [shuffled(item, dice) for item in value]
    if isinstance(value, dict):
        pairs = [(name, shuffled(item, dice)) for name, item in value.items()]
        dice.shuffle(pairs)
        return dict(pairs)
    return value


def with_nulls(value: Any, dice: random.Random) -> Any:
    if isinstance(value, list):
        return [with_nulls(item, dice) for item in value]
    if isinstance(value, dict):
        filled = {name: with_nulls(item, dice) for name, item in value.items()}
        return {**{f"absent {n}": None for n in range(dice.randint(0, 2))}, **filled}
    return value


@given(BODIES, st.randoms(use_true_random=False))
def test_order_of_keys_whitespace_and_nulls_do_not_count(body: dict[str, Any], dice: random.Random) -> None:
    retold = json.loads(json.dumps(shuffled(with_nulls(body, dice), dice), indent=dice.randint(0, 8)))

    assert keys_of(retold) == keys_of(body)


@given(BODIES, st.sampled_from(MATCHED), VALUES)
def test_any_change_of_what_a_reply_depends_on_counts(body: dict[str, Any], name: str, value: Any) -> None:
    changed = {**body, name: [value, body.get(name)]}

    assert keys_of(changed).match != keys_of(body).match
    assert keys_of(changed).whole != keys_of(body).whole


@given(BODIES, st.integers(0, 3), TEXTS, VALUES)
def test_a_change_deep_in_a_message_counts(body: dict[str, Any], at: int, name: str, value: Any) -> None:
    changed = copy.deepcopy(body)
    message = changed["messages"][at % len(changed["messages"])]
    message[name] = [message.get(name), value]

    assert keys_of(changed).match != keys_of(body).match


@pytest.mark.parametrize(
    ("change", "equal"),
    [
        ({"temperature": 0.3}, ["match", "parts"]),
        ({"seed": 4}, ["match", "parts"]),
        ({"stream": True}, ["match", "whole", "core", "parts"]),
        ({"stream": True, "stream_options": {"include_usage": True}}, ["match", "core", "parts"]),
        ({"temperature": None, "tools": None}, ["match", "whole", "core", "parts"]),
        ({"model": "gpt-4o"}, []),
        ({"functions": [{"name": "f"}]}, []),
        ({"response_format": {"type": "json_object"}}, []),
    ],
)
def test_each_fingerprint_covers_what_it_says(change: dict[str, Any], equal: list[str]) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}
    before, after = keys_of(body), keys_of({**body, **change})

    assert [name for name in Keys._fields if getattr(before, name) == getattr(after, name)] == equal


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"a": None}, {}),
        ({"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ([None, {"a": None}], [None, {}]),
        ({"a": 1.0, "b": 0.5, "c": True}, {"a": 1, "b": 0.5, "c": True}),
    ],
)
def test_normal_values_have_no_null_members_and_one_spelling_of_numbers(given: Any, kept: Any) -> None:
    assert json.dumps(normalised(given)) == json.dumps(kept)


def test_parts_tell_what_two_requests_still_share() -> None:
    def body(model: str, *texts: str) -> dict[str, Any]:
        return {"model": model, "messages": [{"role": "user", "content": text} for text in texts]}

    one, other = keys_of(body("a", "x", "last")), keys_of(body("b", "y", "last"))

    shared = [one.parts[n] == other.parts[n] for n in range(len(MATCHED) + 1)]
    assert shared == [False, False, True, True, True, True]
