"""Each recording of the real API, replayed through the real client: what was recorded comes out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from openai import OpenAI

from understudy.contracts import accumulate, chunks_of
from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.cassettes import Cassettes
from understudy.mockserver.chat import read_chat
from understudy.mockserver.engine import Engine
from understudy.mockserver.recordings.source import Recorded
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings

COMPARED = ("content", "refusal", "tool_calls", "function_call")

# what cannot be asked through the official client, and why
NOT_ASKED: dict[str, str] = {}


@pytest.fixture(scope="module")
def cassettes(traffic: Any) -> Cassettes:
    return Cassettes([traffic.folder / "interactions" / "openai"])


@pytest.fixture(scope="module")
def engine(cassettes: Cassettes) -> Engine:
    return build(Settings(on_unmatched="fail"), cassettes)


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[OpenAI]:
    with serving(App(engine)) as url, OpenAI(base_url=url, api_key="sk-any", max_retries=0) as client:
        yield client


def genuine(traffic: Any) -> list[dict[str, str]]:
    return [row for row in traffic.rows if row["provider"] == "openai" and row["status"] == "200"]


def test_every_replayable_recording_comes_back_through_the_client(
    traffic: Any, cassettes: Cassettes, client: OpenAI
) -> None:
    recorded = Recorded(cassettes.index, cassettes.load)
    asked: set[bytes] = set()
    wrong: list[str] = []
    replayed = 0

    for row in genuine(traffic):
        request = traffic.load(row)["request"]["body"]
        series = recorded.offer(read_chat(request)) if isinstance(request, dict) else None
        if row["file"] in NOT_ASKED or series is None or series.key in asked:
            continue
        asked.add(series.key)
        for entry in series.recordings:  # several recordings of one request come in order
            recording = cassettes.load(entry)
            if recording.status != 200:
                with pytest.raises(Exception, match=str(recording.status)):
                    ask(client, request)
                continue
            replayed += 1
            expected = outcome(spoken(recording.verbatim.body))
            actual = outcome(ask(client, request))
            if actual != expected:
                wrong.append(f"{entry.name}: {actual} is not {expected}")

    assert wrong == []
    assert replayed >= 340


@pytest.mark.parametrize("stream", [True, False])
def test_every_recording_can_be_had_the_other_way(
    traffic: Any, cassettes: Cassettes, client: OpenAI, stream: bool
) -> None:
    """A request with ``stream`` is served from a JSON recording, and the reverse, with nothing lost."""
    recorded = Recorded(cassettes.index, cassettes.load)
    wrong: list[str] = []
    converted = 0

    for row in genuine(traffic):
        request = traffic.load(row)["request"]["body"]
        if not isinstance(request, dict) or bool(request.get("stream")) == stream or row["file"] in NOT_ASKED:
            continue
        other = {**request, "stream": stream, "stream_options": {"include_usage": True} if stream else None}
        series = recorded.offer(read_chat(other))
        if series is None or series.length != 1 or series.recordings[0].stream == stream:
            continue
        converted += 1
        expected = outcome(spoken(cassettes.load(series.recordings[0]).verbatim.body))
        actual = outcome(ask(client, other))
        if expected[1] is None:  # a stream without usage: a whole completion has it all the same
            actual, expected = (*actual[:1], actual[1] is not None), (expected[0], True)
        if actual != expected:
            wrong.append(f"{row['file']}: {actual} is not {expected}")

    assert wrong == []
    assert converted > 50


def ask(client: OpenAI, request: Mapping[str, Any]) -> dict[str, Any]:
    """Send *request* as the client would, and return the completion it amounts to."""
    named = {"model", "messages", "stream"}
    rest = {key: value for key, value in request.items() if key not in named}
    reply = client.chat.completions.create(
        model=request["model"],
        messages=request["messages"],
        stream=request.get("stream", False),
        extra_body=rest,
    )
    return accumulate(chunk.to_dict() for chunk in reply) if request.get("stream") else reply.to_dict()


def spoken(body: bytes) -> dict[str, Any]:
    return accumulate(chunks_of(body)) if body.lstrip().startswith((b"data:", b":")) else json.loads(body)


def outcome(completion: Mapping[str, Any]) -> Any:
    """Return what must survive a replay: messages, tool calls, finish reasons, usage."""
    choices = [
        (
            choice["index"],
            choice.get("finish_reason"),
            {key: choice["message"].get(key) for key in COMPARED if choice["message"].get(key) is not None},
        )
        for choice in completion["choices"]
    ]
    return choices, completion.get("usage")
