"""Settings to an engine: its sources and their order."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from understudy.fixtures import recordings_folder, sample
from understudy.mockserver.build import (
    build,
    of_namespaces,
    open_cassettes,
    open_clock,
    open_faults,
    open_limits,
    open_pace,
    open_scenarios,
    scripts_of,
)
from understudy.mockserver.engine import Engine
from understudy.mockserver.faults.tape import Recording, Tape, read_tape
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
    settings, rules = open_scenarios([file], Settings())
    made = build(settings, scripts=scripts_of(rules, 0))

    entry = ask(made, OTHER)

    assert (entry.status, entry.trace) == (500, "")
    assert "s.yaml:2" in entry.complaint
    assert b"s.yaml:2" in entry.reply


def test_a_scenario_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes(b"rules:\n  - reply: f\xfcr\n")

    with pytest.raises(ValueError, match=r"s\.yaml:2: the byte 0xfc is not UTF-8"):
        open_scenarios([file], Settings())
    with pytest.raises(ValueError, match=r"nowhere\.yaml cannot be read"):
        open_scenarios([tmp_path / "nowhere.yaml"], Settings())


def test_files_bring_their_faults_and_limits_behind_those_of_the_command_line(tmp_path: Path) -> None:
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.write_text("faults: [503@nth=2]\nlimits: [{requests_per_minute: 5}]\nrules: [{reply: Hi}]\n")
    other.write_text("limits: [{concurrency: 1, scope: []}]\nfaults: [cut_midstream]\n")
    given = Settings(faults=open_faults(["429@times=1"]), limits=open_limits(None, tpm=["30k"]), seed=3)

    settings, rules = open_scenarios([one, other], given)

    assert [(str(rule), rule.place.rpartition("/")[2]) for rule in settings.faults] == [
        ("429@times=1", "--fault"),
        ("503@nth=2", "one.yaml:1"),
        ("cut_midstream", "other.yaml:2"),
    ]
    assert [
        (limit.tokens_per_minute, limit.requests_per_minute, limit.concurrency) for limit in settings.limits
    ] == [(30_000, None, None), (None, 5, None), (None, None, 1)]
    assert settings.seed == 3
    assert [rule.place for rule in rules] == [f"{one}:3"]


def test_faults_of_a_file_happen_and_its_rules_answer_the_retry(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("faults: [503@times=1]\nrules: [{reply: Hi}]\n")
    settings, rules = open_scenarios([file], Settings())
    engine = build(settings, scripts=scripts_of(rules, settings.seed))

    first, second = ask(engine, OTHER), ask(engine, OTHER)

    assert [(first.status, first.fault), (second.status, second.source)] == [(503, "503"), (200, "scripted")]


def test_a_file_without_rules_is_no_source_of_answers(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("faults: [429]\n")

    settings, rules = open_scenarios([file], Settings())

    assert len(settings.faults) == 1
    assert scripts_of(rules, 0) is None


def test_what_is_not_chosen_is_nothing() -> None:
    settings = Settings()

    assert open_scenarios([], settings) == (settings, ())
    assert open_faults([]) == open_limits(None, rpm=[]) == ()
    assert open_pace(None, None, None, None) is None


def test_a_tier_stands_behind_the_counts() -> None:
    limits = open_limits("tier1", rpm=["gpt-4o=2"])

    assert (limits[0].requests_per_minute, limits[0].model) == (2, "gpt-4o")
    assert {limit.group for limit in limits[1:]} == {"tier tier1"}


def test_a_tier_is_one_of_the_profile(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("limits: [{tier: tier1}]\n")

    assert open_limits("tier1", Settings().api) == open_scenarios([file], Settings())[0].limits
    with pytest.raises(ValueError, match=r"no tier 'tier1': .* the profile azure is of"):
        open_limits("tier1", Settings(profile="azure").api)
    with pytest.raises(ValueError, match=r"s\.yaml:1: \$\.limits\[0\]: no tier 'tier1'"):
        open_scenarios([file], Settings(profile="azure"))


def test_what_was_decided_is_decided_again_without_the_rules() -> None:
    lines: list[str] = []
    tape = Tape(lines.append)
    faults = open_faults(["503@p=0.5", "429@p=0.5,path=/v1/*"])
    requests = [{**OTHER, "seed": number % 8} for number in range(24)]

    engine = build(Settings(faults=faults, seed=4), deciding=lambda rules: Recording(rules, tape))
    first = [ask(engine, document).status for document in requests]
    found = read_tape("\n".join(lines), "t", 4, Settings().api)
    again = build(Settings(faults=open_faults(["500"]), seed=4), deciding=lambda rules: found)
    second = {
        number: ask(again, requests[number]).status for number in sorted(range(24), key=lambda n: n % 8)
    }

    assert set(first) == {200, 429, 503}
    assert [second[number] for number in range(24)] == first
    assert len(tape) == 24


def test_a_namespace_holds_a_quarter() -> None:
    settings = Settings(seed=3)

    own = of_namespaces(settings)

    assert (own.journal_bytes, own.stored_bytes) == (8 * 2**20, 8 * 2**20)
    assert replace(own, journal_bytes=32 * 2**20, stored_bytes=32 * 2**20) == settings
    assert of_namespaces(Settings(journal_bytes=1, stored_bytes=1)).journal_bytes == 1


def test_clocks() -> None:
    real, scaled = open_clock("real"), open_clock("scaled=1e6")
    before = scaled.now()
    while scaled.now() - before < 60.0:  # 60 µs
        pass

    assert (real.kind, real.factor, real.advance) == ("real", 1.0, None)
    assert (scaled.kind, scaled.factor, scaled.advance) == ("scaled", 1e6, None)


@pytest.mark.parametrize(
    "said", ["", "fast", "real=1", "virtual", "scaled", "scaled=", "scaled=x", "scaled=0", "scaled=-1",
             "scaled=inf", "scaled=nan", "scaled=1e308", "scaled=1e-300"]
)  # fmt: skip
def test_no_clock(said: str) -> None:
    with pytest.raises(
        ValueError, match=f"^--clock {said}: expected real, or scaled=F with F from 0.001 to 1000000"
    ):
        open_clock(said)
