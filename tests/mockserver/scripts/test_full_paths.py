from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.scripts import full_paths
from understudy.mockserver.scripts.paths import query


def nested(levels: int) -> dict[str, Any]:
    inside: dict[str, Any] = {}
    for _ in range(levels):
        inside = {"a": inside, "b": [1, 2, 3]}
    return inside


NESTED = nested(100)
LISTED: Any = {"a": [{"t": "x" * 200, "n": number} for number in range(400)]}


@pytest.mark.parametrize(
    "path",
    [
        "$..[?count(@..[?count(@..*) > 1]) > 5000]",
        "$..[?count(@..[?@.a.b[?@ == 9]]) > 5000]",
        "$..*[?count(@..[?count(@.*) > 9]) > 5000]",
    ],
)
def test_a_path_ends_where_it_has_visited_enough(path: str) -> None:
    assert query(path).select(NESTED, 10_000) == ()
    assert full_paths._visits.left < 0


def test_a_pattern_that_looks_around_is_counted_by_its_characters() -> None:
    assert query("$.a[?search(@.t, '(?=.*x)y')]").select(LISTED, 10_000) == ()
    assert full_paths._visits.left < 0

    assert query("$.a[?search(@.t, 'y')]").select(LISTED, 10_000) == ()
    assert full_paths._visits.left > 0


def test_every_path_may_visit_as_many() -> None:
    body = {"a": list(range(1_000))}

    assert [len(query("$.a[?@ > 9]").select(body, 10_000)) for _ in range(60)] == [990] * 60


def test_several_paths_are_none() -> None:
    with pytest.raises(ValueError, match="is no JSONPath"):
        query("$.a | $.b")
