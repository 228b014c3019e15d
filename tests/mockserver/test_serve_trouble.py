"""``understudy serve``, with all that it does on purpose: faults, limits, tapes, clocks, the admin API."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from understudy.mockserver.serve_command import serve

UNDERSTUDY = str(Path(sys.executable).with_name("understudy"))
GOOD = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
BOUND = 30  # seconds


def run(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [UNDERSTUDY, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=BOUND)


SCENARIO = """
rules:
  - replies: [one, two]
faults:
  - 503@nth=2
limits:
  - {requests_per_day: 3, scope: []}
"""


def test_a_file_brings_faults_and_limits(served: Any, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SCENARIO)

    with served("--script", "s.yaml", "--fault", "429@times=1") as server:
        answers = [server.post(GOOD) for _ in range(4)]

    assert [status for status, _ in answers] == [429, 503, 200, 429]
    assert answers[2][1]["choices"][0]["message"]["content"] == "one"
    assert "requests per day (RPD): Limit 3, Used 3" in answers[3][1]["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--script", "bad.yaml"], "bad.yaml:2: $.limits[0].tiers: unknown key; nearest is 'tier'"),
        (
            ["--fault", "rate_limt"],
            "--fault 'rate_limt': there is no fault 'rate_limt'; nearest is 'rate_limit'",
        ),
        (["--rpm", "many"], "--rpm many: 'many' is no count; examples: 60"),
        (["--tier", "gold"], "no tier 'gold'; there are: free, tier1"),
        (["--ttft", "soon"], "ttft is 'soon'"),
        (["--speed", "2"], "--speed goes with --timing recorded"),
        (["--timing", "recorded", "--speed", "0"], "--speed is 0, expected 0.001 to 1000000"),
        (["--timing", "recorded", "--speed", "-1"], "--speed is -1, expected"),
        (["--clock", "fast"], "--clock fast: expected real, or scaled=F"),
        (
            ["--clock", "scaled=1e308"],
            "--clock scaled=1e308: expected real, or scaled=F with F from 0.001 to",
        ),
        (["--admin-token", ""], "--admin-token is empty"),
        (["--admin-token", "gehe\U0001f98am"], "--admin-token has letters that no header carries; expected"),
        (["--admin-token", "geheim "], "--admin-token has letters that no header carries; expected"),
        (["--tape", "no/where"], "the tape no/where cannot be written: No such file or directory"),
        (["--tape", "bad.yaml"], "there is something in bad.yaml already"),
        (["--replay-tape", "nowhere"], "the tape nowhere cannot be read: No such file or directory"),
        (["--replay-tape", "bad.yaml"], "bad.yaml:1: no JSON"),
    ],
)
def test_a_mistake_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    (tmp_path / "bad.yaml").write_text("limits:\n- tiers: free\n")
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(serve, ["--port", "0", *arguments])

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("understudy: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_a_tape_is_written_and_replayed(served: Any, tmp_path: Path, number: int, code: int) -> None:
    with served("--fault", "429@times=1", "--fault", "503@nth=3", "--tape", "t.jsonl") as server:
        first = [server.post(GOOD)[0] for _ in range(4)]
        ended, rest, said = server.end(number)
    with served("--replay-tape", "t.jsonl", "--tape", "again.jsonl", "--fault", "500") as server:
        second = [server.post(GOOD)[0] for _ in range(5)]
        elsewhere = server.post(GOOD, x_understudy_namespace="other")[0]
        _, _, said_again = server.end(number)

    assert first == [429, 200, 503, 200]
    assert (ended, rest) == (code, "")
    assert said.splitlines()[-1] == "tape t.jsonl: 4 decisions"
    assert second == [*first, 200]
    assert elsewhere == 429
    assert said_again.splitlines()[0] == "tape t.jsonl: 4 decisions, in place of the faults that were given"
    tape, again = ((tmp_path / name).read_text() for name in ("t.jsonl", "again.jsonl"))
    assert again.startswith(tape)
    assert len(again.splitlines()) == len(tape.splitlines()) + 1


def test_what_a_header_decides_is_on_the_tape(served: Any, tmp_path: Path) -> None:
    asking = {"x_understudy_fault": "503@times=1"}
    with served("--fault-header", "--tape", "t.jsonl") as server:
        first = [server.post(GOOD, **asking)[0] for _ in range(2)]
        server.end()
    with served("--fault-header", "--replay-tape", "t.jsonl") as server:
        second = [server.post(GOOD, **headers)[0] for headers in ({}, asking, {"x_understudy_fault": "500"})]

    assert first == [503, 200]
    assert second == [503, 200, 200]
    said = [json.loads(line).get("fault") for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert said == [None, "503", "ok"]


def test_a_tape_is_not_written_over(served: Any, tmp_path: Path) -> None:
    with served("--tape", "t.jsonl") as server:
        server.post(GOOD)
        server.end()
    written = (tmp_path / "t.jsonl").read_text()

    done = run(tmp_path, "serve", "--port", "0", "--tape", "t.jsonl")

    assert done.returncode == 2
    assert "--replay-tape t.jsonl" in done.stderr
    assert (tmp_path / "t.jsonl").read_text() == written


def test_a_minute_of_limits_is_a_second(served: Any) -> None:
    """Whoever waits a sixtieth of what is told is served."""
    with served("--rpm", "1", "--clock", "scaled=60") as server:
        refused = None
        while refused is None:  # two requests within a second come soon
            status, headers, _ = server.ask(
                "POST", "/v1/chat/completions", GOOD, {"authorization": "Bearer sk-1"}
            )
            refused = headers if status == 429 else None
        told = int(refused["retry-after-ms"]) / 1000

        time.sleep(told / 60)
        status, _ = server.post(GOOD, "sk-1")

        clock = server.ask("GET", "/__understudy/clock")[2]
        faster = server.ask("GET", "/__understudy/clock")[2]
    assert 0 < told <= 60
    assert status == 200
    assert (clock["kind"], clock["factor"]) == ("scaled", 60.0)
    assert faster["now"] > clock["now"] >= time.time()


def test_waits_of_a_reply_are_scaled(served: Any) -> None:
    with served("--ttft", "3600", "--clock", "scaled=1e5") as server:
        assert server.post(GOOD)[0] == 200  # within BOUND


def test_this_machine_may_administer_and_namespaces_are_apart(served: Any, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SCENARIO)
    with served("--script", "s.yaml") as server:
        added = server.ask("POST", "/ns/a/__understudy/faults", "500@times=1")[0]
        inside = [server.post(GOOD, x_understudy_namespace="a")[0] for _ in range(2)]
        outside = [server.post(GOOD)[0] for _ in range(2)]
        seen = server.ask("GET", "/__understudy/journal")[2]["data"]
        names = server.ask("GET", "/__understudy/namespaces")[2]["data"]

    assert added == 200
    assert inside == [500, 503]
    assert outside == [200, 503]
    assert [entry["status"] for entry in seen] == outside
    assert names == [{"name": "a"}]


@pytest.mark.parametrize("by_environment", [False, True])
def test_who_has_the_token_may(served: Any, monkeypatch: pytest.MonkeyPatch, by_environment: bool) -> None:
    if by_environment:
        monkeypatch.setenv("UNDERSTUDY_ADMIN_TOKEN", "geheim")
    with served(*([] if by_environment else ["--admin-token", "geheim"])) as server:
        given = [None, {"x-understudy-token": "other"}, {"authorization": "Bearer geheim"}]
        statuses = [server.ask("GET", "/__understudy/health", None, headers)[0] for headers in given]
        _, _, said = server.end()

    assert statuses == [401, 401, 200]
    assert "geheim" not in said


@pytest.mark.parametrize(("arguments", "status"), [([], 404), (["--admin-token", "geheim"], 200)])
def test_beyond_this_machine_it_takes_a_token(served: Any, arguments: list[str], status: int) -> None:
    with served("--host", "0.0.0.0", *arguments) as server:  # noqa: S104
        found, _, body = server.ask("GET", "/__understudy/health", None, {"x-understudy-token": "geheim"})

    assert found == status
    if found == 404:
        assert "--admin-token TOKEN turns it on" in body["error"]["message"]


def test_a_namespace_holds_less_than_the_server(served: Any) -> None:
    with served() as server:
        kept = []
        for space in ("", "/ns/a"):
            assert server.ask("POST", f"{space}/v1/nothing", "x" * 9 * 2**20)[0] == 404
            kept.append(len(server.ask("GET", f"{space}/__understudy/journal")[2]["data"]))

    assert kept == [1, 0]


def test_the_journal_of_a_running_server_is_shown(served: Any, tmp_path: Path) -> None:
    with served("--fault", "rate_limit:retry_after=0.001@times=2", "--admin-token", "geheim") as server:
        for _ in range(3):
            server.post(GOOD)
            time.sleep(0.002)
        shown = run(tmp_path, "journal", "--url", server.url, "--token", "geheim")
        backoff = run(tmp_path, "journal", "--url", server.url, "--token", "geheim", "--backoff", "--ascii")
        wrong = run(tmp_path, "journal", "--url", server.url, "--token", "other")

    assert shown.returncode == 0, shown.stderr
    assert [line.split()[3] for line in shown.stdout.splitlines()] == ["429", "429", "200"]
    assert backoff.stdout.startswith("gpt-4o: answered, 3 attempts in ")
    assert backoff.stdout.count("advised 0.001 s (retry-after-ms): ") == 2
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "give its --admin-token as --token" in wrong.stderr


def test_what_is_not_chosen_is_not_loaded() -> None:
    code = "import sys, understudy.mockserver.serve_command; print('\\n'.join(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=BOUND
    )

    loaded = set(done.stdout.split())
    late = ["admin.desk", "admin.door", "admin.access", "clock", "disturbances", "faults", "journal_command",
            "limits.meter", "pacing", "scripts.scenario", "scripts.scripts", "tape_files"]  # fmt: skip
    assert [name for name in late if f"understudy.mockserver.{name}" in loaded] == []
    assert {"anyio", "jsonschema", "yaml", "httpx"} & loaded == set()
