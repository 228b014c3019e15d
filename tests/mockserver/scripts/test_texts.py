from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from understudy.mockserver.scripts.texts import LONGEST_SEARCHED, Text, as_text, contains, regex, searching


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


@pytest.mark.parametrize(
    ("pattern", "linear"),
    [
        (r"order \d+$", True),
        ("(?i)refund|invoice", True),
        (r"\bfoo", True),
        ("(?=.*refund)(?=.*invoice)", False),
        ("(?!a)b", False),
        ("(?<=a)b", False),
        (r"(a)\1", False),
    ],
)
def test_a_pattern_that_looks_around_or_back_is_searched_for_in_the_beginning_only(
    pattern: str, linear: bool
) -> None:
    assert searching(pattern).linear is linear
    assert Text(regex=(pattern, "a")).linear is linear


def test_how_far_a_pattern_is_searched_for() -> None:
    late = " " * LONGEST_SEARCHED + "ab"

    assert not regex("(?<=a)b").fits(late)
    assert regex("(?<=a)b").fits(late[2:])
    assert regex("ab").fits(late)


def test_of_several_texts_those_that_come_first_are_searched() -> None:
    texts = [" " * LONGEST_SEARCHED] * 8 + ["ab"]

    assert not regex("(?<=a)b").fits_one(texts)
    assert regex("(?<=a)b").fits_one(texts[1:])
    assert regex("ab").fits_one(texts)


@pytest.mark.parametrize(
    "make",
    [
        lambda: contains(3),  # type: ignore[arg-type]
        lambda: contains("a", None),  # type: ignore[arg-type]
        lambda: regex(3),  # type: ignore[arg-type]
        lambda: regex(re.compile(b"a")),  # type: ignore[arg-type]
        lambda: Text(equals=3),  # type: ignore[arg-type]
        lambda: Text(contains="ab"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_text_is_named_at_once(make: Callable[[], Text]) -> None:
    with pytest.raises(ValueError, match=r"^(contains|regex|equals) is .*, expected a "):
        make()


def test_what_is_no_condition_is_named() -> None:
    assert as_text("Hi", "user") == Text(equals="Hi")
    with pytest.raises(ValueError, match="user is a text, contains"):
        as_text(3, "user")  # type: ignore[arg-type]


def test_a_condition_says_what_it_expects() -> None:
    assert str(Text("a", ("b",), ("c",))) == "to be 'a' and to contain 'b' and to match 'c'"
