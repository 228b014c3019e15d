"""YAML and JSON text as nodes with lines."""

from __future__ import annotations

import pytest

from understudy.contracts.yaml_text import YAMLError, compose, line_of_error


@pytest.mark.parametrize("text", ["a: [1, 2]\nb: {c: d}\n", '{"a":\t[1,2],\n"b":{"c":"d"}}'])
def test_nodes_know_their_lines(text: str) -> None:
    root = compose(text)

    assert root is not None
    assert [key.start_mark.line for key, _ in root.value] == [0, 1]


def test_an_empty_text_has_no_node() -> None:
    assert compose("# nothing\n") is None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\n b: 2", 2, "mapping values are not allowed"),
        ("a: b\nc: \0", 2, "the character U+0000 is not allowed"),
        ("[" * 100_000, 1, "nested too deeply"),
        ("- " * 100_000, 1, "nested too deeply"),
        ("a: \ud800", 1, "surrogates not allowed"),
        ("a\n---\nb", 2, "found another document"),
        ("a: *b", 1, "undefined alias"),
    ],
)
def test_what_cannot_be_read_is_named_by_line(text: str, line: int, reason: str) -> None:
    with pytest.raises((YAMLError, RecursionError, UnicodeEncodeError)) as caught:
        compose(text)

    where, why = line_of_error(caught.value, text)
    assert where == line
    assert reason in why
