"""Texts that end early: to the token, and before a stop."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.mockserver.generation.cutting import Text, cut, limited, stopped
from understudy.mockserver.tokens.bpe import count

ENCODING = "o200k_base"
WORDS = ("Guten Tag, ", "天気", "😀👩‍👩‍👧 ", "naïve ", "नमस्ते ", "plain text. ", "\n")


@settings(max_examples=150, deadline=None)
@given(text=st.lists(st.sampled_from(WORDS), max_size=12).map("".join), most=st.integers(0, 40))
def test_a_limit_is_kept_and_as_much_as_fits_is_left(text: str, most: int) -> None:
    whole = cut(text, ENCODING)
    left = limited(whole, most, ENCODING)

    assert "".join(left.pieces) == left.whole
    assert text.startswith(left.whole)
    assert count(left.whole, ENCODING) <= most or not left.whole
    assert left.ended == (left == whole)
    if not left.ended:
        assert count(left.whole + whole.pieces[len(left.pieces)], ENCODING) > most


def test_without_a_limit_all_is_kept() -> None:
    assert limited(Text("abc", ("abc",)), -1, ENCODING) == ("abc", ("abc",), True)


@pytest.mark.parametrize(
    ("stop", "left"),
    [
        ("b", "a"), (["c", "b"], "a"), ("z", "abc."), ("", "abc."), (["", None, 3], "abc."), (".", "abc"),
        ("a", ""), (None, "abc."), (7, "abc."),
    ],
)  # fmt: skip
def test_a_stop_ends_the_text_before_it(stop: Any, left: str) -> None:
    text = stopped(cut("abc.", ENCODING), stop, ENCODING)

    assert text == (left, text.pieces, True)
    assert "".join(text.pieces) == left
