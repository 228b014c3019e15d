"""The order of faults: the first is what the API would answer with."""

from __future__ import annotations

from typing import Any

from understudy.contracts import check_request
from understudy.contracts.requests.order import parts_of

ASK = {"role": "user", "content": "hi"}
SOUND: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [ASK]}


def test_both_styles_of_place_lead_to_the_same_steps() -> None:
    assert parts_of("messages.[3].role") == parts_of("messages[3].role") == ("messages", 3, "role")


def test_faults_come_in_the_order_in_which_the_api_finds_them() -> None:
    document = {
        "top_p": 2,
        "zeal": 1,
        "temperature": 3,
        "tools": [{"function": {"name": "a b"}}],
        "messages": [{"role": "bot"}, {"content": []}],
        "stream_options": {},
        "model": "gpt-5-nano",
        "max_tokens": 0,
    }

    params = [violation.param for violation in check_request(document)]

    assert params == [
        "zeal",
        "max_tokens",
        "max_tokens",
        "messages[0].role",
        "messages[1].role",
        "stream_options",
        "temperature",
        "tools[0].type",
        "top_p",
    ]


def test_the_model_comes_first_then_the_messages_then_unknown_keys() -> None:
    assert [violation.message for violation in check_request({"a": 1})] == [
        "you must provide a model parameter",
        "Missing required parameter: 'messages'.",
        "Unknown parameter: 'a'.",
    ]


def test_the_tenth_message_comes_after_the_second() -> None:
    wrong = {"role": "bot"}

    found = check_request({**SOUND, "messages": [ASK, wrong, *[ASK] * 8, wrong]})

    assert [violation.path for violation in found] == ["$.messages[1].role", "$.messages[10].role"]


def test_a_rule_keeps_silent_where_the_shape_it_relies_on_is_broken() -> None:
    found = check_request({**SOUND, "stream": "yes", "stream_options": {"include_usage": True}})

    assert [violation.rule for violation in found] == ["invalid_type"]
