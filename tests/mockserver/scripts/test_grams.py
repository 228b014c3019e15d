from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.mockserver.scripts.grams import Grams

letters = st.text(alphabet="abé\U0001f600", min_size=1, max_size=12)


@given(st.lists(letters, max_size=40), letters)
@settings(max_examples=300, deadline=None)
def test_all_needles_in_a_text_are_found_and_no_others(needles: list[str], text: str) -> None:
    grams = Grams()
    for number, needle in enumerate(needles):
        grams.add(needle, number)

    assert sorted(grams.found(text * 2)) == [n for n, needle in enumerate(needles) if needle in text * 2]


@given(st.integers(0, 40), st.integers(0, 999))
@settings(max_examples=100, deadline=None)
def test_a_needle_is_found_wherever_it_stands(before: int, number: int) -> None:
    grams = Grams()
    for one in range(1_000):
        grams.add(f"ticket {one:03}", one)

    assert list(grams.found("-" * before + f"ticket {number:03}" + "-")) == [number]


def test_half_a_surrogate_pair_is_a_text_too() -> None:
    grams = Grams()
    grams.add("\ud800b", 0)

    assert list(grams.found("a\ud800bc")) == [0]
