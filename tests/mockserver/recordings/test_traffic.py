"""Recorded traffic, replayed. What the recorders changed is named, file by file."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from understudy.mockserver.cassettes import Cassettes
from understudy.mockserver.chat import read_chat
from understudy.mockserver.recordings.source import Recorded

MASKED = "a value in the body was masked after recording: longer or shorter than what was counted"
BLANK = "OpenRouter sent blank lines ahead of the body to keep the connection alive; they are not kept"
LENGTH_DIFFERS = {
    "azure/activeagent-0b3f22ea49.json": MASKED,
    "azure/activeagent-39753cfc0d.json": MASKED,
    "azure/activeagent-5d1cb8a67d.json": MASKED,
    "azure/activeagent-843bef8d2e.json": MASKED,
    "azure/activeagent-8c82a7fc8e.json": MASKED,
    "azure/crewAI-8fa24390a5.json": MASKED,
    "azure/openllmetry-8cd2ba3897.json": "headers of another exchange: two bodies share one length",
    "azure/openllmetry-c815425f2f.json": "headers of another exchange: two bodies share one length",
    "ollama/ruby_llm-a47182efe0.json": MASKED,
    "openai/dd-trace-py-b76668247a.json": MASKED,
    "openai/ruby_llm-fb58b834f9.json": MASKED,
    "openrouter/agentops-fadc4bc055.json": BLANK,
    "openrouter/chatlas-1ebaa1643b.json": BLANK,
    "openrouter/chatlas-7329816c61.json": BLANK,
    "openrouter/langchaingo-58fa60b6d1.json": MASKED,
    "perplexity/langchaingo-25b12c77da.json": "a stream that was counted before it was decoded",
}


@pytest.fixture(scope="module")
def corpus(traffic: Any) -> Cassettes:
    return Cassettes(traffic.folder / "interactions")


@pytest.fixture(scope="module")
def recorded(corpus: Cassettes) -> Recorded:
    return Recorded(corpus.index, corpus.load)


def test_every_recorded_file_is_read(traffic: Any, corpus: Cassettes) -> None:
    assert {f"interactions/{entry.name}" for entry in corpus.index()} == {row["file"] for row in traffic.rows}
    assert corpus.broken == ()


def test_every_recorded_request_gets_its_own_reply_again(corpus: Cassettes, recorded: Recorded) -> None:
    for entry in corpus.index():
        kept = corpus.load(entry)
        series = recorded.offer(read_chat(kept.request))

        assert series is not None
        position = [one.name for one in series.recordings].index(entry.name)
        assert series.speak(position) == kept.verbatim


def test_replies_have_the_length_that_was_recorded(corpus: Cassettes) -> None:
    counted = [one for one in map(corpus.load, corpus.index()) if one.length is not None]
    comparable = [one for one in counted if one.form != "body" or one.layout != "parsed"]
    different = {one.name for one in comparable if len(one.body) != one.length}

    assert different == set(LENGTH_DIFFERS)
    assert len(comparable) > 100


def test_streams_and_texts_are_served_byte_for_byte(traffic: Any, corpus: Cassettes) -> None:
    for entry, row in zip(corpus.index(), sorted(traffic.rows, key=lambda row: row["file"]), strict=True):
        response = traffic.load(row)["response"]
        if "body" not in response:
            assert corpus.load(entry).body.decode() == response.get("sse", response.get("text"))


@pytest.mark.parametrize(
    "change",
    [
        lambda document: {
            **document,
            "messages": [*document["messages"], {"role": "user", "content": "And?"}],
        },
        lambda document: {**document, "model": f"{document.get('model')}-x"},
        lambda document: {
            **document,
            "response_format": {**(document.get("response_format") or {}), "new": True},
        },
    ],
    ids=["message", "model", "response_format"],
)
def test_one_change_away_the_recording_itself_is_the_nearest(
    corpus: Cassettes, recorded: Recorded, change: Any
) -> None:
    outcomes: Counter[bool] = Counter()
    for entry in corpus.index()[::11]:
        kept = corpus.load(entry)
        told = recorded.nearest(read_chat(change(kept.request)))
        assert told is not None
        nearest = next(
            one for one in corpus.index() if told.startswith(f"the nearest recording is {one.name},")
        )
        outcomes[nearest.keys.match == entry.keys.match] += 1

    assert outcomes[False] == 0
