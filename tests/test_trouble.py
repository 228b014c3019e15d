"""What docs/trouble.md says is true: its examples are read, its tables name what there is."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.faults.error_words import BY_STATUS, NAMED
from understudy.mockserver.faults.match import SHORT
from understudy.mockserver.faults.named_errors import WAITS, WORDS
from understudy.mockserver.faults.rules import parse_fault, parse_header
from understudy.mockserver.faults.tape import read_tape
from understudy.mockserver.faults.when import TIMES
from understudy.mockserver.scripts.scenario import read_whole

PAGE = (Path(__file__).parents[1] / "docs" / "trouble.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_commands_have_faults_that_are_read() -> None:
    words = [shlex.split(line) for line in block("sh").splitlines()]
    specs = [spec for line in words for name, spec in pairwise(line) if name == "--fault"]

    assert len(specs) == 5
    assert [str(parse_fault(spec)) for spec in specs] == specs


def test_the_scenario_and_the_header_are_read() -> None:
    header = re.search(r"`x-understudy-fault: ([^`]*)`", PAGE)

    assert len(read_whole(block("yaml"), "doc").faults) == 3
    assert header is not None
    assert parse_header(header[1]).when.times == 1


def test_the_python_runs() -> None:
    found: dict[str, Any] = {}

    exec(block("python"), found)  # noqa: S102

    assert [rule.name for rule in found["rules"]] == ["429", "cut_midstream", "503"]


def test_the_tape_is_read() -> None:
    assert len(read_tape(block("json"), "doc", 0, profile("openai"))) == 1


def test_the_table_has_every_error() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d{3})( \*)? \| (.+) \|$", section("Errors"), re.MULTILINE)

    bare = {name: " *" if BY_STATUS[named.status] == name else "" for name, named in NAMED.items()}
    assert rows == [(name, str(named.status), bare[name], named.about) for name, named in NAMED.items()]


@pytest.mark.parametrize(("title", "names"), [("When", (*TIMES, *SHORT)), ("Errors", (*WAITS, *WORDS))])
def test_the_tables_have_every_key(title: str, names: tuple[str, ...]) -> None:
    told = section(title)

    assert [name for name in names if f"`{name}" not in told] == []
