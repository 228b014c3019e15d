"""Settings to an engine: its sources and their order."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from understudy.fixtures import recordings_folder, sample
from understudy.mockserver.build import build, open_cassettes, open_scripts
from understudy.mockserver.engine import Engine
from understudy.mockserver.journal import Entry
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request

OTHER = {"model": "gpt-4o", "messages": [{"role": "user", "content": "not recorded"}]}


def ask(engine: Engine, document: Any) -> Entry:
    request = Request("POST", "/v1/chat/completions", [(b"api-key", b"k")], json.dumps(document).encode())
    return engine.handle(request, 0.0).entry


def test_without_recordings_answers_are_made_up() -> None:
    entry = ask(build(Settings()), OTHER)

    assert (entry.status, entry.source, entry.note) == (200, "generated", "")


def test_the_seed_decides_what_is_made_up() -> None:
    one, same, other = (ask(build(Settings(seed=seed)), OTHER).reply for seed in (1, 1, 2))

    assert one == same != other


@pytest.mark.parametrize(
    ("name", "status"), [("text", 200), ("tool-call-stream", 200), ("error-400", 400), ("error-429", 429)]
)
def test_recordings_come_first(name: str, status: int) -> None:
    engine = build(Settings(), open_cassettes([recordings_folder()]))

    recorded = ask(engine, sample(name)["request"]["body"])
    made_up = ask(engine, OTHER)

    assert (recorded.source, recorded.status) == ("recorded", status)
    assert (made_up.source, made_up.status) == ("generated", 200)
    assert made_up.note


def test_without_a_match_it_can_fail_and_name_the_nearest() -> None:
    engine = build(Settings(on_unmatched="fail"), open_cassettes([recordings_folder()]))

    entry = ask(engine, OTHER)

    assert entry.status == 501
    assert ".json" in entry.complaint


def test_several_folders_are_one_source(tmp_path: Path) -> None:
    for name in ("text", "refusal"):
        (tmp_path / name).mkdir()
        shutil.copy(recordings_folder() / f"{name}.json", tmp_path / name)
    engine = build(Settings(), open_cassettes([tmp_path / "text", tmp_path / "refusal"]))

    sources = [ask(engine, sample(name)["request"]["body"]).source for name in ("text", "refusal", "length")]

    assert sources == ["recorded", "recorded", "generated"]


def test_no_folder_is_no_source() -> None:
    assert open_cassettes([]) is None


def test_a_missing_folder_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no recordings at .*nowhere"):
        open_cassettes([tmp_path / "nowhere"])


def test_a_template_that_fails_is_a_complaint_with_its_place_and_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("rules:\n  - reply: {template: '{{ messages[0].nothing.at_all }}'}\n")
    made = build(Settings(), scripts=open_scripts([file], 0))

    entry = ask(made, OTHER)

    assert (entry.status, entry.trace) == (500, "")
    assert "s.yaml:2" in entry.complaint
    assert b"s.yaml:2" in entry.reply


def test_a_scenario_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes(b"rules:\n  - reply: f\xfcr\n")

    with pytest.raises(ValueError, match=r"s\.yaml:2: the byte 0xfc is not UTF-8"):
        open_scripts([file], 0)
    with pytest.raises(ValueError, match=r"nowhere\.yaml cannot be read"):
        open_scripts([tmp_path / "nowhere.yaml"], 0)
