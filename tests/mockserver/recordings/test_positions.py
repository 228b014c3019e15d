from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.recordings.positions import json_path, position

TEXT = """{
  "a": 1, "b, \\"c": {"x": [10, {"deep": true}]},
  "list": [ [], {} ,
     "last" ],
  "twice": 1,
  "twice": 2
}"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), (1, 1)),
        (("a",), (2, 8)),
        (('b, "c', "x", 0), (2, 28)),
        (('b, "c', "x", 1, "deep"), (2, 41)),
        (("list", 2), (4, 6)),
        (("twice",), (6, 12)),  # the one json keeps
        (("absent",), (1, 1)),
        (("list", 9), (3, 11)),
        (("a", "b"), (2, 8)),
    ],
)
def test_a_place_is_named_by_line_and_column(path: tuple[str | int, ...], expected: tuple[int, int]) -> None:
    assert position(TEXT, path) == expected


@given(
    st.recursive(
        st.integers() | st.text(max_size=6) | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=15,
    ),
    st.sampled_from([None, 1, 4]),
)
def test_what_stands_at_the_place_of_a_path_is_its_value(document: Any, indent: int | None) -> None:
    text = json.dumps(document, indent=indent)
    path: list[str | int] = []
    value = document
    while value and isinstance(value, list | dict):
        step = len(value) - 1 if isinstance(value, list) else list(value)[-1]
        path.append(step)
        value = value[step]

    line, column = position(text, path)

    rest = "\n".join(text.split("\n")[line - 1 :])[column - 1 :]
    assert json.JSONDecoder().raw_decode(rest)[0] == value


def test_a_path_is_written_as_the_api_writes_it() -> None:
    assert json_path(("messages", 0, "role")) == "$.messages[0].role"
