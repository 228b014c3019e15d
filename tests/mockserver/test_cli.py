"""The command and its ways in."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

COMMAND = [str(Path(sys.executable).with_name("understudy"))]
MODULE = [sys.executable, "-m", "understudy.mockserver"]


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("start", [COMMAND, MODULE], ids=["command", "module"])
def test_both_ways_in_tell_the_version(start: list[str], tmp_path: Path) -> None:
    done = run(*start, "--version", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith(f"version {version('understudy')}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["serve", "check", "faults", "journal", "profiles", "scenario-schema"]),
        (["-h"], ["serve", "check"]),
        (["serve", "--help"], ["--replay", "--port", "--on-unmatched"]),
        (["check", "--help"], ["--profile", "--format"]),
        (["journal", "--help"], ["--url", "--token", "--backoff"]),
    ],
)
def test_help_names_what_there_is(arguments: list[str], words: list[str], tmp_path: Path) -> None:
    done = run(*COMMAND, *arguments, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert [word for word in words if word not in done.stdout] == []


@pytest.mark.parametrize("arguments", [["no-such-command"], ["serve", "--no-such-option"], ["check"]])
def test_what_is_not_there_is_told(arguments: list[str], tmp_path: Path) -> None:
    done = run(*COMMAND, *arguments, cwd=tmp_path)

    assert done.returncode == 2
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr
