"""``understudy serve`` as a process: what it prints, how it fails, how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from understudy.fixtures import recordings_folder, sample

UNDERSTUDY = str(Path(sys.executable).with_name("understudy"))
GOOD = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
BOUND = 30  # seconds: what is not done by then never will be


def fails(cwd: Path, *arguments: str) -> str:
    """Run a command that must end with 2 and one line; return the line."""
    command = [UNDERSTUDY, "serve", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=BOUND)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_it_prints_the_base_url_and_nothing_else(served: Any) -> None:
    with served() as server:
        status, body = server.post(GOOD)
        code, rest, said = server.end()

    assert server.first.startswith("OPENAI_BASE_URL=http://127.0.0.1:")
    assert server.first.endswith("/v1\n")
    assert (status, body["object"]) == (200, "chat.completion")
    assert (code, rest, said) == (0, "", "")


def test_everything_can_be_reported_as_json(served: Any) -> None:
    with served("--log-format", "json", "--access-log") as server:
        server.post(GOOD)
        server.post({**GOOD, "temperature": 99})
        _, rest, said = server.end()

    assert json.loads(server.first)["event"] == "listening"
    assert rest == ""
    assert [(line["event"], line["status"]) for line in map(json.loads, said.splitlines())] == [
        ("request", 200),
        ("request", 400),
    ]


def test_what_went_wrong_is_reported_without_asking(served: Any) -> None:
    with served() as server:
        server.post(GOOD)
        server.post({**GOOD, "temperature": 99})
        _, _, said = server.end()

    assert said.splitlines()[0].startswith("POST /v1/chat/completions 400")
    assert "temperature" in said
    assert " 200 " not in said


def test_options_reach_the_server(served: Any) -> None:
    arguments = ["--api-key", "sk-1", "--api-key", "sk-2", "--model", "gpt-4o", "--on-unmatched", "fail"]
    with served(*arguments) as server:
        assert server.post(GOOD, "sk-3")[0] == 401
        assert server.post({**GOOD, "model": "gpt-4"}, "sk-2")[0] == 404
        assert server.post(GOOD, "sk-1")[0] == 501


def test_the_seed_decides_the_answer(served: Any) -> None:
    said = []
    for seed in ("1", "1", "2"):
        with served("--seed", seed) as server:
            said.append(server.post(GOOD)[1]["choices"])

    assert said[0] == said[1] != said[2]


def test_a_broken_recording_is_named_and_the_others_serve(served: Any, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    shutil.copytree(recordings_folder(), folder)
    (folder / "broken.json").write_text('{\n "format": 1,\n "request": }\n')

    with served("--replay", str(folder)) as server:
        status, body = server.post(sample("text")["request"]["body"])
        _, _, said = server.end()

    assert (status, body["id"]) == (200, sample("text")["response"]["body"]["id"])
    skipped, counted = said.splitlines()
    assert "broken.json" in skipped
    assert "3" in skipped  # the line
    assert counted == "12 recordings, 1 skipped"


def test_an_answer_for_want_of_a_recording_is_reported(served: Any) -> None:
    with served("--replay", str(recordings_folder())) as server:
        server.post(GOOD)
        _, _, said = server.end()

    assert said.splitlines()[0] == "12 recordings"
    assert "200  generated" in said.splitlines()[1]
    assert len(said.splitlines()) > 2


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        line = fails(tmp_path, "--port", port)

    assert line.startswith(f"understudy: cannot listen on 127.0.0.1:{port}: ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--replay", "nowhere"], "no recordings at nowhere"),
        (["--replay", f"{Path(__file__)}/within"], "cannot read recordings at"),
        (["--profile", "opnai"], "no profile 'opnai'; there are: "),
        (["--api-key", ""], "an API key is empty"),
        (["--host", "no-such-host.invalid"], "cannot listen on no-such-host.invalid:"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, arguments: list[str], words: str) -> None:
    assert words in fails(tmp_path, "--port", "0", *arguments)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_an_unreadable_folder_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o000)

    assert "cannot read recordings at" in fails(tmp_path, "--port", "0", "--replay", str(folder))


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_an_impossible_port_is_told_by_the_option(tmp_path: Path, port: str) -> None:
    command = [UNDERSTUDY, "serve", "--port", port]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=BOUND)

    assert done.returncode == 2
    assert "Invalid value for '--port'" in done.stderr


def test_listening_beyond_this_machine_is_said(served: Any) -> None:
    with served("--host", "0.0.0.0") as server:  # noqa: S104
        _, _, said = server.end()

    assert said == "listening beyond this machine, on 0.0.0.0: anybody there can ask\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127/8")
def test_all_of_loopback_is_this_machine(served: Any) -> None:
    with served("--host", "127.0.0.2") as server:
        status = server.ask("GET", "/__understudy/health")[0]
        _, _, said = server.end()

    assert (status, said) == (200, "")


def large_recording(folder: Path) -> dict[str, Any]:
    """Write a recording with a reply that no socket holds; return its request."""
    document = sample("text")
    document["response"]["body"]["choices"][0]["message"]["content"] = "x" * 32 * 2**20
    (folder / "large.json").write_text(json.dumps(document))
    request: dict[str, Any] = document["request"]["body"]
    return request


@pytest.mark.parametrize(
    ("number", "codes"), [(signal.SIGINT, {0}), (signal.SIGTERM, {0, -signal.SIGTERM, 128 + signal.SIGTERM})]
)
def test_a_signal_ends_it_whatever_its_clients_do(
    served: Any, tmp_path: Path, number: int, codes: set[int]
) -> None:
    request = json.dumps(large_recording(tmp_path)).encode()

    with served("--replay", str(tmp_path / "large.json")) as server:
        idle = HTTPConnection(server.address, timeout=BOUND)
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        host, _, port = server.address.partition(":")
        with socket.create_connection((host, int(port)), timeout=BOUND) as unread:
            unread.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n")
            unread.sendall(b"content-length: %d\r\n\r\n%b" % (len(request), request))
            assert unread.recv(12) == b"HTTP/1.1 200"
            code, rest, said = server.end(number)
        idle.close()

    assert code in codes
    assert rest == ""
    assert "Traceback" not in said


def test_after_its_end_the_port_is_free(served: Any) -> None:
    with served() as server:
        url = server.url
        server.end()

    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/models", timeout=BOUND)  # noqa: S310
