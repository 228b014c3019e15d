from __future__ import annotations

import sys
from subprocess import run

import pytest

from understudy.mockserver.scripts.paths import Query, canonical, query

BODY = {
    "model": "m",
    "temperature": 0,
    "messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "order 12"}],
    "a b": {"c": None},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", (BODY,)),
        ("$.temperature", (0,)),
        ("$.messages[1].content", ("order 12",)),
        ("$['a b'].c", (None,)),
        ('$["a b"]["c"]', (None,)),
        ("$.messages[2]", ()),
        ("$.model.x", ()),
        ("$.messages.role", ()),
        ("$.messages[-1].role", ("user",)),
        ("$..role", ("system", "user")),
        ("$.messages[?@.role == 'user'].content", ("order 12",)),
        (r"$.messages[?search(@.content, '\\d')].role", ("user",)),
        ("$.messages[?match(@.content, 'order')].role", ()),
        ("$.messages[?match(@.content, '[')].role", ()),
        ("$.messages[?search(@.nothing, 'a')].role", ()),
    ],
)
def test_a_path_selects(path: str, found: tuple[object, ...]) -> None:
    assert query(path).select(BODY, 10) == found


@pytest.mark.parametrize("path", ["temperature", "$.[", "$.messages[?", "$[?search(@.a)]"])
def test_what_is_no_path_is_named(path: str) -> None:
    with pytest.raises(ValueError, match="is no JSONPath"):
        query(path)


def test_what_is_selected_is_bounded() -> None:
    assert len(query("$..*").select({"a": list(range(100))}, 10)) == 10


def test_a_body_nested_too_deep_has_nothing_selected() -> None:
    deep: object = {}
    for _ in range(300):
        deep = {"a": deep}

    assert query("$..b").select(deep, 10) == ()


def test_what_runs_out_of_frames_selects_nothing() -> None:
    def endless(value: object) -> list[object]:
        return endless(value)

    assert Query("$", endless).select({}, 1) == ()


def test_plain_paths_load_no_library() -> None:
    code = (
        "import sys; from understudy.mockserver.scripts.paths import query;"
        "query('$.a[0].b').select({}, 1); sys.exit('jsonpath' in sys.modules)"
    )

    assert run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        ({"a": 1, "b": [2.0]}, {"b": [2], "a": 1}, True),
        (None, "null", False),
    ],
)
def test_values_are_equal_as_json_has_it(one: object, other: object, equal: bool) -> None:
    assert (canonical(one) == canonical(other)) is equal
