"""Stored completions through the official client, as a user would write it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings

QUESTION = [{"role": "user", "content": "Write a haiku about AI."}]
UNKNOWN = "chatcmpl-" + "x" * 29


@pytest.fixture
def base_url() -> Iterator[str]:
    with serving(App(build(Settings()))) as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=base_url, api_key="sk-somebody-0001", max_retries=0) as client:
        yield client


def fill(client: OpenAI, count: int) -> list[str]:
    return [
        client.chat.completions.create(
            model="gpt-4o-mini", messages=QUESTION, store=True, metadata={"half": str(number % 2)}
        ).id
        for number in range(count)
    ]


def test_a_stored_completion_is_fetched_as_it_was_answered(client: OpenAI) -> None:
    made = client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, store=True)

    found = client.chat.completions.retrieve(made.id)

    assert (found.id, found.model, found.created) == (made.id, made.model, made.created)
    assert found.choices[0].message.content == made.choices[0].message.content
    assert found.usage.total_tokens == made.usage.total_tokens
    assert found.to_dict()["request_id"] == made._request_id


def test_a_stream_is_stored_too(client: OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, store=True, stream=True)
    )

    found = client.chat.completions.retrieve(chunks[0].id)

    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert found.object == "chat.completion"
    assert found.choices[0].message.content == said
    assert found.usage.total_tokens > 0


@pytest.mark.parametrize("members", [{}, {"store": False}, {"store": None}])
def test_what_was_not_to_be_stored_is_not(client: OpenAI, members: dict[str, object]) -> None:
    made = client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, **members)

    with pytest.raises(openai.NotFoundError, match=made.id):
        client.chat.completions.retrieve(made.id)


@pytest.mark.parametrize(("order", "step"), [("asc", 1), ("desc", -1)])
def test_the_client_pages_through_all_of_them(client: OpenAI, order: str, step: int) -> None:
    ids = fill(client, 7)

    pages = list(client.chat.completions.list(limit=2, order=order).iter_pages())

    assert [len(page.data) for page in pages] == [2, 2, 2, 1]
    assert [one.id for page in pages for one in page.data] == ids[::step]
    assert [one.id for one in client.chat.completions.list(limit=3, order=order)] == ids[::step]


def test_the_client_filters(client: OpenAI) -> None:
    ids = fill(client, 5)
    other = client.chat.completions.create(model="gpt-4.1", messages=QUESTION, store=True).id

    by_metadata = client.chat.completions.list(metadata={"half": "1"}, limit=1)
    by_model = client.chat.completions.list(model="gpt-4.1")

    assert [one.id for one in by_metadata] == ids[1::2]
    assert [one.id for one in by_model] == [other]


def test_the_client_updates_metadata(client: OpenAI) -> None:
    (made,) = fill(client, 1)

    updated = client.chat.completions.update(made, metadata={"topic": "haiku"})

    assert updated.to_dict()["metadata"] == {"topic": "haiku"}
    assert [one.id for one in client.chat.completions.list(metadata={"topic": "haiku"})] == [made]


def test_metadata_keeps_its_limits(client: OpenAI) -> None:
    (made,) = fill(client, 1)

    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.update(made, metadata={"k" * 65: "v"})

    assert caught.value.code == "property_name_above_max_length"


def test_the_client_deletes_all_it_lists(client: OpenAI) -> None:
    ids = fill(client, 5)

    deleted = [client.chat.completions.delete(one.id) for one in client.chat.completions.list(limit=2)]

    assert [receipt.id for receipt in deleted] == ids
    assert all(receipt.deleted for receipt in deleted)
    assert list(client.chat.completions.list()) == []
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.delete(ids[0])


def test_the_client_pages_through_messages(client: OpenAI) -> None:
    parts = [{"type": "text", "text": "in parts"}]
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": parts},
    ]
    made = client.chat.completions.create(model="gpt-4o-mini", messages=messages, store=True)

    found = list(client.chat.completions.messages.list(made.id, limit=1))

    assert [message.id for message in found] == [f"{made.id}-{number}" for number in range(4)]
    assert [message.content for message in found] == ["Be brief.", "one", "two", None]
    assert found[3].content_parts[0].text == "in parts"


def test_another_key_sees_nothing(client: OpenAI, base_url: str) -> None:
    (made,) = fill(client, 1)

    with OpenAI(base_url=base_url, api_key="sk-another-0002", max_retries=0) as other:
        assert list(other.chat.completions.list()) == []
        with pytest.raises(openai.NotFoundError):
            other.chat.completions.retrieve(made)


def test_an_unknown_id_is_a_not_found_error(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match=UNKNOWN) as caught:
        client.chat.completions.retrieve(UNKNOWN)

    assert (caught.value.type, caught.value.param, caught.value.code) == ("invalid_request_error", None, None)
    assert caught.value.request_id.startswith("req_")


async def _async_story(base_url: str) -> None:
    async with AsyncOpenAI(base_url=base_url, api_key="sk-somebody-0001", max_retries=0) as client:
        made = [
            (await client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, store=True)).id
            for _ in range(5)
        ]

        assert [one.id async for one in client.chat.completions.list(limit=2)] == made
        assert (await client.chat.completions.retrieve(made[0])).id == made[0]
        assert (await client.chat.completions.update(made[0], metadata={"a": "b"})).id == made[0]
        assert [one.id async for one in client.chat.completions.list(metadata={"a": "b"})] == made[:1]
        assert [one.content async for one in client.chat.completions.messages.list(made[0])] == [
            "Write a haiku about AI."
        ]
        assert (await client.chat.completions.delete(made[0])).deleted
        with pytest.raises(openai.NotFoundError):
            await client.chat.completions.retrieve(made[0])


def test_the_async_client_does_it_all(base_url: str) -> None:
    asyncio.run(_async_story(base_url))
