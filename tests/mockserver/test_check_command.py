from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from understudy.mockserver import check_command
from understudy.mockserver.check_command import check

REQUEST = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
ERROR = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}
RIGHT: dict[str, Any] = {"request": {"body": REQUEST}, "response": {"status": 500, "body": ERROR}}
WRONG: dict[str, Any] = {"request": {"body": REQUEST}, "response": {"status": 500, "body": {"error": "x"}}}
WARNED = b': hi\n\ndata: {"error":{"message":"m","type":"t","param":null,"code":null}}\n\n'


def run(*arguments: str | Path, data: bytes | None = None) -> Result:
    return CliRunner().invoke(check, [str(argument) for argument in arguments], input=data)


def written(folder: Path, name: str, value: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return path


def test_right_files_exit_0(tmp_path: Path) -> None:
    result = run(written(tmp_path, "a.json", RIGHT), written(tmp_path, "b.json", REQUEST))

    assert (result.exit_code, result.stdout) == (0, "2 files: 0 errors, 0 warnings\n")


def test_warnings_alone_exit_0(tmp_path: Path) -> None:
    result = run(written(tmp_path, "a.sse", WARNED))

    assert result.exit_code == 0
    assert result.stdout.endswith("1 file: 0 errors, 1 warning, 1 info\n")


def test_errors_exit_1_and_are_grouped_by_file(tmp_path: Path) -> None:
    wrong = written(tmp_path, "wrong.json", WRONG)

    result = run(written(tmp_path, "right.json", RIGHT), wrong)

    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == str(wrong)
    assert "  error   error $.error" in result.stdout
    assert "expected object, got string" in result.stdout
    assert result.stdout.endswith("2 files: 1 error, 0 warnings\n")


def test_json_is_one_object_a_line_with_seven_members(tmp_path: Path) -> None:
    wrong = written(tmp_path, "wrong.json", WRONG)

    result = run(wrong, "--format", "json")

    assert result.exit_code == 1
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "file": str(wrong),
            "part": "error",
            "rule": "error.type",
            "tier": "error",
            "path": "$.error",
            "message": 'expected object, got string "x"',
            "source": "FACTS D.1",
        }
    ]


def test_github_gets_annotations(tmp_path: Path) -> None:
    result = run(written(tmp_path, "wrong.json", WRONG), "--format", "github")

    assert result.stdout.startswith("::error file=")
    assert len(result.stdout.splitlines()) == 1


def test_a_folder_is_searched_in_order(tmp_path: Path) -> None:
    for name in ("b.json", "a/z.json", "a/deep/y.json", "c.txt", "d.sse"):
        written(tmp_path, name, WRONG if name.endswith("json") else WARNED)

    found = [json.loads(line)["file"] for line in run(tmp_path, "--format", "json").stdout.splitlines()]

    assert [Path(file).relative_to(tmp_path).as_posix() for file in found] == [
        "b.json",
        "a/z.json",
        "a/deep/y.json",
    ]


def test_streams_are_found_when_asked_for(tmp_path: Path) -> None:
    written(tmp_path, "c.txt", WARNED)
    written(tmp_path, "d.sse", WARNED)

    result = run(tmp_path, "--as", "stream")

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "2 files: 0 errors, 2 warnings, 2 info")


def test_the_standard_input_is_a_file(tmp_path: Path) -> None:
    result = run("-", "--format", "json", data=json.dumps(WRONG).encode())

    assert result.exit_code == 1
    assert json.loads(result.stdout)["file"] == "<stdin>"


def test_the_profile_is_obeyed(tmp_path: Path) -> None:
    wrong = written(tmp_path, "wrong.json", WRONG)

    assert run(wrong, "--profile", "compatible").exit_code == 0


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("broken.json", b'{"a": 1,\n  b}', "broken.json:2:3: not JSON: Expecting property name"),
        ("latin.json", b"\xe4", "latin.json:1:1: not UTF-8: byte 0xe4"),
        ("what.json", b"{}", "what.json:1:1: cannot tell what this is"),
        ("missing.json", None, "missing.json: No such file or directory"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_still_judged(
    tmp_path: Path, name: str, content: bytes | None, complaint: str
) -> None:
    wrong = written(tmp_path, "wrong.json", WRONG)
    broken = tmp_path / name if content is None else written(tmp_path, name, content)

    result = run(broken, wrong)

    assert result.exit_code == 2
    assert complaint in result.stderr
    assert result.stdout.endswith("1 file: 1 error, 0 warnings, 1 unreadable\n")


def test_an_empty_folder_is_misuse(tmp_path: Path) -> None:
    result = run(tmp_path)

    assert result.exit_code == 2
    assert "a folder without files to judge" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "Missing argument 'PATH...'"),
        (("x.json", "--profile", "opnai"), "no profile 'opnai'; there are: openai, azure"),
        (("x.json", "--as", "poem"), "'poem' is not one of 'recording', 'request'"),
        (("x.json", "--format", "xml"), "'xml' is not one of 'text', 'json', 'github'"),
    ],
)
def test_misuse_exits_2(arguments: tuple[str, ...], complaint: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert complaint in result.stderr


def test_the_command_loads_no_server() -> None:
    code = (
        "import sys, understudy.mockserver.check_command;"
        "print(sorted({'starlette', 'uvicorn', 'httpx', 'asyncio', 'jsonschema'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "never.json")
    (tmp_path / "sound.json").write_text(
        '{"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}'
    )

    result = run("--as", "request", tmp_path)

    assert result.exit_code == 0
    assert "1 file:" in result.output


def test_a_file_larger_than_is_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_command, "LARGEST_FILE", 10)
    (tmp_path / "large.json").write_text('{"model": "gpt-4o"}')

    result = run("--as", "request", tmp_path)

    assert result.exit_code == 2
    assert "larger than 10 bytes" in result.output
