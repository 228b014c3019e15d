"""Stored completions: who sees what, page by page, and what is forgotten."""

from __future__ import annotations

import json
from threading import Thread
from typing import Any

import pytest

from understudy.contracts import check_document
from understudy.mockserver.errors import ApiError, Refusal
from understudy.mockserver.stored.memory import Stored

ME, OTHER = "sk-me", "sk-other"


def reply(number: int, model: str = "gpt-4o-2024-08-06") -> bytes:
    message = {"role": "assistant", "content": f"answer {number}", "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    document = {
        "id": ident(number), "object": "chat.completion", "created": 1_700_000_000 + number, "model": model,
        "choices": [choice], "usage": usage, "service_tier": "default", "system_fingerprint": None,
    }  # fmt: skip
    return json.dumps(document).encode()


def ident(number: int) -> str:
    return f"chatcmpl-{number:029d}"


def asked(model: str = "gpt-4o", **members: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "hi"}], "store": True, **members}


def filled(count: int, account: str = ME, **bounds: int) -> Stored:
    stored = Stored(**{"limit_entries": 1_000, "limit_bytes": 10_000_000, **bounds})
    for number in range(count):
        stored.keep(account, asked(metadata={"even": str(number % 2 == 0)}), reply(number), False)
    return stored


def numbers(page: dict[str, Any]) -> list[int]:
    return [int(item["id"][-29:]) for item in page["data"]]


def refusal(stored: Stored, method: str, *arguments: Any) -> ApiError:
    with pytest.raises(Refusal) as caught:
        getattr(stored, method)(*arguments)
    return caught.value.error


def all_pages(stored: Stored, query: bytes) -> list[list[int]]:
    """Page as the official clients do: from the last id on, until there is no more."""
    pages: list[list[int]] = []
    after = b""
    while len(pages) < 100:
        page = stored.listing(ME, query + after)
        assert check_document("stored_list", page) == ()
        pages.append(numbers(page))
        if not page["has_more"]:
            break
        after = b"&after=" + page["last_id"].encode()
    return pages


def test_an_account_sees_its_own_completions_only() -> None:
    stored = filled(2)
    stored.keep(OTHER, asked(), reply(7), False)

    assert (numbers(stored.listing(ME, b"")), numbers(stored.listing(OTHER, b""))) == ([0, 1], [7])
    assert refusal(stored, "get", OTHER, ident(0)).status == 404
    assert refusal(stored, "delete", OTHER, ident(0)).status == 404
    assert refusal(stored, "listing", OTHER, b"after=" + ident(0).encode()).param == "after"


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        (b"limit=3", [[0, 1, 2], [3, 4, 5], [6]]),
        (b"limit=3&order=desc", [[6, 5, 4], [3, 2, 1], [0]]),
        (b"limit=7", [[0, 1, 2, 3, 4, 5, 6]]),
        (b"limit=2&metadata[even]=True", [[0, 2], [4, 6]]),
        (b"limit=2&metadata[even]=True&order=desc", [[6, 4], [2, 0]]),
        (b"limit=2&metadata[even]=True&metadata[x]=y", [[]]),
        (b"limit=5&model=gpt-4o", [[0, 1, 2, 3, 4], [5, 6]]),
        (b"limit=5&model=gpt-4o-2024-08-06", [[0, 1, 2, 3, 4], [5, 6]]),
        (b"limit=5&model=gpt-4", [[]]),
    ],
)
def test_pages_follow_one_another_and_filters_hold(query: bytes, pages: list[list[int]]) -> None:
    assert all_pages(filled(7), query) == pages


def test_twenty_is_a_page_where_none_is_named() -> None:
    page = filled(21).listing(ME, b"")

    assert (numbers(page), page["has_more"]) == (list(range(20)), True)


@pytest.mark.parametrize("order", [b"asc", b"desc"])
def test_whoever_deletes_while_paging_goes_on_from_there(order: bytes) -> None:
    stored = filled(10)

    seen, after = [], b""
    for _ in range(4):
        page = stored.listing(ME, b"limit=3&order=" + order + after)
        for item in page["data"]:
            stored.delete(ME, item["id"])
        seen += numbers(page)
        after = b"&after=" + page["last_id"].encode()

    assert sorted(seen) == list(range(10))
    assert stored.listing(ME, b"")["data"] == []


def test_an_unknown_cursor_is_refused() -> None:
    error = refusal(filled(1), "listing", ME, b"after=chatcmpl-x")

    assert (error.status, error.param, error.code) == (400, "after", "invalid_value")


def test_an_empty_list_has_no_ids() -> None:
    page = filled(0).listing(ME, b"")

    assert (page["data"], page["first_id"], page["last_id"], page["has_more"]) == ([], None, None, False)


def test_a_completion_is_fetched_as_it_is_listed() -> None:
    stored = filled(3)

    assert stored.get(ME, ident(1)) == stored.listing(ME, b"")["data"][1]


@pytest.mark.parametrize("method", ["get", "delete"])
def test_an_unknown_id_is_a_404(method: str) -> None:
    error = refusal(filled(1), method, ME, "chatcmpl-x")

    assert (error.status, error.type, error.param, error.code) == (404, "invalid_request_error", None, None)
    assert error.message == "Chat completion with id 'chatcmpl-x' not found."


def test_a_deleted_completion_is_gone() -> None:
    stored = filled(2)

    receipt = stored.delete(ME, ident(0))

    assert receipt == {"object": "chat.completion.deleted", "id": ident(0), "deleted": True}
    assert check_document("deleted", receipt) == ()
    assert numbers(stored.listing(ME, b"")) == [1]
    for method, more in (("get", ()), ("delete", ()), ("update", ({"metadata": {}},)), ("messages", (b"",))):
        assert refusal(stored, method, ME, ident(0), *more).status == 404


