from __future__ import annotations

import json

import pytest

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.chat import read_chat
from understudy.mockserver.errors import ApiError
from understudy.mockserver.faults.decisions import Decider
from understudy.mockserver.faults.match import Asked
from understudy.mockserver.faults.rules import parse_fault
from understudy.mockserver.faults.tape import HEAD, LONGEST, MOST, Recording, Tape, read_tape
from understudy.mockserver.scripts.facts import Facts

OPENAI = profile("openai")
SPECS = ["rate_limit:retry_after=20,message=\"a, 'b'\"@p=0.3", "cut_midstream:after_events=2@p=0.5"]


def ask(text: str) -> Asked:
    chat = read_chat({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]})
    return Asked("/v1/chat/completions", "sk-test", chat.fingerprint, Facts(chat))


REQUESTS = [(ask(text), attempt) for text in "abcdefghij" for attempt in range(3)]


def test_what_was_recorded_happens_again_without_the_rules() -> None:
    lines = [HEAD]
    decider, tape = Decider([parse_fault(spec) for spec in SPECS], 5, OPENAI), Tape(lines.append)
    recording = Recording(decider, tape)
    first = [recording.decide(asked, attempt, (), 0.0) for asked, attempt in REQUESTS]

    replay = read_tape("\n".join(lines), "t.jsonl", 5, OPENAI)
    second = [replay.decide(asked, attempt, (), 0.0) for asked, attempt in REQUESTS]

    assert first == [decider.decide(asked, attempt, (), 0.0) for asked, attempt in REQUESTS]
    assert len(replay) == len(tape) == len(REQUESTS)
    assert replay.counters(ask("a")) == ()
    assert {str(decision.trouble) for decision in first if decision} == {
        spec.partition("@")[0] for spec in SPECS
    }
    for one, other in zip(first, second, strict=True):
        assert ("ok" if one is None else str(one.trouble)) == str(other and other.trouble)
        if one is not None and other is not None:
            assert one.error == other.error
            assert (one.rewrite is None) == (other.rewrite is None)


def test_recording_counts_what_the_rules_count() -> None:
    lines: list[str] = []
    decider = Decider([parse_fault("503@nth=2")], 0, OPENAI)
    recording = Recording(decider, Tape(lines.append))

    second = recording.decide(ask("a"), 1, (1,), 0.0)

    assert recording.counters(ask("a")) == decider.counters(ask("a")) != ()
    assert second is not None
    assert [json.loads(line)["fault"] for line in lines] == ["503"]


def test_a_tape_is_lines_of_json() -> None:
    lines: list[str] = []

    Tape(lines.append).record(b"\x8f\x01", 2, None)

    assert lines == ['{"request": "8f01", "attempt": 2, "fault": "ok"}']


def test_an_attempt_that_is_decided_anew_keeps_its_first_decision() -> None:
    lines: list[str] = []
    tape = Tape(lines.append)
    always = Decider([parse_fault("503")], 0, OPENAI)

    tape.record(ask("a").fingerprint, 0, always.decide(ask("a"), 0, (), 0.0))
    tape.record(ask("a").fingerprint, 0, None)

    assert (len(lines), len(tape), tape.missed) == (1, 1, 0)
    assert "503" in lines[0]


def test_what_is_not_on_it_goes_unharmed() -> None:
    asked = ask("a")
    text = f'{HEAD}\n\n{{"fault": "429", "request": "{asked.fingerprint.hex()}", "attempt": 1}}\n'

    replay = read_tape(text, "t.jsonl", 0, OPENAI)

    assert replay.decide(asked, 0, (), 0.0) is None
    decision = replay.decide(asked, 1, (), 0.0)
    assert decision is not None
    assert isinstance(decision.error, ApiError)
    assert decision.rule.place == "t.jsonl:3"


def test_a_tape_ends() -> None:
    lines: list[str] = []
    tape = Tape(lines.append, most=2)

    for attempt in range(4):
        tape.record(b"a", attempt, None)

    assert (len(lines), len(tape), tape.missed) == (2, 2, 2)


def test_a_tape_that_is_full_can_be_read() -> None:
    lines = [HEAD]
    tape = Tape(lines.append)
    long = Decider([parse_fault(f"429:message={'x' * 3_900}")], 0, OPENAI).decide(ask("a"), 0, (), 0.0)

    for attempt in range(LONGEST // 3_900):
        tape.record(b"a", attempt, long)

    assert 0 < tape.missed < 200
    assert len(read_tape("\n".join(lines) + "\n", "t", 0, OPENAI)) == len(tape) == len(lines) - 1


GOOD = '{"request": "00", "attempt": 0, "fault": "503"}'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "t:2: no JSON"),
        ("[]", "t:2: expected an object with request, attempt, fault, got list"),
        ('{"request": "00"}', "t:2: expected the keys request, attempt, fault, got request"),
        ('{"request": "xy", "attempt": 0, "fault": "ok"}', "t:2: request is 'xy', expected hex digits"),
        ('{"request": 3, "attempt": 0, "fault": "ok"}', "t:2: request is 3"),
        ('{"request": "00", "attempt": -1, "fault": "ok"}', "t:2: attempt is -1"),
        ('{"request": "00", "attempt": true, "fault": "ok"}', "t:2: attempt is True"),
        ('{"request": "00", "attempt": 1, "fault": 503}', "t:2: fault is 503, expected a text"),
        ('{"request": "00", "attempt": 1, "fault": "rate_limt"}', "t:2: .*nearest is 'rate_limit'"),
        ('{"request": "00", "attempt": 1, "fault": "429,ok"}', "t:2: .*expected one fault"),
        ('{"request": "00", "attempt": 1, "fault": "429@p=1"}', "t:2: .*expected one fault"),
        (GOOD, "t:2: this attempt of this request stands on line 1 already"),
        ('{"understudy_tape": 2}', "t:2: a tape of version 2; this Understudy reads version 1"),
        ("[" * 100_000, "t:2: "),
    ],
)
def test_mistakes_are_told_by_line(line: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_tape(f"{GOOD}\n{line}\n", "t", 0, OPENAI)


def test_no_more_is_read_than_fits() -> None:
    with pytest.raises(ValueError, match="t:1: larger than"):
        read_tape("x" * (200 * MOST + 1), "t", 0, OPENAI)
    lines = (f'{{"request": "00", "attempt": {number}, "fault": "ok"}}' for number in range(MOST + 1))
    with pytest.raises(ValueError, match=f"t:{MOST + 1}: more than {MOST} decisions"):
        read_tape("\n".join(lines), "t", 0, OPENAI)
