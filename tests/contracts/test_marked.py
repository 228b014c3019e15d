"""Users' files: plain data, with lines, within bounds."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.contracts import marked
from understudy.contracts.marked import read_marked

FILE = """\
# a comment
name: mine
list:
  - one
  - two: [1,
      2]
errors:
  429: {billed: false}
"""
BOMB = "\n".join(
    ["a0: &a0 [1,1,1,1,1,1,1,1,1]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("2026-11-22", "2026-11-22"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("-3", -3),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("TRUE", True),
        ("~", None),
        ("", None),
        ("!!str 1", "1"),
        ('"\\x41"', "A"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    found = read_marked(text, "f").value

    assert (found, type(found)) == (value, type(value))


def test_keys_are_text_as_it_is_written() -> None:
    assert read_marked("429: a\ntrue: b\n~: c", "f").value == {"429": "a", "true": "b", "~": "c"}


def test_an_alias_stands_for_its_value() -> None:
    assert read_marked("a: &x {b: 1}\nc: *x", "f").value == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("name",), 2),
        (("list", 0), 4),
        (("list", 1, "two", 1), 6),
        (("errors", "429", "billed"), 8),
        (("errors", "500"), 7),  # what is not there: the nearest around it
        (("name", "further"), 2),
        (("list", 9), 3),
    ],
)
def test_every_place_has_a_line(path: tuple[str | int, ...], line: int) -> None:
    assert read_marked(FILE, "f").line_of(path) == line


def test_a_mistake_names_file_line_and_path() -> None:
    said = read_marked(FILE, "mine.yaml").mistake(("errors", "429", "billed"), "why")

    assert said == "mine.yaml:8: $.errors['429'].billed: why"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: 2\na: 3", "f:3: the key 'a' stands twice, first on line 1"),
        ('{"a": 1,\n"a": 2}', "f:2: the key 'a' stands twice, first on line 1"),
        ("a: &x {b: 1}\n<<: *x", "f:2: merge keys (<<) are not part of YAML 1.2; write the members out"),
        ("\na: !!python/object:os.system x", "f:2: the tag tag:yaml.org,2002:python/object:os.system is not"),
        ("a: !mine [1]", "f:1: the tag !mine is not allowed; write plain data"),
        ("a: !!set {b}", "f:1: the tag tag:yaml.org,2002:set is not allowed"),
        ("? [a]\n: 1", "f:1: a key is a text, not a list or an object"),
        ("a: [b", "f:1: while parsing a flow sequence"),
        ("a: 1e999", "f:1: '1e999' is not a number that can be kept"),
        ("a: " + "9" * 5000, "f:1: '999999"),
        ("a: !!int x", "f:1: 'x' is not a number that can be kept"),
        ('{"a": "\\ud83d"}', "f:1: half a surrogate pair is no character"),
        ("a: &x [*x]", "f:1: nested deeper than 64 levels"),
        ("[" * 70 + "]" * 70, "f:1: nested deeper than 64 levels"),
        ("[" * 100_000, "f:1: nested too deeply"),
        (BOMB, "more than 1000000 values; is an alias used inside itself?"),
    ],
)
def test_what_is_no_plain_data_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_marked(text, "f")

    assert complaint in str(caught.value)


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marked, "LARGEST_TEXT", 5)

    assert read_marked("a: bc", "f").value == {"a": "bc"}
    with pytest.raises(ValueError, match="f:1: larger than 5 characters"):
        read_marked("a: bcd", "f")


def test_decimal_numbers_can_be_read_whole() -> None:
    assert read_marked("0.10000000000000000001", "f", read_float=Decimal).value == Decimal(
        "0.10000000000000000001"
    )


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(-1e300, 1e300)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text(max_size=5), json_values, max_size=4), ascii_only=st.booleans())
def test_json_is_read_as_json(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(value, indent="\t", ensure_ascii=ascii_only)
    if any(not char.isprintable() and char not in "\t\n" for char in text):
        return  # YAML takes fewer characters as they are than JSON does

    assert read_marked(text, "f").value == value


def test_yaml_is_loaded_only_to_read_a_file() -> None:
    script = "import sys, understudy.contracts.marked; sys.exit('yaml' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
