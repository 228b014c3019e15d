"""Errors that the server does not make by itself, row by row (FACTS B.4, C.1, D.2, E.2): each can be had."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from understudy.contracts import chunks_of
from understudy.mockserver.build import build
from understudy.mockserver.chat import ChatRequest, Verbatim
from understudy.mockserver.scripts.answer import Said
from understudy.mockserver.scripts.script import Script
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Head, Request, Send

QUESTION = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
QUOTA = "You exceeded your current quota, please check your plan and billing details."
CUT = {
    "message": "The server had an error while processing your request.",
    "type": "server_error",
    "param": None,
    "code": None,
}


class Result(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["error"]
        return found


def ask(script: Script, settings: Settings | None = None, **members: Any) -> Result:
    engine = build(settings or Settings(), scripts=script.scripts)
    body = json.dumps({**QUESTION, **members}).encode()
    request = Request("POST", "/v1/chat/completions", [(b"authorization", b"Bearer sk-any")], body)
    head, *rest = engine.handle(request, 1e9).steps
    assert isinstance(head, Head)
    headers = {name.decode(): value.decode() for name, value in head.headers}
    return Result(head.status, headers, b"".join(step.data for step in rest if isinstance(step, Send)))


def failing(status: int, message: str | None = None, **rest: Any) -> Result:
    return ask(Script().fail(status, message, **rest))


# row of D.2 -> status, type, code, message, headers
SCRIPTED: dict[str, tuple[int, str, str | None, str, dict[str, str]]] = {
    "401 no org / IP": (401, "invalid_request_error", None, "You must be a member of an organization to use the API", {}),
    "402": (402, "insufficient_balance", None, "Insufficient Balance", {}),
    "403 region": (403, "request_forbidden", "unsupported_country_region_territory", "Country, region, or territory not supported", {}),
    "403 model": (403, "invalid_request_error", "model_not_found", "Project `proj_1` does not have access to model `gpt-5`", {}),
    "408": (408, "server_error", None, "timed out", {}),
    "409": (409, "server_error", None, "locked", {}),
    "415": (415, "invalid_request_error", None, "no JSON", {}),
    "422": (422, "invalid_request_error", None, "unprocessable", {}),
    "429 rate": (
        429, "tokens", "rate_limit_exceeded", "Rate limit reached for gpt-4o-mini", {"retry-after": "46", "retry-after-ms": "45175"},
    ),
    "429 too large": (429, "tokens", "rate_limit_exceeded", "Request too large for gpt-4o", {}),
    "429 quota": (429, "insufficient_quota", "insufficient_quota", QUOTA, {}),
    "429 slow down": (429, "rate_limit_error", "slow_down", "slow down", {"retry-after": "1"}),
    "429 flex": (429, "requests", "resource_unavailable", "no capacity", {}),
    "499": (499, "invalid_request_error", None, "client closed request", {}),
    "500": (500, "server_error", None, "The server had an error", {"x-should-retry": "false"}),
    "503": (503, "service_unavailable_error", "server_is_overloaded", "Our servers are currently overloaded.", {}),
    "529": (529, "overloaded_error", None, "Overloaded", {"x-should-retry": "true"}),
}  # fmt: skip


@pytest.mark.parametrize("row", SCRIPTED)
def test_any_error_can_be_scripted(row: str) -> None:
    status, kind, code, message, headers = SCRIPTED[row]

    result = failing(status, message, type=kind, code=code, headers=headers)

    assert (result.status, result.error) == (
        status, {"message": message, "type": kind, "param": None, "code": code},
    )  # fmt: skip
    assert {name: result.headers[name] for name in headers} == headers
    assert result.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (403, "request_forbidden", "unsupported_country_region_territory"),
        (429, "requests", "rate_limit_exceeded"),
        (500, "server_error", None),
        (503, "service_unavailable_error", "server_is_overloaded"),
    ],
)
def test_what_is_left_out_of_it_is_as_documented(status: int, kind: str, code: str | None) -> None:
    error = failing(status).error

    assert (error["type"], error["code"]) == (kind, code)
    assert error["message"]


@pytest.mark.parametrize("status", [502, 504, 520, 524])
def test_a_page_can_be_the_answer(status: int) -> None:
    page = b"<html><body>Bad Gateway, cloudflare</body></html>"

    def answer(chat: ChatRequest) -> Verbatim:
        return Verbatim(status, (("content-type", "text/html"),), page)

    result = ask(Script().reply(answer))

    assert (result.status, result.headers["content-type"], result.body) == (status, "text/html", page)


def test_spent_credit_is_the_documented_error() -> None:
    result = ask(Script().reply("hi"), Settings(credit=Decimal(0)))

    assert (result.status, result.error["type"]) == (429, "insufficient_quota")
    assert result.error["code"] in ("insufficient_quota", "credit_balance_exhausted")
    assert result.error["message"].startswith(QUOTA)
    assert "retry-after" not in result.headers


def test_an_error_can_come_in_the_middle_of_a_stream() -> None:
    first = chunks_of(ask(Script().reply("Hello there"), stream=True).body)[:2]
    sent = "".join(f"data: {json.dumps(one)}\n\n" for one in [*first, {"error": CUT}]).encode()

    def answer(chat: ChatRequest) -> Verbatim:
        return Verbatim(200, (("content-type", "text/event-stream; charset=utf-8"),), sent)

    result = ask(Script().reply(answer), stream=True)

    assert (result.status, result.body) == (200, sent)
    assert "content-length" not in result.headers


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_can_be_said_to_be_filtered(stream: bool) -> None:
    result = ask(Script().reply(Said(text="I", finish_reason="content_filter")), stream=stream)

    choice = (chunks_of(result.body)[-1] if stream else json.loads(result.body))["choices"][0]
    assert choice["finish_reason"] == "content_filter"
