"""Usage, row by row (FACTS C.2, B.4), and the end of a stream on the wire."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from understudy.contracts import chunks_of
from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.engine import Engine
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request

SHORT = [{"role": "user", "content": "hi"}]
LONG = [{"role": "system", "content": "Every word counts. " * 400}, *SHORT]
KEY = "Bearer sk-any"


def usage(engine: Engine, **members: Any) -> dict[str, Any]:
    """Return the usage of an answer, whole or streamed."""
    asked = {"model": "gpt-4o-mini", "messages": SHORT, **members}
    if asked.get("stream"):
        asked["stream_options"] = {"include_usage": True}
    key = (b"authorization", KEY.encode())
    entry = engine.handle(
        Request("POST", "/v1/chat/completions", [key], json.dumps(asked).encode()), 1e9
    ).entry
    assert entry.status == 200
    found: dict[str, Any] = (chunks_of(entry.reply)[-1] if asked.get("stream") else json.loads(entry.reply))[
        "usage"
    ]
    return found


@pytest.mark.parametrize(
    "members", [{}, {"n": 3}, {"model": "gpt-5-mini"}, {"model": "gpt-4o-audio-preview"}]
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_parts_add_up(members: dict[str, Any], stream: bool) -> None:
    found = usage(build(Settings()), stream=stream, **members)

    assert found["prompt_tokens"] + found["completion_tokens"] == found["total_tokens"]
    assert {"cached_tokens", "audio_tokens"} <= found["prompt_tokens_details"].keys()
    assert {
        "reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens",
    } <= found["completion_tokens_details"].keys()  # fmt: skip


@pytest.mark.parametrize("effort", ["low", "medium", "high"])
def test_reasoning_is_inside_completion_tokens_in_steps_of_64(effort: str) -> None:
    found = usage(build(Settings()), model="gpt-5", reasoning_effort=effort)

    reasoning = found["completion_tokens_details"]["reasoning_tokens"]
    assert reasoning % 64 == 0
    assert 0 < reasoning < found["completion_tokens"]


def test_a_cap_may_be_spent_on_reasoning_alone() -> None:
    found = usage(build(Settings()), model="gpt-5", reasoning_effort="high", max_completion_tokens=64)

    assert found["completion_tokens_details"]["reasoning_tokens"] == found["completion_tokens"] == 64


def test_a_prompt_is_read_from_the_cache_the_second_time_in_steps_of_128() -> None:
    engine = build(Settings())

    first, second = (usage(engine, messages=LONG) for _ in range(2))

    cached = second["prompt_tokens_details"]["cached_tokens"]
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    assert 1024 <= cached <= second["prompt_tokens"]
    assert cached % 128 == 0


def test_a_short_prompt_is_never_cached() -> None:
    engine = build(Settings())

    assert [usage(engine)["prompt_tokens_details"]["cached_tokens"] for _ in range(2)] == [0, 0]


def test_the_newest_models_tell_what_they_write_to_the_cache() -> None:
    engine = build(Settings())

    first, second = (usage(engine, model="gpt-5.6-terra", messages=LONG) for _ in range(2))

    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    assert first["prompt_tokens_details"]["cache_write_tokens"] > 1024
    assert second["prompt_tokens_details"]["cached_tokens"] > 1024


def test_several_choices_count_their_prompt_once() -> None:
    one, three = (usage(build(Settings()), n=n, max_tokens=5) for n in (1, 3))

    assert three["prompt_tokens"] == one["prompt_tokens"]
    assert three["completion_tokens"] == 3 * one["completion_tokens"] == 15


def test_a_stream_counts_as_a_whole_answer_does() -> None:
    assert usage(build(Settings()), stream=True) == usage(build(Settings()))


def test_a_stream_ends_its_body_after_done_and_the_connection_serves_on() -> None:
    body = json.dumps({"model": "gpt-4o-mini", "messages": SHORT, "stream": True})
    headers = {"authorization": KEY, "content-type": "application/json"}
    with serving(App(build(Settings()))) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        for _ in range(2):
            connection.request("POST", "/v1/chat/completions", body, headers)
            reply = connection.getresponse()
            said = reply.read()  # returns with the last chunk of the transfer, or not at all

            assert said.endswith(b"data: [DONE]\n\n")
            assert reply.headers["transfer-encoding"] == "chunked"
        connection.close()
