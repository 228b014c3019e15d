"""Tapes on disk, new, full, broken and read back."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.faults.tape import HEAD
from understudy.mockserver.tape_files import TapeFile, open_tape

OPENAI = profile("openai")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.jsonl"


@pytest.fixture
def told() -> list[str]:
    return []


def test_a_decision_is_in_the_file_when_it_was_made(path: Path, told: list[str]) -> None:
    file = TapeFile(path, told.append)

    file.tape.record(b"\x8f", 0, None)
    written = path.read_text()
    file.close()

    assert written == f'{HEAD}\n{{"request": "8f", "attempt": 0, "fault": "ok"}}\n'
    assert (file.summary(), told) == (f"tape {path}: 1 decision", [])
    assert len(open_tape(path, 0, OPENAI)) == 1


@pytest.mark.parametrize("text", ["", f"{HEAD}\n"], ids=["empty", "without a decision"])
def test_a_file_that_says_nothing_is_taken(path: Path, told: list[str], text: str) -> None:
    path.write_text(text)

    TapeFile(path, told.append).close()

    assert path.read_text() == f"{HEAD}\n"


@pytest.mark.parametrize("text", ["x", f'{HEAD}\n{{"request": "8f", "attempt": 0, "fault": "ok"}}\n'])
def test_a_file_that_says_something_is_left_alone(path: Path, told: list[str], text: str) -> None:
    path.write_text(text)

    with pytest.raises(ValueError, match=r"there is something in .*t\.jsonl already: .* --replay-tape"):
        TapeFile(path, told.append)

    assert path.read_text() == text


@pytest.mark.parametrize(
    ("name", "reason"),
    [("no/where", "No such file"), (".", "Is a directory"), ("/dev/full", "No space left")],
)
def test_what_cannot_be_written_is_told_at_once(path: Path, told: list[str], name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^the tape .* cannot be written: {reason}"):
        TapeFile(path.parent / name, told.append)


def test_a_file_that_breaks_is_told_once_and_harms_nobody(path: Path, told: list[str]) -> None:
    os.mkfifo(path)
    reader: list[int] = []
    thread = threading.Thread(target=lambda: reader.append(os.open(path, os.O_RDONLY)))
    thread.start()
    file = TapeFile(path, told.append)  # waits for the reader
    thread.join()
    file.tape.record(b"a", 0, None)

    os.close(reader[0])
    for attempt in range(1, 4):
        file.tape.record(b"a", attempt, None)
    file.close()

    assert told == [
        f"the tape {path} cannot be written: Broken pipe; decisions are not written down any more"
    ]
    assert file.summary() == f"tape {path}: 1 decision, 3 lost"


def test_a_disk_that_is_full_keeps_whole_lines(path: Path, told: list[str]) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    file = TapeFile(path, told.append)
    file.tape.record(b"a", 0, None)
    whole = path.read_text()

    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 10, before[1]))  # as a disk with so much room
    try:
        file.tape.record(b"a", 1, None)
        file.tape.record(b"a", 2, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    file.close()

    assert path.read_text() == whole
    assert len(told) == 1
    assert file.summary() == f"tape {path}: 1 decision, 2 lost"


def test_what_comes_after_the_end_is_lost(path: Path, told: list[str]) -> None:
    file = TapeFile(path, told.append)
    file.close()

    file.tape.record(b"a", 0, None)

    assert (file.summary(), told) == (f"tape {path}: 0 decisions, 1 lost", [])


def test_a_tape_that_is_full_says_so(path: Path, told: list[str]) -> None:
    file = TapeFile(path, told.append, most=2)

    for attempt in range(5):
        file.tape.record(b"a", attempt, None)
    file.close()

    assert file.summary() == f"tape {path}: 2 decisions, 3 left out: it was full"
    assert len(open_tape(path, 0, OPENAI)) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"request": "8f"}', r"t\.jsonl:1: expected the keys request, attempt, fault, got request"),
        (b"\xff\xfe", r"t\.jsonl:1: no JSON"),
    ],
)
def test_what_is_no_tape_is_told_with_its_line(path: Path, data: bytes, words: str) -> None:
    path.write_bytes(data)

    with pytest.raises(ValueError, match=words):
        open_tape(path, 0, OPENAI)


def test_a_tape_that_is_not_there_is_told(path: Path) -> None:
    with pytest.raises(ValueError, match=r"^the tape .*t\.jsonl cannot be read: No such file"):
        open_tape(path, 0, OPENAI)
