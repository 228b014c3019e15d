"""What the stamp fills in."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from understudy.mockserver.dialects.dialect import Comments, Dialect, Padding, dialect_of
from understudy.mockserver.dialects.laid import Laid, drawn_for, slot
from understudy.mockserver.identity import stamp
from understudy.mockserver.layout import compact

MARK = stamp(0, b"r" * 16, 0, 1_790_000_000.0)


def speaking(**stream: Any) -> Dialect:
    found = dialect_of({"layout": "compact", "draws": {"seed": "#{number:99}"}})
    return replace(found, stream=replace(found.stream, **stream))


def chunks(laid: Laid) -> list[dict[str, Any]]:
    frames = laid.text(MARK).split("\n\n")
    return [json.loads(frame[6:]) for frame in frames if frame.startswith("data: {")]


def test_slots_are_filled_from_the_stamp() -> None:
    body = compact({"id": slot("id"), "created": slot("created"), "seed": slot("seed"), "same": slot("seed")})

    document = json.loads(Laid(speaking(), body, None).text(MARK))

    assert document["id"] == MARK.id
    assert document["created"] == 1_790_000_000
    assert 1 <= document["seed"] <= 99
    assert document["same"] == document["seed"]


def test_an_answer_s_own_id_and_time_stay() -> None:
    body = compact({"id": slot("id"), "created": slot("created")})

    text = Laid(speaking(), body, None, id="gen-\u00e9", created=7).text(MARK)

    assert json.loads(text) == {"id": "gen-\u00e9", "created": 7}


def test_created_grows_in_a_long_stream() -> None:
    event = compact({"created": slot("created")})

    times = [chunk["created"] for chunk in chunks(Laid(speaking(chunks_per_second=2), "", (event,) * 5))]

    assert times == [1_790_000_000, 1_790_000_000, 1_790_000_001, 1_790_000_001, 1_790_000_002]


@pytest.mark.parametrize("text", ["", "a", "\u00e9" * 9, "\U0001f3ad" * 3, 'quoted "'])
def test_padding_makes_the_characters_leave_the_remainder(text: str) -> None:
    padding = Padding("drawn", modulo=16, remainder=7)
    event = compact({"text": text, "p": slot("padding"), "last": 1})

    frame = Laid(speaking(padding=padding), "", (event,)).text(MARK).split("\n\n")[0].removeprefix("data: ")

    assert len(frame) % 16 == 7
    assert list(json.loads(frame)) == ["text", "p", "last"]


def test_padding_of_drawn_length_is_the_first_letters() -> None:
    padding = Padding("abc", longest=36)
    event = compact({"p": slot("padding")})

    told = [chunk["p"] for chunk in chunks(Laid(speaking(padding=padding), "", (event,) * 40))]

    assert all("abcdefghijklmnopqrstuvwxyz0123456789".startswith(text) for text in told)
    assert len(set(told)) > 10
    assert min(map(len, told)) >= 1


@pytest.mark.parametrize(("share", "comments"), [(100, True), (0, False)])
def test_comments_come_first_in_their_share_of_streams(share: int, comments: bool) -> None:
    laid = Laid(speaking(comments=Comments("WAIT", share, 3)), "", ("{}",))

    assert laid.text(MARK).startswith(": WAIT\n\n") is comments


@pytest.mark.parametrize(
    ("done", "ending"), [(True, "data: {}\n\ndata: [DONE]\n\n"), (False, "data: {}\n\n")]
)
def test_the_end_mark_may_be_missing(done: bool, ending: str) -> None:
    assert Laid(speaking(done=done), "", ("{}",)).text(MARK) == ending


def test_a_drawn_value_is_the_same_wherever_it_is_asked_for() -> None:
    facts = {"created": 1, "index": 0, "name": ""}

    first, second = (drawn_for({"request": "req_{ulid}"}, MARK, facts) for _ in range(2))

    assert first == second
