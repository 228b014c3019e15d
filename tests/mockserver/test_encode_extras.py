"""What only some answers have on the wire: audio, moderation, ids of another form (FACTS B.1, B.2)."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.contracts import Family, accumulate, check_stream, chunks_of
from understudy.mockserver.chat import Answer, Choice, read_chat
from understudy.mockserver.encode import encode
from understudy.mockserver.identity import Stamp, stamp
from understudy.mockserver.usage import Counts, usage_document

MARK = stamp(0, b"r" * 16, 0, 1_700_000_000.0)
USAGE = usage_document(Counts(9, 3), Family())


def message(**members: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, **members}


TEXT = Choice(message(content="Hello", refusal=None, annotations=[]))
AUDIO = Choice(message(audio={"id": "audio_1", "data": "UklG", "transcript": "Hello"}))


def encoded(
    *choices: Choice, mark: Stamp = MARK, envelope: dict[str, Any] | None = None, **asked: Any
) -> str:
    chat = read_chat({"model": "gpt-4o", "messages": [], **asked})
    return encode(chat, Answer(choices, envelope=envelope or {}), Family(), USAGE).text(mark)


def chunks(text: str) -> list[dict[str, Any]]:
    return list(chunks_of(text.encode()))


@given(st.text(min_size=1), st.integers(min_value=0, max_value=4_000_000_000))
def test_any_transcript_is_padded_by_characters_and_its_audio_expires_an_hour_on(
    said: str, created: int
) -> None:
    audio = {"id": "audio_1", "data": "UklG", "transcript": said}
    mark = MARK._replace(created=created)

    text = encoded(Choice(message(audio=audio)), mark=mark, stream=True)

    assert {
        len(event.removeprefix("data: ")) % 16 for event in text.removesuffix("\n\n").split("\n\n")[:-1]
    } == {1}
    heard = accumulate(chunks(text))["choices"][0]["message"]["audio"]
    assert heard == {**audio, "expires_at": created + 3_600}


def test_audio_expires_an_hour_after_each_reply_to_it() -> None:
    laid = encode(read_chat({"model": "gpt-audio", "messages": []}), Answer((AUDIO,)), Family(), USAGE)

    replies = [json.loads(laid.text(MARK._replace(created=created))) for created in (5, 1_000)]

    heard = [reply["choices"][0]["message"]["audio"] for reply in replies]
    assert [list(audio) for audio in heard] == [["id", "data", "expires_at", "transcript"]] * 2
    assert [audio["expires_at"] for audio in heard] == [3_605, 4_600]


def test_an_expiry_that_the_answer_brings_is_kept() -> None:
    audio = {"id": "audio_1", "expires_at": 7, "data": "UklG", "transcript": "\0"}

    body = json.loads(encoded(Choice(message(audio=audio)), AUDIO))

    heard = [choice["message"]["audio"] for choice in body["choices"]]
    assert list(heard[0].items()) == list(audio.items())
    assert heard[1]["expires_at"] == MARK.created + 3_600


@pytest.mark.parametrize("usage", [False, True])
def test_moderation_comes_last_in_a_chunk_of_its_own_without_padding(usage: bool) -> None:
    asked = {"stream": True, "moderation": {"model": "m"}, "stream_options": {"include_usage": usage}}

    *others, last = chunks(text := encoded(TEXT, **asked))

    assert list(last) == [
        "id", "object", "created", "model", "service_tier", "system_fingerprint", "choices", "moderation",
    ]  # fmt: skip
    assert (last["choices"], len(last["moderation"]["output"]["results"])) == ([], 1)
    assert not any("moderation" in chunk for chunk in others)
    assert all("obfuscation" in chunk for chunk in others)
    assert check_stream(text.encode()) == ()


def test_moderation_that_a_recorded_body_has_is_streamed_the_same_way() -> None:
    own = {"id": "chatcmpl-own", "model": "m", "moderation": {"input": {}, "output": {}}}

    *others, last = chunks(encoded(TEXT, envelope=own, stream=True))

    assert (last["choices"], last["moderation"]) == ([], own["moderation"])
    assert "obfuscation" not in last
    assert not any("moderation" in chunk for chunk in others)


def test_a_family_s_ids_may_end_in_a_uuid() -> None:
    laid = encode(read_chat({"model": "m", "messages": []}), Answer((TEXT,)), Family(uuid_ids=True), USAGE)

    one, same, other = (json.loads(laid.text(MARK._replace(id=name)))["id"] for name in ("a", "a", "b"))

    assert UUID(one.removeprefix("chatcmpl-")).version == 4
    assert one == same != other


def test_one_layout_serves_many_stamps() -> None:
    chat = read_chat({"model": "gpt-4o", "messages": [], "stream": True})
    laid = encode(chat, Answer((TEXT,)), Family(), USAGE)
    other = stamp(0, b"r" * 16, 1, 1_700_000_009.0)

    one, two = chunks(laid.text(MARK)), chunks(laid.text(other))

    assert ({c["id"] for c in one}, {c["id"] for c in two}) == ({MARK.id}, {other.id})
    assert [c["choices"] for c in one] == [c["choices"] for c in two]
    assert [c["obfuscation"] for c in one] != [c["obfuscation"] for c in two]


def test_a_choice_without_an_end_keeps_what_else_it_has() -> None:
    choice = Choice(message(content="a"), None, extra={"content_filter_results": {}})

    last = chunks(encoded(choice, stream=True))[-1]["choices"][0]

    assert last["finish_reason"] is None
    assert last["content_filter_results"] == {}
