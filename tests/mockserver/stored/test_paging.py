"""What a list can be asked, and how its pages are cut."""

from __future__ import annotations

import pytest

from understudy.mockserver.errors import Refusal
from understudy.mockserver.stored.paging import LARGEST_LIMIT, LIMIT, Query, page, read_query


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        (b"", Query()),
        (b"after=chatcmpl-1", Query(after="chatcmpl-1")),
        (b"limit=1", Query(limit=1)),
        (b"limit=100", Query(limit=LARGEST_LIMIT)),
        (b"order=asc", Query()),
        (b"order=desc", Query(descending=True)),
        (b"model=gpt-4o", Query(model="gpt-4o")),
        (b"metadata[team]=a", Query(metadata={"team": "a"})),
        (b"metadata%5Ba+b%5D=c%26d&metadata[x]=", Query(metadata={"a b": "c&d", "x": ""})),
        (b"metadata[%E6%9D%B1]=%F0%9F%95%B0", Query(metadata={"東": "🕰"})),
        (b"metadata[a][b]=c", Query(metadata={"a][b": "c"})),
        (b"limit=2&limit=3&after=a&order=desc", Query(after="a", limit=3, descending=True)),
    ],
)
def test_a_query_is_read(query: bytes, asked: Query) -> None:
    assert read_query(query) == asked


def test_the_defaults_are_the_documented_ones() -> None:
    assert (LIMIT, LARGEST_LIMIT, Query().descending) == (20, 100, False)


@pytest.mark.parametrize(
    ("query", "param", "code", "message"),
    [
        (b"limit=0", "limit", "integer_below_min_value",
         "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead."),
        (b"limit=101", "limit", "integer_above_max_value",
         "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead."),
        (b"limit=many", "limit", "invalid_type",
         "Invalid type for 'limit': expected an integer, but got a string instead."),
        (b"limit=", "limit", "invalid_type",
         "Invalid type for 'limit': expected an integer, but got a string instead."),
        (b"limit=%D9%A3", "limit", "invalid_type",
         "Invalid type for 'limit': expected an integer, but got a string instead."),
        (b"limit=" + b"9" * 5000, "limit", "invalid_type",
         "Invalid type for 'limit': expected an integer, but got a string instead."),
        (b"order=up", "order", "invalid_value",
         "Invalid value: 'up'. Supported values are: 'asc' and 'desc'."),
        (b"before=x", "before", "unknown_parameter", "Unknown parameter: 'before'."),
        (b"metadata=x", "metadata", "unknown_parameter", "Unknown parameter: 'metadata'."),
        (b"a=1&" * 100, None, "invalid_value", "The query has too many parameters: at most 64 are read."),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_in_the_words_of_the_api(
    query: bytes, param: str | None, code: str, message: str
) -> None:
    with pytest.raises(Refusal) as caught:
        read_query(query)

    error = caught.value.error
    assert (error.status, error.param, error.code, error.message) == (400, param, code, message)


@pytest.mark.parametrize("query", [b"model=gpt-4o", b"metadata[a]=b"])
def test_messages_cannot_be_filtered(query: bytes) -> None:
    with pytest.raises(Refusal, match="Unknown parameter"):
        read_query(query, filtered=False)


@pytest.mark.parametrize(
    ("there", "limit", "ids", "has_more"),
    [(0, 2, [], False), (1, 2, ["0"], False), (2, 2, ["0", "1"], False), (3, 2, ["0", "1"], True)],
)
def test_a_page_says_whether_there_is_more(there: int, limit: int, ids: list[str], has_more: bool) -> None:
    cut = page(({"id": str(number)} for number in range(there)), limit)

    assert list(cut) == ["object", "data", "first_id", "last_id", "has_more"]
    assert [item["id"] for item in cut["data"]] == ids
    assert (cut["first_id"], cut["last_id"]) == ((ids or [None])[0], (ids or [None])[-1])
    assert (cut["object"], cut["has_more"]) == ("list", has_more)
