"""The official client against a served URL, as a user would write it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Literal

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.engine import Engine
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings

QUESTION = [{"role": "user", "content": "What is the weather like in Paris today?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather of a city",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}


class Step(BaseModel):
    explanation: str
    output: str


class Solution(BaseModel):
    steps: list[Step]
    confidence: Literal["low", "high"]
    final_answer: float


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(Settings(models=("gpt-4o", "gpt-4o-mini", "gpt-5-mini"), api_keys=("sk-right-key-0001",)))


@pytest.fixture(scope="module")
def base_url(engine: Engine) -> Iterator[str]:
    with serving(App(engine)) as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=base_url, api_key="sk-right-key-0001", max_retries=0) as client:
        yield client


def test_create_returns_a_whole_completion(client: OpenAI) -> None:
    reply = client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)

    assert reply.id.startswith("chatcmpl-")
    assert reply.model == "gpt-4o-mini-2024-07-18"
    assert reply.choices[0].message.content
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply._request_id.startswith("req_")


def test_a_stream_says_what_the_whole_reply_says(client: OpenAI) -> None:
    whole = client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)

    chunks = list(
        client.chat.completions.create(
            model="gpt-4o-mini", messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
    )

    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert len(chunks) > 4
    assert chunks[-1].usage.prompt_tokens == whole.usage.prompt_tokens
    assert said


def test_the_stream_helper_accumulates(client: OpenAI) -> None:
    with client.chat.completions.stream(
        model="gpt-4o", messages=QUESTION, stream_options={"include_usage": True}
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()

    assert kinds[0] == "chunk"
    assert "content.delta" in kinds
    assert kinds.count("content.done") == 1
    assert final.choices[0].message.content
    assert final.usage is not None


def test_the_stream_helper_parses_tool_calls(client: OpenAI) -> None:
    with client.chat.completions.stream(
        model="gpt-4o", messages=QUESTION, tools=[WEATHER], tool_choice="required"
    ) as stream:
        final = stream.get_final_completion()

    call = final.choices[0].message.tool_calls[0]
    assert call.function.name == "get_weather"
    assert call.function.parsed_arguments["unit"] in ("celsius", "fahrenheit")


def test_parse_gives_a_model_instance(client: OpenAI) -> None:
    reply = client.chat.completions.parse(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Solve 8x + 7 = -23."}],
        response_format=Solution,
    )

    assert isinstance(reply.choices[0].message.parsed, Solution)


def test_raw_responses_carry_the_headers(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=QUESTION)

    assert raw.status_code == 200
    assert raw.headers["content-type"] == "application/json"
    assert raw.headers["openai-version"] == "2020-10-01"
    assert int(raw.headers["x-ratelimit-limit-requests"]) > 0
    assert raw.request_id == raw.headers["x-request-id"]
    assert raw.parse().choices[0].message.role == "assistant"


def test_an_agent_loop_ends(client: OpenAI) -> None:
    messages = list(QUESTION)
    for _turn in range(5):
        reply = client.chat.completions.create(model="gpt-4o", messages=messages, tools=[WEATHER])
        message = reply.choices[0].message
        messages.append(message.model_dump(exclude_none=True))
        if not message.tool_calls:
            break
        for call in message.tool_calls:
            arguments = json.loads(call.function.arguments)
            result = f"18 degrees {arguments['unit']} in {arguments['city']}"
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})

    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "assistant"]
    assert messages[-1]["content"]


@pytest.mark.parametrize(
    ("members", "param", "code"),
    [
        ({"temperature": 2.5}, "temperature", "decimal_above_max_value"),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"messages": []}, "messages", "empty_array"),
        ({"tool_choice": "auto"}, "tool_choice", None),
        ({"model": "gpt-5-mini", "max_tokens": 5}, "max_tokens", "unsupported_parameter"),
        ({"extra_body": {"temprature": 1}}, "temprature", "unknown_parameter"),
    ],
)
def test_a_breach_is_a_bad_request_error(
    client: OpenAI, members: dict[str, object], param: str, code: str | None
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": "gpt-4o", "messages": QUESTION, **members})

    assert (caught.value.param, caught.value.code) == (param, code)
    assert caught.value.type == "invalid_request_error"
    assert caught.value.request_id.startswith("req_")


def test_a_wrong_key_is_an_authentication_error(base_url: str) -> None:
    with (
        OpenAI(base_url=base_url, api_key="sk-wrong-key-0002", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError, match=r"sk-wrong\*{5}0002") as caught,
    ):
        client.chat.completions.create(model="gpt-4o", messages=QUESTION)

    assert caught.value.code == "invalid_api_key"
    assert caught.value.request_id


def test_an_unknown_model_is_a_not_found_error(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="does not exist or you do not have access") as caught:
        client.chat.completions.create(model="gpt-9", messages=QUESTION)

    assert caught.value.code == "model_not_found"


def test_an_error_before_a_stream_is_an_http_error(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="gpt-4o", messages=QUESTION, stream=True, top_p=7)


def test_models_are_listed_and_fetched(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["gpt-4o", "gpt-4o-mini", "gpt-5-mini"]
    assert client.models.retrieve("gpt-5-mini").id == "gpt-5-mini"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-9")


def test_two_posts_are_two_completions(client: OpenAI) -> None:
    first = client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    second = client.chat.completions.create(model="gpt-4o", messages=QUESTION)

    assert first.id != second.id
    assert first.choices[0].message.content == second.choices[0].message.content


def test_explicit_nulls_are_as_good_as_nothing(client: OpenAI) -> None:
    reply = client.chat.completions.create(
        model="gpt-4o", messages=QUESTION, max_tokens=None, temperature=None, stop=None, seed=None
    )

    assert reply.choices[0].finish_reason == "stop"


async def _async_story(base_url: str) -> None:
    async with AsyncOpenAI(base_url=base_url, api_key="sk-right-key-0001", max_retries=0) as client:
        whole = await client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)
        assert whole.choices[0].message.content

        said = ""
        async for chunk in await client.chat.completions.create(
            model="gpt-4o-mini", messages=QUESTION, stream=True
        ):
            said += chunk.choices[0].delta.content or ""
        assert said

        async with client.chat.completions.stream(model="gpt-4o-mini", messages=QUESTION) as stream:
            final = await stream.get_final_completion()
        assert final.choices[0].message.content

        parsed = await client.chat.completions.parse(
            model="gpt-4o", messages=QUESTION, response_format=Solution
        )
        assert isinstance(parsed.choices[0].message.parsed, Solution)

        with pytest.raises(openai.BadRequestError):
            await client.chat.completions.create(model="gpt-4o", messages=QUESTION, temperature=9)


def test_the_async_client_does_it_all(base_url: str) -> None:
    asyncio.run(_async_story(base_url))


def test_a_stream_left_early_does_no_harm(client: OpenAI, engine: Engine) -> None:
    stream = client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, stream=True)
    next(iter(stream))
    stream.close()

    assert client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION).choices
