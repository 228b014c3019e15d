from __future__ import annotations

import re

import pytest

from understudy.mockserver.scripts.texts import Text, as_text, contains, regex


@pytest.mark.parametrize(
    ("asked", "text", "fits"),
    [
        (Text(equals="Hi"), "Hi", True),
        (Text(equals="Hi"), "Hi!", False),
        (Text(equals=""), "", True),
        (contains("or", "der"), "my order", True),
        (contains("or", "DER"), "my order", False),
        (regex(r"^order \d+$"), "order 12", True),
        (regex(r"^order \d+$"), "order 12\n", False),
        (regex("(?i)ORDER"), "my order", True),
        (regex(re.compile("ORDER", re.IGNORECASE)), "my order", True),
        (regex(re.compile("ORDER")), "my order", False),
        (Text(contains=("a",), regex=("b$",)), "ab", True),
        (Text(contains=("a",), regex=("b$",)), "abc", False),
        (Text(), "anything", True),
        (Text(), None, False),
        (regex("x"), "half a pair \ud800 x", True),
    ],
)
def test_a_text_is_what_is_asked_for_or_is_not(asked: Text, text: str | None, fits: bool) -> None:
    assert asked.fits(text) is fits


def test_a_pattern_that_would_keep_re_busy_for_years_is_answered() -> None:
    assert not regex(r"^(a+)+$").fits("a" * 5_000 + "!")
    assert not regex(r"(?=(a+)+$)b").fits("a" * 5_000 + "!")


@pytest.mark.parametrize("pattern", ["[", r"hi\Z", "(?z)"])
def test_a_broken_pattern_is_named(pattern: str) -> None:
    with pytest.raises(ValueError, match="is not understood; patterns are those of ECMA-262"):
        regex(pattern)


def test_what_is_no_condition_is_named() -> None:
    assert as_text("Hi", "user") == Text(equals="Hi")
    with pytest.raises(ValueError, match="user is a text, contains"):
        as_text(3, "user")  # type: ignore[arg-type]


def test_a_condition_says_what_it_expects() -> None:
    assert str(Text("a", ("b",), ("c",))) == "to be 'a' and to contain 'b' and to match 'c'"
