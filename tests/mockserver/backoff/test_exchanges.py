"""Exchanges from the journal's entries and from its JSON; and the official client, seen retrying."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import openai
import pytest

from understudy.mockserver.app import App
from understudy.mockserver.backoff.advice import Advice
from understudy.mockserver.backoff.attempts import Call, backoff_of
from understudy.mockserver.backoff.exchanges import (
    Exchange,
    exchanges_of,
    fingerprint_of,
    members_of,
    read_exchanges,
)
from understudy.mockserver.chat import Answer, ChatRequest, Choice
from understudy.mockserver.engine import Engine
from understudy.mockserver.errors import ApiError, Refusal
from understudy.mockserver.journal import Entry
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Headers, RawHeaders, Request


@dataclass(frozen=True)
class Noted:
    """An entry, as the journal keeps it."""

    request: Request
    headers: RawHeaders = ()
    number: int = 0
    at: float = 10.0
    ended: float | None = 11.0
    status: int = 429
    key: str = "sk-1"
    model: str = "gpt-4o"
    outcome: str = "sent"


ASKED = Request("POST", "/v1/chat/completions", [(b"x-stainless-retry-count", b"1")], b"{}")


def test_an_entry_becomes_an_exchange() -> None:
    told = [(b"retry-after", b"2"), (b"x-should-retry", b"true")]

    (exchange,) = exchanges_of([Noted(ASKED, told)])

    assert exchange == Exchange(
        number=0, at=10.0, ended=11.0, fingerprint=fingerprint_of(ASKED), status=429, outcome="sent",
        key="sk-1", model="gpt-4o", retry_count=1, advice=Advice(2.0, "retry-after"), should_retry=True,
    )  # fmt: skip


def test_an_entry_in_json_is_the_same_exchange() -> None:
    entry = Noted(
        ASKED, [(b"retry-after-ms", b"5"), (b"set-cookie", b"secret"), (b"x-should-retry", b"false")]
    )
    known = {"number": 0, "at": 10.0, "status": 429, "outcome": "sent", "key": "sk-1", "model": "gpt-4o"}

    document = json.loads(json.dumps({**known, **members_of(entry)}))

    assert read_exchanges([document]) == exchanges_of([entry])
    assert document["headers"] == {"retry-after-ms": "5", "x-should-retry": "false"}


@pytest.mark.parametrize("count", [b"-1", b"one", b"", b"9" * 50, "١".encode()])
def test_a_count_that_is_none_is_none(count: bytes) -> None:
    (exchange,) = exchanges_of([Noted(ASKED._replace(headers=[(b"x-stainless-retry-count", count)]))])

    assert exchange.retry_count is None


def test_equal_requests_have_equal_fingerprints() -> None:
    others = [ASKED._replace(**{name: value}) for name, value in
              [("method", "GET"), ("path", "/v1/models"), ("query", b"a=1"), ("body", b"{ }")]]  # fmt: skip

    assert fingerprint_of(ASKED._replace(headers=())) == fingerprint_of(ASKED)
    assert len({fingerprint_of(one) for one in [ASKED, *others]}) == 5


@pytest.mark.parametrize(
    ("status", "outcome", "failed"),
    [(200, "sent", False), (200, "open", False), (200, "client left", True), (429, "sent", True)],
)
def test_a_failure_is_a_reason_to_ask_again(status: int, outcome: str, failed: bool) -> None:
    assert Exchange(0, 1.0, None, "f", status, outcome).failed is failed


DOCUMENT: Mapping[str, Any] = {"number": 3, "at": 1.5, "ended": None, "fingerprint": "f", "status": 429}


@pytest.mark.parametrize("headers", [{"Retry-After": "2"}, [["retry-after", "2"]]])
def test_json_becomes_an_exchange(headers: Any) -> None:
    (exchange,) = read_exchanges(
        [{**DOCUMENT, "headers": headers, "retry_count": 0, "model": None, "more": 1}]
    )

    assert exchange == Exchange(3, 1.5, None, "f", 429, retry_count=0, advice=Advice(2.0, "retry-after"))
    assert exchange.over == 1.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"at": "now"}, "entry 3 of the journal: at is str, expected int"),
        ({"status": True}, "entry 3 of the journal: status is bool, expected int"),
        ({"headers": 7}, "entry 3 of the journal: headers are neither an object nor a list of pairs"),
        ({"headers": ["x"]}, "entry 3 of the journal: headers are neither"),
    ],
)
def test_json_of_another_kind_is_refused(change: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_exchanges([{**DOCUMENT, **change}])


def test_json_without_a_member_is_refused() -> None:
    with pytest.raises(ValueError, match=r"entry \? of the journal has no number"):
        read_exchanges([{}])


class Failing:
    """A source that refuses with *errors*, one a request, then answers; and what came back, as entries."""

    def __init__(self, errors: list[Headers]) -> None:
        self.errors = errors
        self.noted: list[Noted] = []
        self._lock = Lock()
        self._refused: list[Headers] = []

    def __call__(self, chat: ChatRequest) -> Answer:
        with self._lock:
            told = self.errors.pop(0) if self.errors else None
            self._refused.append(told or ())
        if told is None:
            return Answer((Choice({"role": "assistant", "content": "yes", "refusal": None}),))
        raise Refusal(ApiError(429, "slow down", "requests", headers=told))

    def hear(self, entry: Entry) -> None:
        told = [(name.encode(), value.encode()) for name, value in self._refused[len(self.noted)]]
        self.noted.append(
            Noted(entry.request, told, entry.number, entry.at, entry.at, entry.status, outcome=entry.outcome)
        )


@pytest.fixture
def retried() -> Any:
    """Return a function: what the official client did about *errors*, as calls."""

    def calls(errors: list[Headers], **known: Any) -> tuple[Call, ...]:
        failing = Failing(errors)
        asked = len(errors) + 1
        with (
            serving(App(Engine(Settings(), lambda _: failing), log=failing.hear)) as url,
            openai.OpenAI(base_url=url, api_key="sk-1", timeout=20, **known) as client,
        ):
            messages: Any = [{"role": "user", "content": "hi"}]
            while failing.errors or not failing.noted or failing.noted[-1].status != 200:
                try:
                    client.chat.completions.create(model="gpt-4o", messages=messages)
                except openai.RateLimitError:
                    continue
                end = time.monotonic() + 20
                while len(failing.noted) < asked and time.monotonic() < end:
                    time.sleep(0.005)
        return backoff_of(exchanges_of(failing.noted))

    return calls


def test_the_official_client_honours_milliseconds(retried: Any) -> None:
    (call,) = retried([[("retry-after-ms", "150"), ("retry-after", "3")]] * 2)

    assert call.count == 3
    assert call.ending == "answered"
    assert [attempt.exchange.retry_count for attempt in call.attempts] == [0, 1, 2]
    assert {attempt.done for attempt in call.attempts[1:]} <= {"honoured", "late"}  # a slow machine is late
    assert call.attempts[1].advised == Advice(0.15, "retry-after-ms")


def test_the_official_client_backs_off_where_it_is_told_zero(retried: Any) -> None:
    (call,) = retried([[("retry-after", "0")], [("x-should-retry", "true")]])

    assert [attempt.done for attempt in call.attempts] == ["first", "backoff", "backoff"]
    assert call.attempts[1].gap >= 0.375  # FACTS F.1
    assert call.attempts[2].gap >= 0.75


def test_a_loop_of_ones_own_is_one_call(retried: Any) -> None:
    (call,) = retried([[("retry-after", "9")]] * 2, max_retries=0)

    assert [attempt.exchange.retry_count for attempt in call.attempts] == [0, 0, 0]
    assert [attempt.done for attempt in call.attempts] == ["first", "early", "early"]
