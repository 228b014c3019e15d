from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from understudy.mockserver.cassettes import Cassettes
from understudy.mockserver.chat import Answer, ChatRequest, Choice, Verbatim, read_chat
from understudy.mockserver.recordings.recording import Recording, read_recording
from understudy.mockserver.recordings.source import Entry, Recorded

STREAMED: dict[str, Any] = {"stream": True}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


def body(prompt: str = "Hi", **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt}], **more}


def completion(text: str, **more: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice], **more}


def events(*chunks: Any) -> str:
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "chatcmpl-2", "object": "chat.completion.chunk", "choices": [choice], **more}


def recording(name: str, asked: Mapping[str, Any], status: int = 200, **response: Any) -> Recording:
    if not response:
        response = {"body": completion(name)}
    document = {"request": {"body": asked}, "response": {"status": status, **response}}
    return read_recording(document, name)


def source(*recordings: Recording) -> Recorded:
    by_name = {one.name: one for one in recordings}
    entries = [Entry(one.name, one.keys, one.stream, one.order) for one in recordings]
    return Recorded(lambda: entries, lambda entry: by_name[entry.name])


def answers(recorded: Recorded, asked: Mapping[str, Any], positions: Iterable[int] = range(3)) -> list[str]:
    """Return the names of the recordings that serve: a recording here says its own name."""
    series = recorded.offer(read_chat(asked))
    if series is None:
        return []
    said = [series.speak(position) for position in positions]
    assert all(isinstance(one, Verbatim) for one in said)
    found = [json.loads(one.body) for one in said if isinstance(one, Verbatim)]
    return [document["choices"][0]["message"]["content"] for document in found]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, True),
        ({"temperature": 1, "user": "someone", "seed": 3}, True),
        ({"tools": None, "response_format": None, "stream": False}, True),
        ({"model": "gpt-4o"}, False),
        ({"messages": [{"role": "user", "content": "Hi!"}]}, False),
        ({"messages": [{"role": "user", "content": "Hi", "name": None}]}, True),
        ({"tools": [TOOL]}, False),
        ({"functions": [TOOL["function"]]}, False),
        ({"response_format": {"type": "json_object"}}, False),
    ],
)
def test_a_request_finds_the_recording_of_an_equal_one(change: dict[str, Any], found: bool) -> None:
    recorded = source(recording("a", body()))

    assert bool(recorded.offer(read_chat({**body(), **change}))) is found


def test_several_for_one_request_come_in_order_and_then_the_last_again() -> None:
    recorded = source(*(recording(name, body()) for name in ("b", "c", "a")))

    assert answers(recorded, body(), range(5)) == ["a", "b", "c", "c", "c"]


def test_the_order_is_that_of_the_conversation_they_were_taken_from() -> None:
    def taken(name: str, path: str, index: int) -> Recording:
        document = {"request": {"body": body()}, "response": {"status": 200, "body": completion(name)}}
        return read_recording({**document, "source": {"repo": "r", "path": path, "index": index}}, name)

    recorded = source(taken("a", "z", 0), taken("b", "y", 10), taken("c", "y", 9))

    assert answers(recorded, body()) == ["c", "b", "a"]


def test_those_whose_whole_body_is_equal_are_used_alone() -> None:
    recorded = source(
        recording("a", body(temperature=0)),
        recording("b", body(temperature=1)),
        recording("c", body(temperature=1.0, seed=None)),
    )

    assert answers(recorded, body(temperature=1)) == ["b", "c", "c"]
    assert answers(recorded, body(temperature=0)) == ["a", "a", "a"]
    assert answers(recorded, body(temperature=0.5)) == ["a", "b", "c"]


def test_series_of_other_recordings_have_other_keys() -> None:
    recorded = source(recording("a", body(seed=0)), recording("b", body(seed=1)))

    def key(**more: Any) -> bytes:
        series = recorded.offer(read_chat(body(**more)))
        assert series is not None
        return series.key

    assert key() == key(seed=2) == key(temperature=0)
    assert len({key(), key(seed=0), key(seed=1), key(stream=True)}) == 4


def test_a_recording_with_the_same_stream_comes_before_one_to_convert() -> None:
    streamed = recording("s", body(**STREAMED), sse=events(chunk({"content": "Hello"})))
    recorded = source(recording("a", body()), streamed)

    series = recorded.offer(read_chat(body(**STREAMED)))

    assert series is not None
    assert [series.speak(position) for position in (0, 1)] == [streamed.verbatim] * 2
    assert answers(recorded, body()) == ["a", "a", "a"]


def test_a_completion_is_converted_for_a_request_that_streams() -> None:
    whole = completion(
        "Hello", created=5, service_tier=None, system_fingerprint="fp_1", usage={"total_tokens": 3}
    )
    whole["choices"][0]["content_filter_results"] = {}
    recorded = source(recording("a", body(seed=1), body=whole))

    series = recorded.offer(read_chat(body(stream=True, stream_options={"include_usage": True}, seed=1)))

    assert series is not None
    assert series.speak(0) == Answer(
        choices=(Choice(whole["choices"][0]["message"], "stop", extra={"content_filter_results": {}}),),
        usage={"total_tokens": 3},
        envelope={"id": "chatcmpl-1", "created": 5, "service_tier": None, "system_fingerprint": "fp_1"},
    )


