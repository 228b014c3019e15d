"""One kept completion: read no sooner and no more often than it must be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.mockserver.stored.kept import Kept
from understudy.mockserver.stored.paging import Query

ASKED = {"model": "gpt-4o", "messages": [], "metadata": {"team": "a", "x": "y"}}
REPLY = {"id": "chatcmpl-1", "model": "gpt-4o-2024-08-06", "choices": [{"index": 0, "message": {}}]}


def kept(reply: Any = REPLY, asked: Any = ASKED) -> Kept:
    request = json.dumps(asked).encode()
    return Kept("sk-me", 5, request, json.dumps(reply).encode(), False, request_id="req_1", usage=None)


def test_its_name_is_known_before_it_is_read() -> None:
    one = kept()

    assert one.named()
    assert (one.id, one.model, one.document) == ("chatcmpl-1", "gpt-4o-2024-08-06", None)


def test_once_read_its_bytes_are_let_go_and_its_size_stays() -> None:
    one = kept()
    size = one.size

    assert one.read()
    assert one.document is not None
    assert (one.request, one.reply, one.size) == (b"", b"", size)
    assert one.read()


@pytest.mark.parametrize("reply", [[], {"id": ""}, {"choices": [{}]}, {"id": "a", "choices": []}])
def test_what_is_no_completion_is_not_read(reply: Any) -> None:
    assert not kept(reply).read()


@pytest.mark.parametrize(
    "asked", [{"model": "m"}, {"model": "m", "metadata": None}, {"model": "m", "metadata": "odd"}]
)
def test_without_metadata_it_meets_none(asked: Any) -> None:
    one = kept(asked=asked)
    one.named()

    assert not one.fits(Query(metadata={"team": "a"}), None)
    assert one.fits(Query(), None)


@pytest.mark.parametrize("read", [False, True])
@pytest.mark.parametrize(
    ("query", "cursor", "fits"),
    [
        (Query(), None, True),
        (Query(), 4, True),
        (Query(), 5, False),
        (Query(descending=True), 6, True),
        (Query(descending=True), 5, False),
        (Query(model="gpt-4o"), None, True),
        (Query(model="gpt-4o-2024-08-06"), None, True),
        (Query(model="gpt-4"), None, False),
        (Query(metadata={"team": "a"}), None, True),
        (Query(metadata={"team": "a", "x": "y"}), None, True),
        (Query(metadata={"team": "b"}), None, False),
        (Query(metadata={"team": "a", "z": ""}), None, False),
    ],
)
def test_it_fits_a_query_read_or_not(query: Query, cursor: int | None, fits: bool, read: bool) -> None:
    one = kept()
    one.read() if read else one.named()

    assert one.fits(query, cursor) is fits
