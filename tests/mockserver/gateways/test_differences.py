"""Where OpenAI and the two gateways differ, row by row as FACTS L has it.

Each row is named by its topic; FACTS itself is not part of this repository.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

from understudy.contracts import check_request
from understudy.contracts.profiles.loading import profile
from understudy.contracts.profiles.profile import Field, Profile

Ask: TypeAlias = Callable[..., Any]

BYTESPIKE, TOAPIS, OPENAI = (profile(name) for name in ("bytespike", "toapis", "openai"))
ASK = {"role": "user", "content": "Extract the dollar amounts from this invoice."}
SOUND: dict[str, Any] = {"model": "gpt-5-4-mini", "messages": [ASK]}
JSON = {"response_format": {"type": "json_object"}}


def field(known: Profile, name: str) -> Field:
    return next(one for one in known.fields if one.name == name)


def accepts(name: str, **change: Any) -> bool:
    return not any(one.tier == "error" for one in check_request({**SOUND, **change}, profile=name))


def l_model_id(ask: Ask) -> None:
    for name in ("bytespike", "toapis"):
        assert ask(name).json["model"] == "gpt-5-4-mini"


def l_model_default(ask: Ask) -> None:
    for name in ("bytespike", "toapis"):
        assert field(profile(name), "model").default == "gpt-5-4-mini"
        assert ask(name, {"model": None}).error["message"] == "you must provide a model parameter"
    assert field(OPENAI, "model").default is None


def l_token_cap(ask: Ask) -> None:
    assert field(BYTESPIKE, "max_tokens").maximum == 16_384
    assert (field(TOAPIS, "max_tokens").minimum, field(TOAPIS, "max_tokens").maximum) == (1, None)
    refused = ask("openai", {"model": "gpt-5.4-mini", "max_tokens": 5})
    assert refused.error["code"] == "unsupported_parameter"


def l_temperature(ask: Ask) -> None:
    assert accepts("toapis", temperature=0.3, top_p=0.3)
    assert "temperature" not in [one.name for one in BYTESPIKE.fields]
    assert (
        ask("openai", {"model": "gpt-5.4-mini", "temperature": 0.3, "reasoning_effort": "low"}).status == 400
    )


def l_stop(ask: Ask) -> None:
    assert accepts("toapis", stop=list("abcd"))
    assert not accepts("toapis", stop=list("abcde"))
    assert "stop" not in [one.name for one in BYTESPIKE.fields]


def l_roles(ask: Ask) -> None:
    assert (len(OPENAI.roles), BYTESPIKE.roles, len(TOAPIS.roles)) == (6, (), 3)


def l_response(ask: Ask) -> None:
    absent = {"created", "service_tier", "system_fingerprint"}
    assert not absent & set(ask("bytespike").json)
    message = ask("bytespike").json["choices"][0]["message"]
    assert not {"refusal", "annotations"} & set(message)
    assert {"created", "service_tier"} <= set(ask("openai", {"model": "gpt-5.4-mini"}).json)


def l_401(ask: Ask) -> None:
    assert ask("openai", key=False).error["type"] == "invalid_request_error"
    assert BYTESPIKE.error(401).type is None
    assert ask("toapis", key=False).error["type"] == "authentication_error"


def l_429(ask: Ask) -> None:
    assert {one.type for one in OPENAI.error(429).variants} > {"tokens", "requests", "insufficient_quota"}
    assert BYTESPIKE.error(429).type is None
    assert {one.type for one in TOAPIS.error(429).variants} == {"rate_limit_error"}


def l_402(ask: Ask) -> None:
    assert [known.error(402) is not None for known in (OPENAI, BYTESPIKE, TOAPIS)] == [False, True, False]


def l_422(ask: Ask) -> None:
    assert [known.error(422) is not None for known in (OPENAI, BYTESPIKE, TOAPIS)] == [False, True, False]


def l_quota(ask: Ask) -> None:
    spent = [ask(name, credit=Decimal(0)).status for name in ("openai", "bytespike", "toapis")]
    assert spent == [429, 402, 429]
    assert ask("openai", credit=Decimal(0)).error["type"] == "insufficient_quota"


def l_5xx(ask: Ask) -> None:
    assert "5xx" in OPENAI.retry[0].statuses
    assert "gateway" in BYTESPIKE.error(500).retry
    assert TOAPIS.error(500) is None


def l_billing(ask: Ask) -> None:
    assert {one.billed for one in OPENAI.errors.values()} == {False}
    assert "count against the limits" in OPENAI.notes["billing"]
    assert {one.billed for one in BYTESPIKE.errors.values()} == {False}
    assert {one.billed for one in TOAPIS.errors.values()} == {None}


def l_retry(ask: Ask) -> None:
    assert (OPENAI.retry[0].waits, OPENAI.retry[0].jitter) == ((0.5, 1, 2, 4, 8), True)
    assert BYTESPIKE.retry[0].waits == ()
    assert (TOAPIS.retry[0].waits, TOAPIS.retry[0].jitter) == ((1, 2, 4), True)


def l_structured(ask: Ask) -> None:
    assert "structured" in field(BYTESPIKE, "response_format").notes
    schema = {"type": "object", "properties": {"total": {"type": "integer"}}, "required": ["total"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "sum", "schema": schema}}
    content = ask("bytespike", {"response_format": wanted}).json["choices"][0]["message"]["content"]
    assert isinstance(json.loads(content)["total"], int)


def l_json_word(ask: Ask) -> None:
    refused = ask("openai", {**JSON, "model": "gpt-5.4-mini"})
    assert (refused.status, refused.error["param"]) == (400, "messages")
    assert "json_word_missing" in BYTESPIKE.waived
    assert ask("bytespike", JSON).status == 200


def l_caching(ask: Ask) -> None:
    assert "prompt_tokens_details" not in ask("bytespike").json["usage"]
    assert "prompt_tokens_details" in ask("openai", {"model": "gpt-5.4-mini"}).json["usage"]


def l_limits(ask: Ask) -> None:
    assert (BYTESPIKE.model("gpt-5-4-mini").context, BYTESPIKE.model("gpt-5-4-mini").output) == (
        128_000,
        16_384,
    )
    assert (TOAPIS.model("gpt-5-4-mini").context, TOAPIS.model("gpt-5-4-mini").output) == (None, None)


ROWS: Mapping[str, Callable[[Ask], None]] = {
    "model id": l_model_id,
    "model default": l_model_default,
    "token cap field": l_token_cap,
    "temperature/top_p": l_temperature,
    "stop": l_stop,
    "roles": l_roles,
    "response: created, logprobs, refusal, annotations, service_tier, fingerprint, usage details": l_response,
    "401 type": l_401,
    "429 type": l_429,
    "402": l_402,
    "422": l_422,
    "quota exhausted": l_quota,
    "5xx": l_5xx,
    "error billing": l_billing,
    "retry advice": l_retry,
    "structured output": l_structured,
    'json_object without "JSON" in prompt': l_json_word,
    "prompt caching": l_caching,
    "context / output": l_limits,
}


@pytest.mark.parametrize("row", [pytest.param(row, id=topic) for topic, row in ROWS.items()])
def test_a_documented_row_holds(row: Callable[[Ask], None], ask: Ask) -> None:
    row(ask)


def test_no_row_is_left_out(topics: Callable[[str], list[str]]) -> None:
    assert topics("L") == list(ROWS)
