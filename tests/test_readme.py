"""What the README says is true: its commands run, its examples work, its tables name what there is."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
UNDERSTUDY = str(Path(sys.executable).with_name("understudy"))


def block(language: str, holding: str) -> str:
    """Return the code block of the README in *language* that holds the words *holding*."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return next(text for text in blocks if holding in text)


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def test_the_main_command_serves_the_official_client(tmp_path: Path) -> None:
    install, serve = block("sh", "understudy serve").strip().split(" && ")
    assert install == "pip install ."
    arguments = shlex.split(serve)[1:]

    server = subprocess.Popen(
        [UNDERSTUDY, *arguments, "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        line = server.stdout.readline().strip()
        example = block("python", "OPENAI_BASE_URL").replace(
            "http://127.0.0.1:8000/v1", line.partition("=")[2]
        )
        done = run(sys.executable, "-c", example, cwd=tmp_path)
    finally:
        server.terminate()
        server.wait(timeout=10)
        server.stdout.close()

    assert line.startswith("OPENAI_BASE_URL=http://127.0.0.1:")
    assert done.returncode == 0, done.stderr
    assert "total_tokens=" in done.stdout


def test_the_pytest_example_passes(tmp_path: Path) -> None:
    (tmp_path / "test_example.py").write_text(block("python", "def test_greets_somebody"))

    done = run(sys.executable, "-m", "pytest", "-q", cwd=tmp_path)

    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_the_contracts_example_prints_the_breach(tmp_path: Path) -> None:
    done = run(sys.executable, "-c", block("python", "check_request"), cwd=tmp_path)

    assert done.stdout.startswith("temperature decimal_above_max_value Invalid 'temperature'"), done.stderr


def test_the_check_command_judges_recordings(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures" / "recordings", tmp_path / "recordings")
    arguments = shlex.split(block("sh", "understudy check"))[1:]

    done = run(UNDERSTUDY, *arguments, cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_option_in_the_table_exists() -> None:
    table = [line for line in README.splitlines() if line.startswith("| `--")]
    named = {
        option for line in table for option in re.findall(r"`(--[a-z-]+)", re.split(r"(?<!\\)\|", line)[1])
    }

    described = run(UNDERSTUDY, "serve", "--help", cwd=ROOT).stdout

    assert named == set(re.findall(r"(?<=  )--[a-z-]+", described)) - {"--help"}


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    extract = re.search(r"sed -n '(.*)' README\.md", script)

    command = run("sed", "-n", extract.group(1), "README.md", cwd=ROOT).stdout.strip()

    assert command == "pip install '.[test]' && pytest"


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_links_of_the_documentation_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text("utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []
