from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from understudy.mockserver.cassettes import MAX_DEPTH, Cassettes
from understudy.mockserver.chat import Verbatim, read_chat
from understudy.mockserver.recordings.recording import BrokenRecording
from understudy.mockserver.recordings.source import Recorded


def exchange(prompt: str = "Hi", reply: str = "Hello") -> dict[str, Any]:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt}]}
    return {"request": {"body": body}, "response": {"status": 200, "body": {"said": reply}}}


def write(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document, indent=1), "utf-8")
    return path


def names(cassettes: Cassettes) -> list[str]:
    return [entry.name for entry in cassettes.index()]


def test_folders_are_searched_through_for_json_files_in_order(tmp_path: Path) -> None:
    for name in ("b.json", "a/2.json", "a/1.json", "a/deep/er.json", ".hidden/c.json"):
        write(tmp_path / name, exchange(name))
    write(tmp_path / "readme.md", "no recording")

    cassettes = Cassettes(tmp_path)

    assert names(cassettes) == [".hidden/c.json", "a/1.json", "a/2.json", "a/deep/er.json", "b.json"]
    assert cassettes.broken == ()


def test_files_and_several_folders_may_be_given_and_nothing_is_read_twice(tmp_path: Path) -> None:
    one = write(tmp_path / "one" / "a.json", exchange())
    write(tmp_path / "two" / "a.json", exchange())
    other = write(tmp_path / "other" / "one" / "a.json", exchange())

    assert names(Cassettes(one)) == ["a.json"]
    assert names(Cassettes(str(tmp_path / "one"))) == ["a.json"]
    assert names(Cassettes([tmp_path / "one", tmp_path / "two", one])) == ["one/a.json", "two/a.json"]
    assert names(Cassettes([tmp_path / "one", other.parent])) == [str(other), "one/a.json"]


def test_a_broken_file_is_named_and_the_others_serve(tmp_path: Path) -> None:
    write(tmp_path / "good.json", exchange("Hi", "Hello"))
    write(tmp_path / "bad.json", '{\n "request": {"body": {}},\n "response": {"status": "ok", "body": 1}\n}')
    write(tmp_path / "cut.json", '{\n "request": {"bo')

    cassettes = Cassettes(tmp_path)
    series = Recorded(cassettes.index, cassettes.load).offer(read_chat(exchange("Hi")["request"]["body"]))

    assert series is not None
    assert series.speak(0) == Verbatim(
        200, (("content-type", "application/json"),), b'{\n  "said": "Hello"\n}\n'
    )
    assert [str(broken) for broken in cassettes.broken] == [
        'bad.json, line 3, column 25: $.response.status is "ok", expected an integer',
        "cut.json, line 2, column 14: is not JSON: Unterminated string starting at",
    ]


@pytest.mark.parametrize("name", ["missing", "missing.json"])
def test_a_place_that_is_not_there_is_an_error_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"no recordings at .*missing.*: there is no such file or folder"):
        Cassettes(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_is_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0)

    with pytest.raises(ValueError, match="cannot read recordings at"):
        Cassettes(tmp_path / "shut")


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "secret.json", exchange())
    inside = write(tmp_path / "inside" / "own.json", exchange())
    (tmp_path / "inside" / "folder").symlink_to(outside.parent, target_is_directory=True)
    (tmp_path / "inside" / "file.json").symlink_to(outside)
    (tmp_path / "inside" / "loop").symlink_to(inside.parent, target_is_directory=True)

    assert names(Cassettes(tmp_path / "inside")) == ["own.json"]


def test_a_link_that_is_given_itself_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "real" / "a.json", exchange())
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)

    assert names(Cassettes(tmp_path / "link")) == ["a.json"]


def test_folders_too_deep_are_left_out_and_named(tmp_path: Path) -> None:
    write(tmp_path.joinpath(*["d"] * MAX_DEPTH, "in.json"), exchange())
    write(tmp_path.joinpath(*["d"] * (MAX_DEPTH + 1), "out.json"), exchange())

    cassettes = Cassettes(tmp_path)

    assert [Path(name).name for name in names(cassettes)] == ["in.json"]
    assert [broken.reason for broken in cassettes.broken] == ["is more than 16 folders deep, and is left out"]


def test_nothing_is_read_before_the_index_is_asked_for(tmp_path: Path) -> None:
    cassettes = Cassettes(tmp_path)
    write(tmp_path / "late.json", exchange())

    assert names(cassettes) == ["late.json"]
    write(tmp_path / "later.json", exchange())
    assert names(cassettes) == ["late.json"]


def test_a_file_that_goes_bad_or_away_later_is_told_when_it_is_needed(tmp_path: Path) -> None:
    gone, bad = write(tmp_path / "a.json", exchange("a")), write(tmp_path / "b.json", exchange("b"))
    cassettes = Cassettes(tmp_path)
    first, second = cassettes.index()
    gone.unlink()
    write(bad, "{}")

    with pytest.raises(BrokenRecording, match=r"a\.json: cannot be read: No such file"):
        cassettes.load(first)
    with pytest.raises(BrokenRecording, match=r"b\.json, line 1, column 1: \$ lacks 'request'"):
        cassettes.load(second)


def test_what_was_read_is_kept_within_bounds(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.json", exchange(f"{n}", "x" * 1_000)) for n in range(4)]
    size = paths[0].stat().st_size
    cassettes = Cassettes(tmp_path, kept=2 * size)
    entries = cassettes.index()

    first = cassettes.load(entries[0])
    assert cassettes.load(entries[0]) is first
    cassettes.load(entries[1])
    assert cassettes.load(entries[0]) is first  # used since, so the other one goes
    cassettes.load(entries[2])
    assert cassettes.load(entries[0]) is first
    cassettes.load(entries[1])
    cassettes.load(entries[3])
    assert cassettes.load(entries[0]) is not first


def test_a_file_larger_than_what_is_kept_still_serves(tmp_path: Path) -> None:
    write(tmp_path / "a.json", exchange("Hi", "x" * 1_000))
    cassettes = Cassettes(tmp_path, kept=100)

    [entry] = cassettes.index()

    assert cassettes.load(entry) == cassettes.load(entry)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(2**40)

    cassettes = Cassettes(tmp_path)

    assert names(cassettes) == []
    assert [broken.reason for broken in cassettes.broken] == ["is larger than 67108864 bytes"]


def test_an_index_of_thousands_is_small(tmp_path: Path) -> None:
    text = "x" * 5_000
    for number in range(2_000):
        write(tmp_path / f"{number % 20}" / f"{number}.json", exchange(f"{number} {text}", text))
    cassettes = Cassettes(tmp_path)

    tracemalloc.start()
    entries = cassettes.index()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(entries) == 2_000
    assert kept < 2_000 * 3_000  # bytes; the files have 10,000 each
