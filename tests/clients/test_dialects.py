"""The official client reads every dialect: whole replies, streams and errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI

from understudy.contracts import family_of
from understudy.contracts.profiles.loading import names, profile
from understudy.mockserver.chat import Answer, Choice, read_chat
from understudy.mockserver.dialects.dialect import Dialect, dialect_of
from understudy.mockserver.dialects.failures import error_reply
from understudy.mockserver.dialects.heads import success_headers
from understudy.mockserver.dialects.replies import encode, usage_of
from understudy.mockserver.errors import ApiError
from understudy.mockserver.identity import stamp
from understudy.mockserver.usage import Counts

MARK = stamp(0, b"r" * 16, 0, 1_790_000_000.0)
COUNTS = Counts(prompt=20, completion=9)
NAMES = [name for name in names() if profile(name).reply]
USER: Any = [{"role": "user", "content": "Weather in Oslo?"}]
TEXT = Choice(
    {"role": "assistant", "content": "It rains in Oslo \u2614.", "refusal": None, "annotations": []}
)
CALLS = Choice(
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": f"call_{letter * 24}",
                "type": "function",
                "function": {"name": f"get_{letter}", "arguments": '{"city": "Oslo"}'},
            }
            for letter in "ab"
        ],
        "refusal": None,
        "annotations": [],
    },
    "tool_calls",
)


def spoken(name: str) -> Dialect:
    path = files("understudy.contracts.profiles").joinpath(f"data/{name}.json")
    found = dialect_of(json.loads(path.read_text("utf-8"))["reply"])
    assert found is not None
    return found


def client(name: str, choice: Choice) -> OpenAI:
    dialect, family = spoken(name), family_of("gpt-4o-mini")

    def answer(request: httpx2.Request) -> httpx2.Response:
        chat = read_chat(json.loads(request.content))
        laid = encode(chat, Answer((choice,)), family, usage_of(COUNTS, family, dialect), dialect)
        body = laid.text(MARK).encode()
        length = len(body) if laid.events is None else None
        return httpx2.Response(200, headers=success_headers(dialect, MARK, 29, length), content=body)

    return client_over(answer)


def client_over(answer: Any) -> OpenAI:
    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return OpenAI(api_key="sk-any", base_url="http://understudy.test/v1", http_client=http, max_retries=0)


@pytest.mark.parametrize("name", NAMES)
def test_the_client_reads_a_whole_reply(name: str) -> None:
    with client(name, TEXT) as api:
        completion = api.chat.completions.create(model="gpt-4o-mini", messages=USER)

    assert completion.choices[0].message.content == "It rains in Oslo \u2614."
    assert completion.usage is not None
    assert completion.usage.total_tokens == 29


@pytest.mark.parametrize("name", NAMES)
def test_the_client_reads_a_stream(name: str) -> None:
    with client(name, TEXT) as api:
        chunks = list(api.chat.completions.create(model="gpt-4o-mini", messages=USER, stream=True))

    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "It rains in Oslo \u2614."
    assert next(end for chunk in chunks for end in ends(chunk)) == "stop"


def ends(chunk: Any) -> list[str]:
    return [choice.finish_reason for choice in chunk.choices if choice.finish_reason]


@pytest.mark.parametrize("name", NAMES)
def test_the_client_puts_streamed_calls_together(name: str) -> None:
    with client(name, CALLS) as api:
        chunks = list(api.chat.completions.create(model="gpt-4o-mini", messages=USER, stream=True))

    told: dict[int, list[str]] = {}
    for chunk in chunks:
        for call in (chunk.choices[0].delta.tool_calls or ()) if chunk.choices else ():
            name_and_text = told.setdefault(call.index, ["", ""])
            assert call.function is not None
            name_and_text[0] += call.function.name or ""
            name_and_text[1] += call.function.arguments or ""
    assert told == {0: ["get_a", '{"city": "Oslo"}'], 1: ["get_b", '{"city": "Oslo"}']}


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ApiError(400, "bad", param="n", code="unsupported_value"), openai.BadRequestError),
        (ApiError(401, "no key", voice="gateway"), openai.AuthenticationError),
        (ApiError(404, "no model", code="model_not_found", voice="gateway"), openai.NotFoundError),
        (ApiError(429, "slow down", type="tokens", voice="gateway"), openai.RateLimitError),
        (ApiError(500, "sorry", type="server_error"), openai.InternalServerError),
    ],
    ids=["400", "401", "404", "429", "500"],
)
@pytest.mark.parametrize("name", NAMES)
def test_the_client_raises_the_error_of_the_status(
    name: str, error: ApiError, raised: type[openai.APIStatusError]
) -> None:
    body, pairs = error_reply(error, spoken(name), None, MARK)

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(error.status, headers=pairs, content=body)

    with client_over(answer) as api, pytest.raises(raised) as caught:
        api.chat.completions.create(model="gpt-4o-mini", messages=USER)

    assert isinstance(caught.value.body, dict | str)


def test_each_name_has_a_reply_of_its_own() -> None:
    bodies: Mapping[str, str] = {
        name: encode(
            read_chat({"model": "m", "messages": []}), Answer((TEXT,)), family_of("m"), {}, spoken(name)
        ).text(MARK)
        for name in NAMES
    }

    assert len(set(bodies.values())) == len(NAMES)
