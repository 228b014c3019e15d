"""Every error that has a name, and statuses that have none, at every door: what the official client raises,
whether it tries again, and how long it waits first (FACTS D.2, F.1, F.2)."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from understudy.mockserver.faults.error_words import NAMED, Named, Page, Rate
from understudy.mockserver.faults.rules import fault
from understudy.mockserver.settings import Settings

pytestmark = pytest.mark.skipif(
    tuple(map(int, openai.__version__.split(".")[:2])) < (3, 14), reason="older clients do otherwise"
)

ASKED: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
CLASSES: dict[int, type[openai.APIStatusError]] = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
}
BARE = [405, 406, 410, 418, 425, 451, 501, 505, 599]  # statuses without a name


def tried_again(status: int) -> bool:
    return status in (408, 409, 429) or status >= 500


def class_of(status: int) -> type[openai.APIStatusError]:
    return CLASSES.get(status, openai.InternalServerError if status >= 500 else openai.APIStatusError)


def code_and_type(named: Named) -> tuple[Any, Any]:
    """Return what the body says of itself, as the client reads it: of a page that is no JSON, nothing."""
    if isinstance(named, Rate):
        return "rate_limit_exceeded", named.measure
    if not isinstance(named, Page):
        return named.code, named.type
    found = json.loads(named.body) if named.kind.startswith("application/json") else {}
    inner = found.get("error", found)
    return inner.get("code"), inner.get("type")


def usual(name: str) -> tuple[float, float]:
    """Return between what the wait before the second try lies, in seconds."""
    told = {"rate_limit": 0.12, "tokens_limit": 0.12, "rate_limit_daily": 8.64, "tokens_limit_daily": 8.64}
    return (told[name], told[name]) if name in told else (0.375, 0.5)


@pytest.mark.parametrize("way", ["json", "stream"])
@pytest.mark.parametrize("name", NAMED)
def test_an_error_by_name(name: str, way: str, door: Any, doors: Any) -> None:
    named = NAMED[name]

    lived = doors.ask(door, Settings(faults=(fault(name),)), way, ASKED, 1, 30.0)

    error = lived.error
    assert type(error) is class_of(named.status)
    assert (error.status_code, error.code, error.type) == (named.status, *code_and_type(named))
    assert len(lived.entries) == 1 + tried_again(named.status)
    assert len(lived.waits) == len(lived.entries) - 1
    assert all(usual(name)[0] <= wait <= usual(name)[1] for wait in lived.waits)
    assert {(one.fault, one.status, one.outcome) for one in lived.entries} == {(name, named.status, "sent")}


@pytest.mark.parametrize("status", BARE)
def test_a_status_without_a_name(status: int, door: Any, doors: Any) -> None:
    lived = doors.ask(door, Settings(faults=(fault(status),)), "json", ASKED, 1, 30.0)

    assert type(lived.error) is class_of(status)
    assert lived.error.status_code == status
    assert len(lived.entries) == 1 + tried_again(status)


@pytest.mark.parametrize(
    ("spec", "waits"),
    [
        ({"retry_after": 20}, (20.0,)),
        ({"retry_after": 20, "retry_after_ms": 150}, (0.15,)),
        ({"retry_after": 120}, (120.0,)),
        ({"retry_after": 121}, ()),
        ({"retry_after": 121, "should_retry": True}, ()),
        ({"should_retry": False}, ()),
    ],
    ids=str,
)
def test_the_client_follows_what_it_is_told(
    spec: dict[str, Any], waits: tuple[float, ...], door: Any, doors: Any
) -> None:
    lived = doors.ask(door, Settings(faults=(fault("rate_limit", **spec),)), "json", ASKED, 1, 30.0)

    assert lived.waits == waits
    assert len(lived.entries) == 1 + len(waits)


@pytest.mark.parametrize("name", ["rate_limit", "server_error", "gateway_html_502"])
def test_after_an_error_the_retry_finds_the_answer(name: str, door: Any, doors: Any) -> None:
    lived = doors.ask(door, Settings(faults=(fault(name, times=2),)), "json", ASKED, 2, 30.0)

    assert lived.error is None
    assert [entry.fault for entry in lived.entries] == [name, name, ""]
    assert lived.entries[-1].status == 200