def test_an_update_replaces_the_metadata_and_nothing_else() -> None:
    stored = filled(1)
    before = stored.get(ME, ident(0))

    updated = stored.update(ME, ident(0), {"metadata": {"topic": "haiku"}})

    assert updated == {**before, "metadata": {"topic": "haiku"}} == stored.get(ME, ident(0))
    assert numbers(stored.listing(ME, b"metadata[topic]=haiku")) == [0]
    assert numbers(stored.listing(ME, b"metadata[even]=True")) == []


def test_null_takes_the_metadata_away() -> None:
    assert filled(1).update(ME, ident(0), {"metadata": None})["metadata"] == {}


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({}, "metadata", "missing_required_parameter"),
        ({"metadata": {}, "temperature": 1}, "temperature", "unknown_parameter"),
        ({"metadata": "x"}, "metadata", "invalid_type"),
        ({"metadata": {"a": 1}}, "metadata.a", "invalid_type"),
        ({"metadata": {"a": "x" * 513}}, "metadata.a", "string_above_max_length"),
        ({"metadata": {"k" * 65: "x"}}, "metadata." + "k" * 65, "property_name_above_max_length"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata", "object_above_max_properties"),
    ],
)
def test_an_update_is_refused_as_a_request_would_be(body: dict[str, Any], param: str, code: str) -> None:
    stored = filled(1)

    error = refusal(stored, "update", ME, ident(0), body)

    assert (error.status, error.param, error.code) == (400, param, code)
    assert stored.get(ME, ident(0))["metadata"] == {"even": "True"}


@pytest.mark.parametrize(
    ("query", "ns", "has_more"),
    [
        (b"", [0, 1, 2, 3, 4], False),
        (b"limit=2", [0, 1], True),
        (b"limit=2&after={id}-1", [2, 3], True),
        (b"limit=2&after={id}-3", [4], False),
        (b"order=desc&limit=2&after={id}-3", [2, 1], True),
    ],
)
def test_messages_are_paged(query: bytes, ns: list[int], has_more: bool) -> None:
    stored = filled(0)
    messages = [{"role": "user", "content": str(n)} for n in range(5)]
    stored.keep(ME, asked(messages=messages), reply(3), False)

    page = stored.messages(ME, ident(3), query.replace(b"{id}", ident(3).encode()))

    assert [item["id"] for item in page["data"]] == [f"{ident(3)}-{n}" for n in ns]
    assert page["has_more"] == has_more
    assert check_document("message_list", page) == ()


def test_an_unknown_message_is_no_cursor() -> None:
    assert refusal(filled(1), "messages", ME, ident(0), b"after=x").param == "after"


def test_the_oldest_go_when_there_are_too_many() -> None:
    assert numbers(filled(9, limit_entries=3).listing(ME, b"")) == [6, 7, 8]


def test_the_oldest_go_when_they_are_too_large() -> None:
    one = len(reply(0)) + 120

    stored = filled(50, limit_bytes=one * 4)

    kept = numbers(stored.listing(ME, b""))
    assert kept
    assert kept == list(range(50 - len(kept), 50))
    assert len(kept) <= 6


def test_what_is_larger_than_everything_is_not_kept_and_drives_nothing_out() -> None:
    stored = filled(2, limit_bytes=5_000)

    stored.keep(ME, asked(messages=[{"role": "user", "content": "x" * 6_000}]), reply(9), False)

    assert numbers(stored.listing(ME, b"")) == [0, 1]


@pytest.mark.parametrize(
    ("none", "streamed"),
    [
        (b"<html>", False),
        (b'{"id": "a", "error": {}}', False),
        (b'data: {"id": "a"}\n\ndata: {oops\n\n', True),
    ],
)
def test_what_is_no_completion_is_forgotten(none: bytes, streamed: bool) -> None:
    stored = filled(1)
    stored.keep(ME, asked(), none, streamed)

    assert refusal(stored, "get", ME, "a").status == 404
    assert numbers(stored.listing(ME, b"")) == [0]
    assert numbers(stored.listing(ME, b"")) == [0]


def test_of_one_id_the_newest_counts() -> None:
    stored = filled(3)
    stored.keep(ME, asked(metadata={"again": "yes"}), reply(1), False)

    assert numbers(stored.listing(ME, b"")) == [0, 2, 1]
    assert stored.get(ME, ident(1))["metadata"] == {"again": "yes"}


def test_what_is_given_away_is_not_the_memory() -> None:
    stored = filled(1)

    stored.get(ME, ident(0))["metadata"] = {"changed": "outside"}

    assert stored.get(ME, ident(0))["metadata"] == {"even": "True"}


def test_threads_may_keep_and_read_at_once() -> None:
    stored = filled(0, limit_entries=20)
    broken: list[Exception] = []

    def work(start: int) -> None:
        try:
            for number in range(start, start + 50):
                stored.keep(ME, asked(), reply(number), False)
                stored.listing(ME, b"limit=5")
        except Exception as error:
            broken.append(error)

    threads = [Thread(target=work, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert broken == []
    assert len(stored.listing(ME, b"limit=100")["data"]) == 20


@pytest.mark.parametrize("bounds", [{"limit_entries": 0}, {"limit_bytes": 0}])
def test_a_bound_is_at_least_one(bounds: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected 1 or more"):
        filled(0, **bounds)
