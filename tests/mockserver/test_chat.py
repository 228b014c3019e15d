"""What was asked, read leniently."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.chat import fingerprint, read_chat

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("document", "model", "messages", "stream"),
    [
        ({"model": "m", "messages": [{"role": "user"}], "stream": True}, "m", [{"role": "user"}], True),
        ({}, "", (), False),
        ({"model": 3, "messages": {}, "stream": "true"}, "", (), False),
        ({"model": None, "messages": None, "stream": None}, "", (), False),
        ({"stream": 1}, "", (), False),
    ],
)
def test_what_does_not_fit_is_left_empty(
    document: dict[str, Any], model: str, messages: Any, stream: bool
) -> None:
    chat = read_chat(document)

    assert (chat.model, chat.messages, chat.stream) == (model, messages, stream)
    assert chat.document is document


@pytest.mark.parametrize(
    ("options", "usage", "obfuscation"),
    [
        ({"include_usage": True}, True, True),
        ({"include_obfuscation": False}, False, False),
        ({"include_usage": None, "include_obfuscation": None}, False, True),
        ({"include_usage": "yes", "include_obfuscation": 0}, False, True),
        ({}, False, True),
        (None, False, True),
        ([], False, True),
    ],
)
def test_stream_options_have_the_api_s_defaults(options: Any, usage: bool, obfuscation: bool) -> None:
    chat = read_chat({"stream_options": options})

    assert (chat.include_usage, chat.include_obfuscation) == (usage, obfuscation)


def test_equal_content_has_an_equal_fingerprint_whatever_the_key_order() -> None:
    one = fingerprint({"a": 1, "b": {"c": [1, 2], "d": None}})
    other = fingerprint({"b": {"d": None, "c": [1, 2]}, "a": 1})

    assert one == other
    assert len(one) == 16


@pytest.mark.parametrize(
    "other", [{"a": "1"}, {"a": 2}, {"a": 1, "b": None}, {"a": [1]}, {"A": 1}, {"a": True}]
)
def test_other_content_has_another(other: dict[str, Any]) -> None:
    assert fingerprint(other) != fingerprint({"a": 1})


@given(JSON)
def test_every_json_value_has_a_fingerprint(value: Any) -> None:
    assert len(fingerprint(value)) == 16


def test_text_that_utf_8_cannot_say_has_one_too() -> None:
    assert fingerprint({"a": "\ud800"}) != fingerprint({"a": "\ud801"})
