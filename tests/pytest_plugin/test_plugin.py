"""The plugin, loaded by its entry point into a run of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GREETS = """
from openai import OpenAI

def test_greets(understudy):
    with OpenAI() as client:
        reply = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "hi"}]
        )
    assert reply.choices[0].message.content
    (entry,) = understudy.journal
    assert (entry.status, entry.model, entry.outcome) == (200, "gpt-4o", "sent")
"""
BREACHES = """
from openai import BadRequestError, OpenAI
import pytest

def test_breaches(understudy):
    with OpenAI() as client, pytest.raises(BadRequestError):
        client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "hi"}], temperature=99
        )
"""
RESTORES = """
import os
import threading

def test_first(understudy):
    assert os.environ["OPENAI_BASE_URL"] == understudy.base_url
    assert os.environ["OPENAI_API_KEY"] == understudy.api_key

def test_second():
    assert os.environ["OPENAI_BASE_URL"] == "http://before"
    assert "OPENAI_API_KEY" not in os.environ
    assert [t.name for t in threading.enumerate() if t.name == "understudy"] == []
"""
APART = """
import urllib.request

def test_first(understudy):
    urllib.request.urlopen(understudy.base_url.replace("/v1", "/healthz")).close()
    assert len(understudy.journal) == 1

def test_second(understudy):
    assert len(understudy.journal) == 0
"""
UNUSED = """
import sys

def test_nothing():
    loaded = {name for name in sys.modules if name.startswith("understudy.")}
    assert loaded == {"understudy.pytest_plugin"}
    assert not {"starlette", "uvicorn"} & set(sys.modules)
"""


def run(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(test)
    known = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={**known, "OPENAI_BASE_URL": "http://before"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("test", "passed"),
    [(GREETS, 1), (RESTORES, 2), (APART, 2), (UNUSED, 1)],
    ids=[
        "a default client is answered",
        "the environment comes back",
        "each test has its own",
        "unused, unloaded",
    ],
)
def test_the_fixture(tmp_path: Path, test: str, passed: int) -> None:
    done = run(tmp_path, test)

    assert done.returncode == 0, done.stdout
    assert f"{passed} passed" in done.stdout


def test_a_breach_fails_the_test_in_words(tmp_path: Path) -> None:
    done = run(tmp_path, BREACHES)

    assert done.returncode == 1
    assert "1 passed, 1 error" in done.stdout  # the test itself passed; its end did not
    assert "request 0: $.temperature: Invalid 'temperature'" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_fixture_is_described(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--fixtures", "-q"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "A fake of the API for this test alone" in done.stdout
