"""ToAPIs, row by row as FACTS K documents it: what is read, judged and answered.

Each row is named by its topic; FACTS itself is not part of this repository.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

from understudy.contracts import check_completion, check_exchange, check_stream
from understudy.contracts.profiles.loading import profile
from understudy.contracts.profiles.profile import Field, Profile

Ask: TypeAlias = Callable[..., Any]

TOAPIS = profile("toapis")
ASK = {"role": "user", "content": "Extract the dollar amounts from this invoice."}
SOUND: dict[str, Any] = {"model": "gpt-5-4-mini", "messages": [ASK]}
TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}


def field(known: Profile, name: str) -> Field:
    return next(one for one in known.fields if one.name == name)


def k_endpoint(ask: Ask) -> None:
    assert TOAPIS.base_url == ""
    assert "Authorization: Bearer, required" in TOAPIS.notes["endpoint"]
    assert ask("toapis", key=False).error["type"] == "authentication_error"


def k_meta(ask: Ask) -> None:
    prices = TOAPIS.prices("gpt-5-4-mini")
    assert prices is not None
    assert (prices.input, prices.output) == (Decimal("0.15"), Decimal("0.90"))
    assert "2026-05-02" in TOAPIS.source


def k_fields(ask: Ask) -> None:
    table = {
        one.name: (one.types, one.required, one.default, one.minimum, one.maximum, one.max_items)
        for one in TOAPIS.fields
        if one.types
    }
    assert table == {
        "model": (("string",), True, "gpt-5-4-mini", None, None, None),
        "messages": (("array",), True, None, None, None, None),
        "max_tokens": (("integer",), False, None, 1, None, None),
        "stream": (("boolean",), False, False, None, None, None),
        "temperature": (("number",), False, 1, 0, 2, None),
        "top_p": (("number",), False, 1, 0, 1, None),
        "stop": (("string", "array"), False, None, None, None, 4),
    }
    assert TOAPIS.roles == ("system", "user", "assistant")
    assert ask("toapis", {"stop": list("abcde")}).error["param"] == "stop"
    assert ask("toapis", {"messages": [{"role": "developer", "content": "x"}]}).status == 400


def k_mentioned(ask: Ask) -> None:
    assert (field(TOAPIS, "tools").types, field(TOAPIS, "tool_choice").types) == ((), ())
    said = ask("toapis", {"tools": [TOOL], "tool_choice": "required"})
    assert said.json["choices"][0]["finish_reason"] == "tool_calls"


def k_errors(ask: Ask) -> None:
    types = {status: TOAPIS.error(status).type for status in (400, 401, 429)}
    assert types == {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}
    assert {one.when for one in TOAPIS.error(429).variants} == {
        "too many requests",
        "too many at once",
        "the quota is spent",
    }
    (advice,) = TOAPIS.retry
    assert (advice.statuses, advice.waits, advice.jitter) == (("429",), (1, 2, 4), True)
    assert ask("toapis", {"max_tokens": 0}).error["type"] == "invalid_request_error"
    assert ask("toapis", credit=Decimal(0)).error["type"] == "rate_limit_error"


def k_streaming(ask: Ask) -> None:
    assert ask("toapis", {"stream": True}).chunks[-1]["choices"][0]["finish_reason"] == "stop"
    whole = ask("toapis").json
    assert whole["choices"][0]["finish_reason"] == "stop"
    assert whole["usage"]["total_tokens"] > 0


def k_not_documented(ask: Ask) -> None:
    assert set(TOAPIS.errors) == {"400", "401", "429"}
    assert all(one.billed is None for one in TOAPIS.errors.values())
    assert (TOAPIS.model("gpt-5-4-mini").context, TOAPIS.model("gpt-5-4-mini").output) == (None, None)
    assert not {"vision", "prompt_caching"} & set(TOAPIS.model("gpt-5-4-mini").capabilities)
    assert TOAPIS.reply == {}
    for name in ("response_format", "stream_options"):
        assert name not in [one.name for one in TOAPIS.fields]


ROWS: Mapping[str, Callable[[Ask], None]] = {
    "endpoint / auth": k_endpoint,
    "meta": k_meta,
    "fields": k_fields,
    "mentioned without a parameter table": k_mentioned,
    "errors": k_errors,
    "streaming": k_streaming,
    "not documented": k_not_documented,
}


@pytest.mark.parametrize("row", [pytest.param(row, id=topic) for topic, row in ROWS.items()])
def test_a_documented_row_holds(row: Callable[[Ask], None], ask: Ask) -> None:
    row(ask)


def test_no_row_is_left_out(topics: Callable[[str], list[str]]) -> None:
    assert topics("K") == list(ROWS)


def test_what_it_answers_passes_its_contract(ask: Ask) -> None:
    asked = {**SOUND, "stream": True, "stream_options": {"include_usage": True}}
    events, whole = ask("toapis", asked), ask("toapis").json

    found = check_stream(events.body, profile="toapis") + check_completion(whole, profile=TOAPIS)
    found += check_exchange(asked, events.chunks, profile="toapis") + check_exchange(
        SOUND, whole, profile=TOAPIS
    )
    assert [one for one in found if one.tier == "error"] == []
