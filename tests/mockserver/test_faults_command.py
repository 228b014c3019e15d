"""What ``understudy faults`` prints."""

from __future__ import annotations

import json

from click.testing import CliRunner

from understudy.mockserver.faults.catalogue import FAULTS, GROUPS
from understudy.mockserver.faults.error_words import NAMED
from understudy.mockserver.faults.wording import markdown_of
from understudy.mockserver.faults_command import faults


def test_it_lists_and_shows() -> None:
    listed, shown = CliRunner().invoke(faults, []), CliRunner().invoke(faults, ["cut_midstream"])

    assert (listed.exit_code, shown.exit_code) == (0, 0)
    assert all(f"  {name} " in listed.output for name in (*FAULTS, *NAMED))
    assert shown.output.startswith("cut_midstream: the connection is closed (FIN)")


def test_it_speaks_json_and_markdown() -> None:
    every = json.loads(CliRunner().invoke(faults, ["--format", "json"]).output)
    one = json.loads(CliRunner().invoke(faults, ["bom", "--format", "json"]).output)

    assert [fault["name"] for fault in every] == [*FAULTS, *NAMED]
    assert one == every[list(FAULTS).index("bom")]
    assert CliRunner().invoke(faults, ["--format", "markdown"]).output == markdown_of(GROUPS)
    assert "| `bom` |" in CliRunner().invoke(faults, ["bom", "--format", "markdown"]).output


def test_a_name_that_is_none_is_refused_with_the_nearest() -> None:
    found = CliRunner().invoke(faults, ["cut_midstrem"])

    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr == "understudy: no fault is named 'cut_midstrem'; nearest is 'cut_midstream'\n"


def test_an_error_is_shown_by_name_and_by_status_in_the_words_of_openai() -> None:
    shown, bare, page = (
        CliRunner().invoke(faults, [name]) for name in ("rate_limit", "429", "invalid_key_2026")
    )
    document = json.loads(CliRunner().invoke(faults, ["rate_limit", "--format", "json"]).output)

    assert shown.output.startswith("rate_limit: too many requests a minute")
    assert bare.output == shown.output
    for said in (
        "status        429",
        "profile       openai",
        "Rate limit reached for",
        "retry-after-ms: 120",
    ):
        assert said in shown.output
    assert (document["status"], document["code"], document["param"]) == (429, "rate_limit_exceeded", None)
    assert '"invalid_api_key"' in page.output
    assert (
        "| `rate_limit` | 429 |" in CliRunner().invoke(faults, ["rate_limit", "--format", "markdown"]).output
    )


def test_a_name_may_have_hyphens_as_in_the_options_of_serve() -> None:
    for name in ("cut_midstream", "rate_limit"):
        assert (
            CliRunner().invoke(faults, [name.replace("_", "-")]).output
            == CliRunner().invoke(faults, [name]).output
        )
