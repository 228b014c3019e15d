from __future__ import annotations

import pytest

from understudy.mockserver.scripts.literals import folded_literal, literal


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("refund", "refund"),
        (r"order #\d+ is (late|lost)", "order #"),
        (r"a(bcd)+e", "bcd"),
        (r"a(bcd)?ef", "ef"),
        (r"(?<name>word)s", "word"),
        (r"cat|dog", ""),
        (r"\d+", ""),
        ("(?i)refund", ""),
        ("a (?i:b) c", ""),
        ("[", ""),
        (r"\p{Lu}abc", ""),
    ],
)
def test_what_every_match_contains(pattern: str, found: str) -> None:
    assert literal(pattern) == found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("(?i)REFUND now", "refund now"),
        ("(?i)straße", "stra"),
        ("refund", ""),
        ("(?i)a(?s)b", ""),
        ("(?is)ab", ""),
    ],
)
def test_for_any_case_it_is_folded(pattern: str, found: str) -> None:
    assert folded_literal(pattern) == found
