"""JSON text as the API lays it out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.layout import Written, compact, enclosed, indented, quote, written

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_indented_is_what_the_standard_encoder_lays_out(value: Any) -> None:
    assert indented(value) == json.dumps(value, indent=2, ensure_ascii=False)


@given(JSON)
def test_compact_is_without_blanks_and_without_escapes(value: Any) -> None:
    assert compact(value) == json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@given(st.text())
def test_a_quoted_text_reads_back(text: str) -> None:
    assert json.loads(quote(text)) == text


def test_subclasses_of_numbers_and_texts_are_laid_out_as_json() -> None:
    class Name(str):
        __slots__ = ()

    assert indented([Name("a"), 1.5, 1e999]) == '[\n  "a",\n  1.5,\n  Infinity\n]'


def test_written_text_stands_as_it_is() -> None:
    assert indented({"at": Written("%d")}) == '{\n  "at": %d\n}'
    assert [written(value) for value in (Written("\0"), "\0", 1)] == ["\0", '"\\u0000"', "1"]


def test_nothing_enclosed_is_on_one_line() -> None:
    assert [enclosed("[", items, "]", "\n") for items in ([], ["1", "2"])] == ["[]", "[\n  1,\n  2\n]"]
