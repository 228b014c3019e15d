"""A request is read, admitted and looked up before anything is decided about its answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.mockserver.build import build
from understudy.mockserver.faults.rules import fail
from understudy.mockserver.reception import Planned, needs_of
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request

CHAT = "/v1/chat/completions"
GOOD = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}).encode()


def planned(path: str = CHAT, headers: Any = (), method: str = "POST", **known: Any) -> Planned:
    engine = build(Settings(**known))
    return engine._reception.plan(Request(method, path, list(headers), GOOD))


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ((b"authorization", b"Bearer sk-one"), "sk-one"),
        ((b"authorization", b"bearer  sk-one "), "sk-one"),
        ((b"api-key", b"sk-one"), "sk-one"),
    ],
)
def test_the_key_is_read_and_not_kept(header: tuple[bytes, bytes], key: str) -> None:
    found = planned(headers=[header, (b"cookie", b"sk-one"), (b"x-other", b"kept")])

    assert found.key == key
    assert found.request.headers == [(b"x-other", b"kept")]


@pytest.mark.parametrize(
    "headers", [[], [(b"authorization", b"Basic sk-one")], [(b"authorization", b"Bearer")]]
)
def test_who_brings_no_key_is_no_account(headers: Any) -> None:
    found = planned(headers=headers)

    assert (found.plan.status, found.key) == (401, "not admitted")  # type: ignore[union-attr]


def test_only_chat_is_accounted() -> None:
    key = (b"authorization", b"Bearer sk-one")

    assert planned(headers=[key]).chat
    assert not planned("/v1/models", [key], "GET").chat
    assert planned("/v1/models", [key], "GET").key == "sk-one"


def test_pages_of_another_origin_are_told_apart() -> None:
    assert planned(headers=[(b"origin", b"https://example.org")]).crossing
    assert not planned().crossing


def test_a_reception_that_is_disturbed_is_another_one() -> None:
    engine = build(Settings())
    before = engine._reception

    engine.disturb(Settings(faults=(fail(503),)))

    assert before.disturbances is None
    assert engine._reception.disturbances is not None
    assert (before.settings.faults, len(engine.settings.faults)) == ((), 1)


def test_equal_requests_need_the_same() -> None:
    one, other = (Request("GET", "/v1/models", [(b"a", value)]) for value in (b"1", b"2"))

    assert needs_of(one) == needs_of(other)
    assert needs_of(one) != needs_of(one._replace(query=b"limit=1"))


@pytest.mark.parametrize(
    ("keys", "given", "known"), [((), "", True), (("sk-a",), "sk-a", True), (("sk-a",), "", False)]
)
def test_who_is_known_is_said_without_a_plan(keys: tuple[str, ...], given: str, known: bool) -> None:
    headers = [(b"authorization", f"Bearer {given}".encode())] if given else []

    assert build(Settings(api_keys=keys)).admits(Request("POST", CHAT, headers, GOOD)) is known
