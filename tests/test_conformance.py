"""The conformance table: every test it names exists, every row has a proof or a reason, none is left out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "conformance.md"
FACTS = Path(os.environ.get("UNDERSTUDY_FACTS", ROOT.parent / "shared" / "reference" / "FACTS.md"))

STATUSES = ("implemented", "configurable", "deviates", "client")
NEEDS_A_TEST = ("implemented", "configurable")
SECTIONS = frozenset("ABCDEFGJK")  # the others are of providers, of mocks, or repeat these
LONG = 60  # characters: a longer first cell may be named by its beginning

_CELLS = re.compile(r"(?<!\\)\|")
_RULER = re.compile(r"\|[\s:|-]+\|$")
_HEADING = re.compile(r"#{1,2} ([A-M](?:\.\d+)?)[ .]")
_NAMED_TEST = re.compile(r"`(tests/[^`]+)`")


class Row(NamedTuple):
    section: str
    name: str
    cells: list[str]

    @property
    def status(self) -> str:
        return self.cells[1]

    @property
    def tests(self) -> list[str]:
        return _NAMED_TEST.findall(self.cells[2])

    @property
    def reason(self) -> str:
        return _NAMED_TEST.sub("", self.cells[2]).replace("<br>", "").strip()


def plain(cell: str) -> str:
    return " ".join(cell.replace("`", "").replace("**", "").split())


def rows(path: Path) -> list[Row]:
    """Return the rows of all tables of *path*, without their headings, under the section they stand in."""
    found, section = [], ""
    lines = [*path.read_text("utf-8").splitlines(), ""]
    for line, following in pairwise(lines):
        if heading := _HEADING.match(line):
            section = heading[1]
        elif line.startswith("|") and section and not _RULER.match(line) and not _RULER.match(following):
            cells = [cell.strip() for cell in _CELLS.split(line)[1:-1]]
            found.append(Row(section, plain(cells[0]), cells))
    return found


ROWS = rows(TABLE)


@cache
def collected() -> tuple[str, ...]:
    """Return the ids of all tests in the files that the table names, as pytest collects them."""
    files = sorted({test.partition("::")[0] for row in ROWS for test in row.tests})
    there = [file for file in files if (ROOT / file).is_file()]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *there],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    ids = [line for line in done.stdout.splitlines() if "::" in line]
    if done.returncode:
        raise AssertionError(done.stdout[-2000:] + done.stderr[-2000:])
    return (*ids, *{test.partition("[")[0] for test in ids})


def exists(test: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in test.split("*"))
    return any(re.fullmatch(pattern, known) for known in collected())


def test_the_table_is_read() -> None:
    assert len(ROWS) > 250
    assert {row.section[0] for row in ROWS} == SECTIONS
    assert all(len(row.cells) == 3 for row in ROWS)


def test_no_row_stands_twice() -> None:
    names = [(row.section, row.name) for row in ROWS]

    assert len(set(names)) == len(names)


def test_every_row_has_a_proof_or_a_reason() -> None:
    assert [row for row in ROWS if row.status not in STATUSES] == []
    assert [row.name for row in ROWS if row.status in NEEDS_A_TEST and not row.tests] == []
    assert [row.name for row in ROWS if row.status not in NEEDS_A_TEST and not row.reason] == []


def test_every_test_that_is_named_exists() -> None:
    named = {test for row in ROWS for test in row.tests}

    assert sorted(test for test in named if not exists(test)) == []


def test_only_parameters_are_named_by_pattern() -> None:
    assert [test for row in ROWS for test in row.tests if "*" in test.partition("[")[0]] == []


def test_a_test_that_is_not_there_is_missed() -> None:
    assert exists("tests/test_conformance_rows.py::test_an_idempotency_key_is_ignored")
    assert not exists("tests/test_conformance_rows.py::test_an_idempotency_key")
    assert not exists("tests/test_conformance_rows.py::test_an_idempotency_key_is_ignored[*]")


def test_the_counts_at_the_top_are_those_of_the_rows() -> None:
    counts = {status: sum(row.status == status for row in ROWS) for status in STATUSES}

    assert " · ".join(f"{status} {count}" for status, count in counts.items()) in TABLE.read_text("utf-8")


def test_no_documented_row_is_left_out() -> None:
    if not FACTS.is_file():
        pytest.skip(f"no fact sheet at {FACTS} (set UNDERSTUDY_FACTS)")
    documented = [row for row in rows(FACTS) if row.section[0] in SECTIONS]
    ours = {(row.section, row.name) for row in ROWS}

    assert len(documented) > 250
    assert [(row.section, row.name) for row in documented if not mentioned(row, ours)] == []


def mentioned(documented: Row, ours: set[tuple[str, str]]) -> bool:
    if (documented.section, documented.name) in ours:
        return True
    return len(documented.name) > LONG and any(
        section == documented.section and len(name) > LONG // 3 and documented.name.startswith(name)
        for section, name in ours
    )
