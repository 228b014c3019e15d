"""The two gateways beyond their rows (tests/mockserver/gateways): served, able, limited, unbilled (FACTS J, K)."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from openai import OpenAI

from understudy.contracts.profiles.loading import profile
from understudy.contracts.profiles.profile import Prices
from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.engine import Engine
from understudy.mockserver.scripts.script import Script
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request

MODEL = "gpt-5-4-mini"
INVOICE = [{"role": "user", "content": "Extract the dollar amounts from this invoice."}]
TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "r", "schema": {"type": "object", "properties": {"a": {"type": "number"}}}},
}


@pytest.fixture(scope="module")
def bytespike() -> Engine:
    return build(Settings(profile="bytespike"))


def ask(engine: Engine, **members: Any) -> tuple[int, bytes]:
    body = json.dumps({"model": MODEL, "messages": INVOICE, **members}).encode()
    key = (b"authorization", b"Bearer sk-any")
    entry = engine.handle(Request("POST", "/v1/chat/completions", [key], body), 1e9).entry
    return entry.status, entry.reply


@pytest.mark.parametrize("name", ["bytespike", "toapis"])
def test_the_official_client_is_served_whole_and_as_a_stream(name: str) -> None:
    with (
        serving(App(build(Settings(profile=name)))) as url,
        OpenAI(base_url=url, api_key="sk-any", max_retries=0) as client,
    ):
        whole = client.chat.completions.create(model=MODEL, messages=INVOICE)
        chunks = list(client.chat.completions.create(model=MODEL, messages=INVOICE, stream=True))

    assert whole.choices[0].message.content
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    "members",
    [
        {"tools": [TOOL], "tool_choice": "required"},
        {"messages": [{"role": "user", "content": [PICTURE]}]},
        {"response_format": SCHEMA},
        {"stream": True},
    ],
    ids=["tool use", "vision", "structured output", "streaming"],
)
def test_bytespike_can_do_what_it_says(bytespike: Engine, members: dict[str, Any]) -> None:
    assert ask(bytespike, **members)[0] == 200


def test_bytespike_keeps_its_context(bytespike: Engine) -> None:
    status, body = ask(bytespike, messages=[{"role": "user", "content": "word " * 130_000}])

    assert (status, json.loads(body)["error"]["code"]) == (400, "context_length_exceeded")


@pytest.mark.parametrize("status", [400, 401, 402, 422, 429, 500, 503])
def test_no_error_of_bytespike_is_billed(status: int) -> None:
    engine = build(Settings(profile="bytespike"), scripts=Script().fail(status, "no").scripts)

    assert ask(engine)[0] == status
    assert [(row.status, row.billed) for row in engine.ledger.rows()] == [(status, False)]


def test_spent_credit_is_a_402_of_bytespike() -> None:
    documented = profile("bytespike")  # without a price: a credit needs one
    prices = Prices(input=Decimal(1), output=Decimal(2))
    priced = replace(documented, models=tuple(replace(model, prices=prices) for model in documented.models))

    assert ask(build(Settings(profile=priced, credit=Decimal(0))))[0] == 402
