"""The journal over the admin API: pages, filters, bodies, masks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from understudy.contracts import Violation
from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.admin.exchanges import OUTCOMES, whole
from understudy.mockserver.controls import Controls
from understudy.mockserver.engine import Engine
from understudy.mockserver.journal import Entry
from understudy.mockserver.wire import Request

SECRET = "sk-proj-aaaabbbbccccdddd0001"
BROKEN = Violation("unknown_field", "warning", "$.nope", "what is nope", "FACTS A.7", advice="leave it out")
ROWS: list[dict[str, Any]] = [
    {"status": 200, "source": "generated", "model": "gpt-4o", "outcome": "sent"},
    {"status": 429, "source": "refused", "model": "gpt-4o-mini", "outcome": "sent"},
    {"status": 500, "source": "refused", "model": "o3", "outcome": "cut", "violations": (BROKEN,)},
    {"status": 503, "source": "scripted", "model": "gpt-4o", "outcome": "client left"},
    {"status": 200, "source": "scripted", "model": "gpt-4o", "outcome": "open"},
]


@pytest.fixture
def filled(admin: Any) -> Any:
    for number, row in enumerate(ROWS):
        admin.engine.journal.add(
            Entry(number, 100.0 + number, Request("POST", "/v1/chat/completions", []), **row)
        )
    return admin


def numbers(answered: tuple[int, Any]) -> list[int]:
    status, document = answered
    assert status == 200, document
    return [entry["number"] for entry in document["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("order=desc", [4, 3, 2, 1, 0]),
        ("after=2", [3, 4]),
        ("after=2&order=desc", [1, 0]),
        ("after=99", []),
        ("limit=2", [0, 1]),
        ("status=429", [1]),
        ("status=5xx", [2, 3]),
        ("status=429,5xx", [1, 2, 3]),
        ("model=gpt-4o", [0, 3, 4]),
        ("model=gpt-4o*", [0, 1, 3, 4]),
        ("source=scripted", [3, 4]),
        ("source=scripted,generated", [0, 3, 4]),
        ("outcome=cut,client%20left", [2, 3]),
        ("violations=true", [2]),
        ("violations=false", [0, 1, 3, 4]),
        ("violations=unknown_field", [2]),
        ("since=103", [3, 4]),
        ("since=102.5&status=200", [4]),
        ("after=0&limit=1&source=scripted", [3]),
    ],
)
def test_a_page_is_what_was_asked_for(filled: Any, query: str, expected: list[int]) -> None:
    assert numbers(filled("GET", "/journal", query=query)) == expected


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_follow_one_another(filled: Any, order: str) -> None:
    seen: list[int] = []
    query, more = f"limit=2&order={order}", True
    while more:
        _, page = filled("GET", "/journal", query=query)
        seen += [entry["number"] for entry in page["data"]]
        query, more = f"limit=2&order={order}&after={seen[-1]}", page["has_more"]

    assert seen == ([0, 1, 2, 3, 4] if order == "asc" else [4, 3, 2, 1, 0])


def test_what_was_entered_late_is_not_missed(admin: Any) -> None:
    for number in (0, 2, 1):
        admin.engine.journal.add(Entry(number, 100.0, Request("POST", "/", [])))

    assert numbers(admin("GET", "/journal", query="after=2")) == [1]


def test_where_the_last_one_seen_was_dropped_the_page_goes_on_behind_it(filled: Any) -> None:
    filled.engine.journal.entries = 2
    filled.engine.journal.add(Entry(5, 105.0, Request("POST", "/", [])))

    status, page = filled("GET", "/journal", query="after=1")

    assert numbers((status, page)) == [4, 5]
    assert page["dropped"] == 4


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("limit=0", "expected a whole number from 1 to 1000"),
        ("limit=many", "expected a whole number"),
        ("after=-1", "from 0"),
        ("since=nan", "expected a number"),
        ("since=inf", "expected a number"),
        ("order=down", "asc, desc"),
        ("outcome=broken", "client left"),
        ("status=20", "200, 429, 5xx"),
        ("limt=2", "nearest is 'limit'"),
        ("limit=1&limit=2", "stands twice"),
        ("&".join(f"a{n}=1" for n in range(200)), "more than 100"),
    ],
)
def test_a_wrong_question_is_told(filled: Any, query: str, told: str) -> None:
    status, refusal = filled("GET", "/journal", query=query)

    assert status == 400
    assert told in refusal["error"]["message"]


def test_one_exchange_has_its_bodies(admin: Any) -> None:
    admin.chat("Where is my order?")

    status, shown = admin("GET", "/journal/0")

    assert status == 200
    assert json.loads(shown["request"]["body"])["messages"][0]["content"] == "Where is my order?"
    assert json.loads(shown["reply"]["body"])["object"] == "chat.completion"
    assert (shown["outcome"], shown["source"], shown["model"]) == ("sent", "generated", "gpt-4o-mini")
    assert admin("GET", "/journal/1")[0] == 404
    assert admin("GET", "/journal/none")[0] == 404


def test_a_violation_is_told_with_its_advice(filled: Any) -> None:
    assert filled("GET", "/journal/2")[1]["violations"] == [
        {
            "rule": "unknown_field",
            "tier": "warning",
            "path": "$.nope",
            "message": "what is nope",
            "source": "FACTS A.7",
            "advice": "leave it out",
        }
    ]


def test_no_key_leaves_the_journal() -> None:
    headers = [(b"x-understudy-token", SECRET.encode()), (b"authorization", b"Bearer " + SECRET.encode())]
    request = Request(
        "POST", f"/v1/{SECRET}", headers, json.dumps({"a": SECRET}).encode(), f"api-key={SECRET}".encode()
    )
    told = dict.fromkeys(("model", "complaint", "note", "fault", "trace"), SECRET)
    broken = replace(BROKEN, message=SECRET)
    entry = Entry(0, 0.0, request, reply=SECRET.encode(), violations=(broken,), **told)  # type: ignore[arg-type]

    shown = json.dumps(whole(entry))

    assert "aaaabbbb" not in shown
    assert "trace" not in shown


def test_keys_of_the_server_leave_neither_journal_nor_ledger(
    admin: Any, make_engine: Callable[..., Engine]
) -> None:
    key = "not-like-one"
    desk = Desk(Controls(make_engine(api_keys=(key,))))
    asked = type(admin)(desk)
    asked.chat(f"My key is {key}.", headers=[(b"authorization", f"Bearer {key}".encode())], model=f"m-{key}")

    pages = [asked("GET", path) for path in ("/journal", "/journal/0", "/ledger")]

    assert [status for status, _ in pages] == [200, 200, 200]
    assert key not in json.dumps(pages)
    assert "My key is not-…." in pages[1][1]["request"]["body"]


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    shown = whole(Entry(0, 0.0, Request("POST", "/", [(b"a", b"\xff")], b"\xff\xfe", b"\xff"), reply=b"\xff"))

    assert json.loads(json.dumps(shown))["reply"]["body"] == "\ufffd"


def test_the_journal_is_cleared(filled: Any) -> None:
    assert filled("DELETE", "/journal") == (200, {"removed": 5})
    assert numbers(filled("GET", "/journal")) == []


def test_every_outcome_can_be_asked_for(filled: Any) -> None:
    assert {row["outcome"] for row in ROWS} <= set(OUTCOMES)
