"""Parameters of a query, read."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.admin.operation import Parameter
from understudy.mockserver.admin.problems import Problem

COUNT = Parameter("count", "how many", "integer", 5, 1, 9)
SHARE = Parameter("share", "of all", "number", maximum=1)
SIDE = Parameter("side", "which", choices=("left", "right"))


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (COUNT, "9", 9),
        (SHARE, "0.5", 0.5),
        (SIDE, "left, right", ["left", "right"]),
        (Parameter("a", ""), "b", "b"),
    ],
)
def test_a_value_is_read(parameter: Parameter, text: str, value: Any) -> None:
    assert parameter.read(text) == value


@pytest.mark.parametrize(
    ("parameter", "text"), [(COUNT, "10"), (COUNT, "1.5"), (SHARE, "nan"), (SIDE, "up"), (SIDE, "")]
)
def test_a_value_that_cannot_be_is_named(parameter: Parameter, text: str) -> None:
    with pytest.raises(Problem, match=f"{parameter.name} is '{text}', expected") as caught:
        parameter.read(text)

    assert (caught.value.status, caught.value.param) == (400, parameter.name)


def test_the_schema_says_the_same() -> None:
    assert COUNT.schema == {"type": "integer", "minimum": 1, "maximum": 9, "default": 5}
    assert SIDE.schema == {"type": "array", "items": {"enum": ["left", "right"]}}
