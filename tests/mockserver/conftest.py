"""``understudy serve`` as a process, for the tests of what a user sees of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

UNDERSTUDY = str(Path(sys.executable).with_name("understudy"))
BOUND = 30  # seconds: what is not done by then never will be


@pytest.fixture
def served(tmp_path: Path) -> Callable[..., AbstractContextManager[Served]]:
    """Return what runs the command with arguments, in a folder of its own and at a free port."""
    return partial(_served, tmp_path / "stderr.txt")


@dataclass
class Served:
    """The process, and the first line it printed."""

    process: subprocess.Popen[str]
    first: str
    errors: Path

    @property
    def url(self) -> str:
        line = (
            json.loads(self.first)["base_url"] if self.first.startswith("{") else self.first.partition("=")[2]
        )
        return str(line).strip()

    @property
    def address(self) -> str:
        return self.url.removeprefix("http://").removesuffix("/v1")

    def post(self, document: Any, key: str = "sk-any", **headers: str) -> tuple[int, Any]:
        status, _, body = self.ask(
            "POST",
            "/v1/chat/completions",
            document,
            {
                "authorization": f"Bearer {key}",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )
        return status, body

    def ask(
        self, method: str, path: str, document: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], Any]:
        """Return status, headers (their names in lower case) and the JSON of the body."""
        connection = HTTPConnection(self.address, timeout=BOUND)
        body = None if document is None else json.dumps(document)
        connection.request(method, path, body, dict(headers or {}))
        with connection.getresponse() as response:
            told = {name.lower(): value for name, value in response.getheaders()}
            answer = response.status, told, json.loads(response.read())
        connection.close()
        return answer

    def end(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        """Send signal *number*; return the exit code and what else was printed."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=BOUND)
        return self.process.returncode, rest, self.errors.read_text()


@contextmanager
def _served(errors: Path, *arguments: str) -> Iterator[Served]:
    command = [UNDERSTUDY, "serve", "--port", "0", *arguments]
    with (
        errors.open("w") as file,
        subprocess.Popen(
            command, cwd=errors.parent, stdout=subprocess.PIPE, stderr=file, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield Served(process, process.stdout.readline(), errors)
        finally:
            process.kill()
