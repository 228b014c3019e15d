"""BYTESPIKE, row by row as FACTS J documents it: what is read, judged and answered.

Each row is named by its topic; FACTS itself is not part of this repository.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest

from understudy.contracts import check_completion, check_exchange, check_stream
from understudy.contracts.profiles.loading import profile

Ask: TypeAlias = Callable[..., Any]

BYTESPIKE = profile("bytespike")
ASK = {"role": "user", "content": "Extract the dollar amounts from this invoice."}
SOUND: dict[str, Any] = {"model": "gpt-5-4-mini", "messages": [ASK]}
JSON = {"response_format": {"type": "json_object"}}


def j_endpoint(ask: Ask) -> None:
    assert (BYTESPIKE.base_url, BYTESPIKE.key_variable) == (
        "https://llm.bytespike.ai/v1",
        "BYTESPIKE_API_KEY",
    )
    assert "POST https://llm.bytespike.ai/v1/chat/completions" in BYTESPIKE.notes["endpoint"]
    assert ask("bytespike", key=False).status == 401


def j_vendor(ask: Ask) -> None:
    for words in ("OpenAI", "GPT-5-mini and GPT-5.4", "GPT-5.4-nano", "GPT-5.5"):
        assert words in BYTESPIKE.notes["model"]


def j_capabilities(ask: Ask) -> None:
    assert {"tools", "vision", "streaming", "structured_output"} <= set(
        BYTESPIKE.model("gpt-5-4-mini").capabilities
    )
    assert BYTESPIKE.model("gpt-5-4-mini").context == 128_000


def j_price(ask: Ask) -> None:
    assert BYTESPIKE.prices("gpt-5-4-mini") is None
    assert "live rate" in BYTESPIKE.notes["price"]


def j_fields(ask: Ask) -> None:
    table = {one.name: (one.types, one.required, one.default, one.maximum) for one in BYTESPIKE.fields}
    assert table == {
        "model": (("string",), True, "gpt-5-4-mini", None),
        "messages": (("array",), True, None, None),
        "max_tokens": (("integer",), False, None, 16_384),
        "tools": (("array",), False, None, None),
        "response_format": (("object",), False, None, None),
        "stream": (("boolean",), False, False, None),
    }
    assert ask("bytespike", {"max_tokens": 16_384}).status == 200
    assert ask("bytespike", {"max_tokens": 16_385}).error["param"] == "max_tokens"
    assert ask("bytespike", {"temperature": 0.5, "stop": ["x"], "n": 2}).status == 200


def j_request_example(ask: Ask) -> None:
    first = ask("bytespike", JSON)
    second = ask("bytespike", {**JSON, "messages": [{"role": "user", "content": "Extract amounts as JSON."}]})
    assert (first.status, second.status) == (200, 200)
    assert isinstance(json.loads(first.json["choices"][0]["message"]["content"]), dict)


def j_response_example(ask: Ask) -> None:
    reply = ask("bytespike").json
    assert list(reply) == ["id", "object", "model", "choices", "usage"]
    assert reply["id"].startswith("chatcmpl-")
    assert (reply["object"], reply["model"]) == ("chat.completion", "gpt-5-4-mini")
    (choice,) = reply["choices"]
    assert (list(choice), list(choice["message"])) == (
        ["index", "message", "finish_reason"],
        ["role", "content"],
    )
    assert (choice["index"], choice["message"]["role"], choice["finish_reason"]) == (0, "assistant", "stop")
    assert list(reply["usage"]) == ["prompt_tokens", "completion_tokens", "total_tokens"]
    assert [one for one in check_completion(reply, profile="bytespike") if one.tier == "error"] == []


def j_streaming(ask: Ask) -> None:
    chunks = ask("bytespike", {"stream": True}).chunks
    assert chunks[0]["object"] == "chat.completion.chunk"
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert "prompt_caching" in BYTESPIKE.model("gpt-5-4-mini").capabilities


def j_errors(ask: Ask) -> None:
    for status in (400, 401, 402, 422, 429, 500, 503):
        assert BYTESPIKE.error(status).billed is False
    assert "tries again by itself" in BYTESPIKE.error(502).retry
    assert all(one.type is None and one.code is None for one in BYTESPIKE.errors.values())


def j_limits(ask: Ask) -> None:
    found = BYTESPIKE.model("gpt-5-4-mini")
    assert (found.context, found.output) == (128_000, 16_384)
    assert {"tools", "parallel_tools", "vision", "streaming", "prompt_caching"} <= set(found.capabilities)


ROWS: Mapping[str, Callable[[Ask], None]] = {
    "endpoint / auth": j_endpoint,
    "vendor, positioning": j_vendor,
    "capability line": j_capabilities,
    "price": j_price,
    "fields": j_fields,
    "request example": j_request_example,
    "response example": j_response_example,
    "streaming, caching": j_streaming,
    "errors": j_errors,
    "limits": j_limits,
}


@pytest.mark.parametrize("row", [pytest.param(row, id=topic) for topic, row in ROWS.items()])
def test_a_documented_row_holds(row: Callable[[Ask], None], ask: Ask) -> None:
    row(ask)


def test_no_row_is_left_out(topics: Callable[[str], list[str]]) -> None:
    assert topics("J") == list(ROWS)


def test_what_it_answers_passes_its_contract(ask: Ask) -> None:
    asked = {**SOUND, "stream": True, "stream_options": {"include_usage": True}}
    events, whole = ask("bytespike", asked), ask("bytespike").json

    found = check_stream(events.body, profile="bytespike") + check_completion(whole, profile=BYTESPIKE)
    found += check_exchange(asked, events.chunks, profile="bytespike") + check_exchange(
        SOUND, whole, profile=BYTESPIKE
    )
    assert [one for one in found if one.tier == "error"] == []
