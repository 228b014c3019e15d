from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.recordings.differences import ABSENT, differences, distance, shortened

JSON = st.recursive(
    st.integers(0, 3) | st.booleans() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        ({"a": 1}, {"a": 2}, ["$.a: 1 here, 2 there"]),
        ({"a": 1}, {}, ["$.a: 1 here, absent there"]),
        ({}, {"a": [1, 2]}, ["$.a: absent here, [2 items] there"]),
        ({"a": {"b": 1, "c": 2}}, {"a": [1]}, ["$.a: {b, c} here, [1 item] there"]),
        (
            [{"x": "one"}, 2],
            [{"x": "two"}],
            ['$[0].x: "one" here, "two" there', "$[1]: 2 here, absent there"],
        ),
        ({"a": True}, {"a": 1}, ["$.a: true here, 1 there"]),
        ({"a": []}, {"a": {}}, ["$.a: [] here, {} there"]),
    ],
)
def test_differences_name_the_place_and_both_values(left: Any, right: Any, told: list[str]) -> None:
    assert [str(difference) for difference in differences(left, right)] == told


def test_of_long_texts_the_part_that_differs_is_shown() -> None:
    before = "the same words again and again, " * 20

    [difference] = differences(before + "then tea", before + "then coffee")

    assert str(difference).endswith('"…ain and again, then tea" here, "…ain and again, then coffee" there')
    assert len(str(difference)) < 160


def test_the_more_two_texts_share_the_nearer_they_are() -> None:
    def far(left: Any, right: Any) -> float:
        return distance(differences(left, right))

    assert far("same", "same") == 0
    assert 1 < far("how are you?", "how are they?") < far("how are you?", "when?") < far("a", "b") == 2
    assert far(["a", "b"], ["a"]) == 2


@given(JSON, JSON)
def test_values_differ_where_they_are_not_equal(left: Any, right: Any) -> None:
    assert bool(differences(left, right)) == (repr(sort(left)) != repr(sort(right)))
    assert len(differences(left, right)) == len(differences(right, left))


def sort(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: sort(value[name]) for name in sorted(value)}
    return [sort(item) for item in value] if isinstance(value, list) else value


def test_no_more_than_a_thousand_places_are_looked_for() -> None:
    assert len(differences([1] * 5_000, [2] * 5_000)) == 1_000


@pytest.mark.parametrize(
    "value", ["x" * 10_000, list(range(9_999)), {str(n): n for n in range(999)}, 10**400]
)
def test_what_is_shown_is_bounded(value: Any) -> None:
    assert len(shortened(value)) < 70
    assert shortened(ABSENT) == "absent"