def test_a_stream_is_put_together_for_a_request_that_does_not() -> None:
    sse = events(
        chunk({"role": "assistant", "content": ""}, model="m"),
        chunk({"content": "Hel"}, model="m"),
        chunk({"content": "lo"}, model="m"),
        chunk({}, "length", model="m"),
        {"id": "chatcmpl-2", "model": "m", "choices": [], "usage": {"total_tokens": 4}},
    )
    series = source(recording("a", body(**STREAMED), sse=sse)).offer(read_chat(body()))

    assert series is not None
    answer = series.speak(0)
    assert isinstance(answer, Answer)
    [choice] = answer.choices
    assert (choice.message["content"], choice.finish_reason) == ("Hello", "length")
    assert answer.usage == {"total_tokens": 4}
    assert answer.envelope == {"id": "chatcmpl-2", "model": "m"}


@pytest.mark.parametrize(
    ("status", "response"),
    [
        (429, {"body": {"error": {"message": "slow down"}}}),
        (500, {"text": "upstream connect error"}),
        (500, {"body": completion("said before it broke")}),
        (200, {"body": {"error": {"message": "sorry"}}}),
        (200, {"body": {"error": {"message": "sorry"}, **completion("partly")}}),
        (200, {"body": {"choices": []}}),
        (200, {"body": {"choices": [{"index": 0, "finish_reason": "content_filter"}]}}),
        (200, {"body": None}),
        (200, {"text": "<html>"}),
        (200, {"sse": events({"error": {"message": "overloaded"}})}),
        (200, {"sse": events(chunk({"content": "Hel"}), {"error": {"message": "overloaded"}})}),
        (200, {"sse": "data: {broken\n\n"}),
        (200, {"sse": ""}),
    ],
)
def test_what_is_no_completion_is_served_as_it_is_either_way(status: int, response: dict[str, Any]) -> None:
    kept = recording("a", body(), status, **response)

    for asked in (body(), body(**STREAMED)):
        series = source(kept).offer(read_chat(asked))
        assert series is not None
        assert series.speak(0) == kept.verbatim


def test_a_request_that_streamed_but_was_answered_at_once_gets_the_same_again() -> None:
    kept = recording("a", body(**STREAMED), body=completion("Hello"))

    series = source(kept).offer(read_chat(body(**STREAMED)))

    assert series is not None
    assert series.speak(0) == kept.verbatim


def test_a_miss_is_told_with_the_nearest_recording_and_what_differs() -> None:
    recorded = source(
        recording("far", body("Write a poem about trains")),
        recording("near", body("What is the capital of France?", tools=[TOOL])),
        recording("other", body("What is the capital of Spain?")),
    )

    told = recorded.nearest(read_chat(body("What is the capital of France?!", tools=[TOOL])))

    assert told == (
        "the nearest recording is near, which differs in 1 place: $.messages[0].content: "
        '"What is the capital of France?!" here, "What is the capital of France?" there'
    )


def test_many_differences_are_counted_and_the_first_told() -> None:
    messages = [{"role": "user", "content": str(number)} for number in range(9)]
    recorded = source(recording("a", {"model": "m", "messages": messages}))

    told = recorded.nearest(read_chat({"messages": []}))

    assert told is not None
    assert told.startswith(
        "the nearest recording is a, which differs in 10 places: $.messages[0]: absent here"
    )
    assert told.endswith("$.messages[4]: absent here, {role, content} there; …")
    assert told.count(" here, ") == 5


def test_asked_about_a_request_that_is_recorded_nothing_differs() -> None:
    told = source(recording("a", body())).nearest(read_chat(body(temperature=1)))

    assert told == "the nearest recording is a, and nothing in it differs"


def test_without_recordings_there_is_no_nearest_one() -> None:
    assert source().nearest(read_chat(body())) is None
    assert source().offer(read_chat(body())) is None


def test_a_file_gone_bad_is_left_out_of_the_search(tmp_path: Path) -> None:
    for name in ("a", "b"):
        document = {"request": {"body": body(name)}, "response": {"status": 200, "body": 1}}
        (tmp_path / f"{name}.json").write_text(json.dumps(document), "utf-8")
    cassettes = Cassettes(tmp_path)
    cassettes.index()
    (tmp_path / "a.json").unlink()

    told = Recorded(cassettes.index, cassettes.load).nearest(read_chat(body("a")))

    assert told is not None
    assert told.startswith("the nearest recording is b.json")


def test_a_request_nested_beyond_reason_matches_nothing() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    asked = {"model": "m", "messages": deep}
    chat = ChatRequest(asked, "m", deep, stream=False, fingerprint=b"")
    recorded = source(recording("a", body()))

    assert recorded.offer(chat) is None
    assert recorded.nearest(chat) is None
    while deep:  # taken apart step by step: freeing it at once would recurse
        deep = deep.pop()
