"""Templates."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.dialects.templates import ABSENT, fill, names

VALUES: dict[str, Any] = {
    "a": 5,
    "b": 2,
    "none": None,
    "list": [],
    "zero": 0,
    "text": "t",
    "gone": ABSENT,
}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ({"x": "$a", "y": "plain", "z": 1.5, "n": None}, {"x": 5, "y": "plain", "z": 1.5, "n": None}),
        ({"x": "$none"}, {"x": None}),
        ({"x?": "$none", "y?": "$list", "z?": "$zero", "t?": "$text"}, {"z": 0, "t": "t"}),
        ({"x": "$gone", "y": 1}, {"y": 1}),
        ({"details?": {"tokens!": "$zero"}}, {}),
        ({"details?": {"tokens!": "$a", "more": "$b"}}, {"details": {"tokens": 5, "more": 2}}),
        ({"list?": [{"text!": "$none", "kind": 1}]}, {}),
        ({"list": ["$gone", "$a", {"x": ["$b"]}]}, {"list": [5, {"x": [2]}]}),
        (
            {"difference": "$a-$b", "sum": "$a+$b", "product": "$a*3"},
            {"difference": 3, "sum": 7, "product": 15},
        ),
        ({"cost": "$a*0.15+$b*1e-06"}, {"cost": 0.750002}),
    ],
)
def test_a_template_is_filled(template: Any, filled: Any) -> None:
    assert fill(template, VALUES) == filled


def test_keys_keep_their_order() -> None:
    assert list(fill({"z": 1, "a?": "$a", "m": "$text"}, VALUES)) == ["z", "a", "m"]


def test_the_names_of_a_template_are_told() -> None:
    template = {"x": "$a", "y": ["$b", {"z": "$prompt-$cached*2"}], "plain": "no $name"}

    assert sorted(names(template)) == ["a", "b", "cached", "prompt"]


@pytest.mark.parametrize("text", ["$", "$A", "$a-", "$a b", "$a*x", "$a**2"])
def test_what_is_neither_name_nor_sum_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no \\$name, nor a sum"):
        list(names({"x": text}))
