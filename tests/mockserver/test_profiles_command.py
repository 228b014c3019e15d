"""``understudy profiles``: a list, one profile to read, and one to save."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from understudy.contracts.profiles.loading import names, profile, read_profile
from understudy.mockserver.profile_files import open_profile
from understudy.mockserver.profiles_command import profiles


def run(*arguments: str) -> Result:
    return CliRunner().invoke(profiles, arguments)


def test_all_are_listed_with_address_and_purpose() -> None:
    done = run()

    assert done.exit_code == 0
    for name in names():
        assert f"\n{name} " in f"\n{done.output}"
        assert profile(name).about in done.output
    assert "bytespike     BYTESPIKE, https://llm.bytespike.ai/v1\n" in done.output


@pytest.mark.parametrize("name", names())
def test_one_is_shown_whole_with_its_sources(name: str) -> None:
    done = run(name)
    known = profile(name)

    assert done.exit_code == 0
    for entry in (*known.fields, *known.models, *known.errors.values(), *known.retry):
        assert f"[{entry.source}]" in done.output
    for text in (*known.notes.values(), *known.waived, *known.roles, known.source):
        assert text in done.output


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "bytespike",
            r"max_tokens +integer, at most 16384\. Default: the most the model can\. \[FACTS J: fields\]",
        ),
        ("bytespike", r"gpt-5-4-mini +128,000 tokens of context, 16,384 of output, tools, .*, no prices \["),
        ("bytespike", r"402 +not billed \[FACTS J: errors\]"),
        ("bytespike", r"a spent credit +402 \["),
        ("bytespike", r"rules it does not have  json_word_missing \["),
        ("bytespike", r"shape of replies +its own: layout, completion, choice"),
        ("toapis", r"temperature +number, default 1, at least 0, at most 2\. Tune"),
        ("toapis", r"tools +anything\. Named"),
        ("toapis", r"gpt-5-4-mini +streaming, tools, \$0\.15 in, \$0\.90 out \["),
        ("toapis", r"429 +rate_limit_error; After 1, 2, then 4 seconds with jitter"),
        ("toapis", r"429 +1, 2, 4 s with jitter\. Exponential backoff"),
        ("toapis", r" +the quota is spent: rate_limit_error \["),
        ("toapis", r"shape of replies +as OpenAI's \["),
        ("openai", r"verbosity +string or null, default \"medium\", one of low, medium, high \["),
        ("openai", r"prompt_cache_retention +string"),
        ("openai", r"500 +server_error; not billed; "),
    ],
)
def test_a_fact_is_a_line(name: str, line: str) -> None:
    assert re.search(rf"^  {line}", run(name).output, re.MULTILINE)


def test_what_is_printed_as_json_can_be_edited_and_given_back(tmp_path: Path) -> None:
    printed = run("toapis", "--format", "json").stdout
    document = json.loads(printed)
    document["name"] = "mine"
    document["fields"]["stop"]["max_items"] = 2
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(document), "utf-8")

    again = json.loads(run(str(file), "--format", "json").stdout)
    assert read_profile(printed, "printed") == profile("toapis")
    assert again == document
    assert re.search(r"stop +string or array, at most 2 items", run(str(file)).output)


def test_all_can_be_had_as_json() -> None:
    assert [one["name"] for one in json.loads(run("--format", "json").stdout)] == list(names())


def test_a_file_may_be_yaml(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: mine\nextends: bytespike\nabout: 'a \\e[31mred\\e[0m one'\ntitle: \"A\\eB\"\n", "utf-8"
    )

    done = run(str(file))
    assert done.exit_code == 0
    assert "mine: A\\x1bB\n" in done.output  # what a terminal would obey is written out
    assert open_profile(str(file)) == read_profile(file.read_text("utf-8"), str(file))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name: m\nfeilds: {}", "m.yaml:2: $.feilds: unknown key; nearest is 'fields'"),
        (
            "name: m\nreply: {choice: {index: $idnex}}",
            "m.yaml:2: $.reply.choice.index: nothing is called $idnex",
        ),
    ],
)
def test_a_mistake_in_a_file_is_told(text: str, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(text, "utf-8")

    done = run(str(file))
    assert done.exit_code == 2
    assert complaint in done.stderr


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("opnai", "understudy: no profile 'opnai'; there are: openai, "),
        ("none.yaml", "understudy: the profile none.yaml cannot be read"),
    ],
)
def test_what_is_not_there_is_named(name: str, complaint: str) -> None:
    done = run(name)

    assert done.exit_code == 2
    assert complaint in done.stderr


def test_the_real_command_shows_one() -> None:
    command = Path(sys.executable).with_name("understudy")
    done = subprocess.run(
        [command, "profiles", "toapis"], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("toapis: ToAPIs\n")
