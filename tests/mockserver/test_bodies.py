"""Bytes to a JSON object, or the refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.bodies import read_document
from understudy.mockserver.errors import ApiError, Refusal


def refused(body: bytes, depth: int = 128) -> ApiError:
    with pytest.raises(Refusal) as caught:
        read_document(body, depth)
    return caught.value.error


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The body was empty."),
        (b"   ", "Expecting value: line 1 column 4 (char 3)."),
        (b'{"a": \xff}', "The body was not UTF-8 at byte 6."),
        (b'"\xed\xa0\x80"', "The body was not UTF-8 at byte 1."),  # a surrogate, written as it must not be
        (b'{"a": NaN}', "NaN is not JSON."),
        (b'{"a": Infinity}', "Infinity is not JSON."),
        (b'{"a": -Infinity}', "-Infinity is not JSON."),
        (b'{\n "a": 1\n "b": 2}', "line 3 column 2"),
        (b'{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)."),
        (b'{"a": 1} x', "Extra data: line 1 column 10 (char 9)."),
        (b'{"a": "\n"}', "Invalid control character at: line 1 column 8 (char 7)."),
        (b"\xef\xbb\xbf{}", "line 1 column 1"),  # a byte order mark
        (b"[]", "The body was an array, where an object is expected."),
        (b'"text"', "The body was a string, where an object is expected."),
        (b"null", "The body was null, where an object is expected."),
        (b"1", "The body was a number, where an object is expected."),
        (b"1.5", "The body was a number, where an object is expected."),
        (b"true", "The body was a boolean, where an object is expected."),
    ],
)
def test_the_reason_is_in_words_with_its_place(body: bytes, reason: str) -> None:
    error = refused(body)

    assert (error.status, error.code, error.param, error.voice) == (400, None, None, "model")
    assert error.message.startswith("We could not parse the JSON body of your request.")
    assert reason in error.message


def nested(levels: int, opening: str = "[", closing: str = "]") -> bytes:
    """Return an object, *levels* deep in all, with an object or array in each."""
    return ('{"a":' + opening * (levels - 1) + closing * (levels - 1) + "}").encode()


@pytest.mark.parametrize("limit", [2, 16, 128])
def test_the_depth_is_bounded_exactly(limit: int) -> None:
    assert "a" in read_document(nested(limit), limit)
    assert f"deeper than {limit} levels" in refused(nested(limit + 1), limit).message


def test_brackets_side_by_side_and_in_texts_are_not_depth() -> None:
    wide = json.dumps({"a": [[]] * 500, "b": "[{" * 500}).encode()

    assert len(read_document(wide, 3)["a"]) == 500


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, nested(100_000)])
def test_a_hundred_thousand_brackets_are_an_error_like_any_other(body: bytes) -> None:
    assert refused(body).status == 400


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"{}", {}),
        (b' {"a": 1}\r\n', {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),  # the last one counts, as in most readers
        (b'{"a": "\\ud800"}', {"a": "\ud800"}),
        (b'{"a": "\\ud83c\\udfad"}', {"a": "\U0001f3ad"}),
        (b'{"a": 1e999}', {"a": float("inf")}),
        (b'{"a": ' + b"9" * 400 + b"}", {"a": int("9" * 400)}),
        (b'{"a": "\\u0000"}', {"a": "\0"}),
    ],
)
def test_odd_json_is_json(body: bytes, document: dict[str, Any]) -> None:
    assert read_document(body, 128) == document


def test_a_number_too_long_to_read_is_refused() -> None:
    assert refused(b'{"n": ' + b"9" * 5_000 + b"}").status == 400


@given(
    st.binary(max_size=64) | st.text(alphabet='{}[]":,0123456789.eE-+nul tfa\\', max_size=64).map(str.encode)
)
def test_any_bytes_are_an_object_or_a_refusal(body: bytes) -> None:
    try:
        found: Any = read_document(body, 16)
    except Refusal as refusal:
        found = {"refused": refusal.error.status}

    assert isinstance(found, dict)
    assert found.get("refused", 400) == 400
