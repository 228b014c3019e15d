"""What ``understudy faults`` prints."""

from __future__ import annotations

import json

from click.testing import CliRunner

from understudy.mockserver.faults.catalogue import FAULTS, GROUPS
from understudy.mockserver.faults.wording import markdown_of
from understudy.mockserver.faults_command import faults


def test_it_lists_and_shows() -> None:
    listed, shown = CliRunner().invoke(faults, []), CliRunner().invoke(faults, ["cut_midstream"])

    assert (listed.exit_code, shown.exit_code) == (0, 0)
    assert all(name in listed.output for name in FAULTS)
    assert shown.output.startswith("cut_midstream: the connection is closed (FIN)")


def test_it_speaks_json_and_markdown() -> None:
    every = json.loads(CliRunner().invoke(faults, ["--format", "json"]).output)
    one = json.loads(CliRunner().invoke(faults, ["bom", "--format", "json"]).output)

    assert [fault["name"] for fault in every] == list(FAULTS)
    assert one == every[list(FAULTS).index("bom")]
    assert CliRunner().invoke(faults, ["--format", "markdown"]).output == markdown_of(GROUPS)
    assert "| `bom` |" in CliRunner().invoke(faults, ["bom", "--format", "markdown"]).output


def test_a_name_that_is_none_is_refused_with_the_nearest() -> None:
    found = CliRunner().invoke(faults, ["cut_midstrem"])

    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr == "understudy: no fault is named 'cut_midstrem'; nearest is 'cut_midstream'\n"
