"""What is served beside chat completions, through the engine, as a client asks for it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from understudy.mockserver.build import build
from understudy.mockserver.engine import Engine
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Head, Request, Send

NOW = 1_700_000_000.0
CHAT = "/v1/chat/completions"
GOOD = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}


def ask(
    made: Engine, method: str, path: str, body: Any = None, key: str = "sk-one", query: str = ""
) -> tuple[int, Any]:
    data = b"" if body is None else json.dumps(body).encode()
    headers = [(b"authorization", f"Bearer {key}".encode())] if key else []
    head, *rest = made.handle(Request(method, path, headers, data, query.encode()), NOW).steps
    assert isinstance(head, Head)
    return head.status, json.loads(b"".join(step.data for step in rest if isinstance(step, Send)))


def test_the_ledger_counts_what_chat_was_asked_and_nothing_else() -> None:
    made = build(Settings())
    ask(made, "GET", "/v1/models")
    ask(made, "POST", CHAT, {**GOOD, "temperature": 99})
    ask(made, "POST", CHAT, GOOD, key="")

    assert made.ledger.document(Settings().api.prices)["total"]["requests"] == 2


@pytest.mark.parametrize(
    ("profile", "status", "code"), [("openai", 429, "insufficient_quota"), ("bytespike", 402, None)]
)
def test_a_credit_runs_out_for_its_key_alone(profile: str, status: int, code: str | None) -> None:
    made = build(Settings(profile=_priced(profile), credit=Decimal("0.000001")))
    model = {**GOOD, "model": "gpt-5-4-mini" if profile == "bytespike" else "gpt-4o-mini"}

    first, _ = ask(made, "POST", CHAT, model)
    second, refusal = ask(made, "POST", CHAT, model)
    other, _ = ask(made, "POST", CHAT, model, key="sk-two")

    assert (first, second, other) == (200, status, 200)
    if code:
        assert (refusal["error"]["type"], refusal["error"]["code"]) == (code, code)


def test_keys_that_are_not_ours_fill_no_book() -> None:
    made = build(Settings(api_keys=("sk-ours",)))
    for number in range(1_100):
        ask(made, "POST", CHAT, GOOD, key=f"sk-guess-{number}")
    ask(made, "POST", CHAT, GOOD, key="sk-ours")

    books = made.ledger.by_account()
    assert {key: sums.requests for key, sums in books.items()} == {"not admitted": 1_100, "sk-ours": 1}


def test_a_spent_credit_ends_chat_and_nothing_else() -> None:
    made = build(Settings(credit=Decimal(0)))

    assert ask(made, "POST", CHAT, GOOD)[0] == 429
    assert ask(made, "GET", "/v1/models")[0] == 200


def _priced(name: str) -> Any:
    """Return the profile *name* with a price for every model, where its page gives none."""
    from dataclasses import replace

    from understudy.contracts.profiles.loading import profile
    from understudy.contracts.profiles.profile import Model, Prices

    cheap = Model("*", prices=Prices(Decimal(1), Decimal(1)))
    return replace(profile(name), models=(cheap,))


def test_what_was_stored_is_listed_for_its_key_alone() -> None:
    made = build(Settings())
    _, completion = ask(made, "POST", CHAT, {**GOOD, "store": True})
    ask(made, "POST", CHAT, GOOD)

    _, mine = ask(made, "GET", CHAT)
    _, others = ask(made, "GET", CHAT, key="sk-two")

    assert [one["id"] for one in mine["data"]] == [completion["id"]]
    assert others["data"] == []


def test_a_stored_completion_is_read_changed_and_deleted() -> None:
    made = build(Settings())
    _, completion = ask(made, "POST", CHAT, {**GOOD, "store": True, "metadata": {"a": "1"}})
    path = f"{CHAT}/{completion['id']}"

    assert ask(made, "GET", path)[1]["metadata"] == {"a": "1"}
    assert ask(made, "POST", path, {"metadata": {"b": "2"}})[1]["metadata"] == {"b": "2"}
    assert ask(made, "GET", path + "/messages")[1]["data"][0]["content"] == "hi"
    assert ask(made, "GET", path + "/messages", query="limit=0")[0] == 400
    assert ask(made, "DELETE", path)[1]["deleted"] is True
    assert ask(made, "GET", path)[0] == 404


def test_a_key_is_needed_for_what_is_stored() -> None:
    assert ask(build(Settings()), "GET", CHAT, key="")[0] == 401


def test_a_completion_that_is_not_there_is_no_complaint() -> None:
    made = build(Settings())

    assert ask(made, "GET", CHAT + "/chatcmpl-none")[0] == 404
    assert made.journal.complaints() == ()


def test_models_are_those_the_server_is_restricted_to_else_those_of_the_profile() -> None:
    restricted = ask(build(Settings(models=("a", "b"))), "GET", "/v1/models")[1]
    gateway = ask(build(Settings(profile="toapis")), "GET", "/v1/models")[1]

    assert [model["id"] for model in restricted["data"]] == ["a", "b"]
    assert [model["id"] for model in gateway["data"]] == ["gpt-5-4-mini"]


def test_azure_names_the_model_in_the_path() -> None:
    made = build(Settings())
    body = {"messages": GOOD["messages"]}
    path = "/openai/deployments/gpt-4o-mini/chat/completions"

    status, completion = ask(made, "POST", path, body, query="api-version=2024-10-21")

    assert (status, completion["model"]) == (200, "gpt-4o-mini-2024-07-18")
