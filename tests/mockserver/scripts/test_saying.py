"""What a script says, as it goes out: whole and as a stream, through the engine, held to the contracts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.contracts import accumulate, check_completion, check_exchange, check_stream, chunks_of
from understudy.fixtures.answers import (
    calls_custom_tool,
    calls_function,
    calls_tool,
    calls_tools,
    chooses,
    overriding,
    refuses,
    says,
    says_json,
    speaks,
)
from understudy.mockserver.build import build
from understudy.mockserver.scripts.answer import Call, Said
from understudy.mockserver.scripts.script import Script
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request, Send

USER = {"role": "user", "content": "Hi"}
TOOLS = [
    {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}},
    {"type": "function", "function": {"name": "g", "parameters": {"type": "object", "properties": {}}}},
    {"type": "custom", "custom": {"name": "sql"}},
]
CITED = {
    "type": "url_citation",
    "url_citation": {"start_index": 0, "end_index": 2, "url": "https://example.com", "title": "x"},
}
AUDIO = {
    "modalities": ["text", "audio"],
    "audio": {"voice": "alloy", "format": "wav"},
    "model": "gpt-4o-audio-preview",
}

KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "text": ("Hello!", {}),
    "empty text": ("", {}),
    "nothing": (Said(), {}),
    "JSON": (says_json({"a": [1, "é"]}), {}),
    "pieces": (says("Hello!", pieces=["Hel", "lo!"]), {}),
    "cited": (says("Hi there", annotations=[CITED]), {}),
    "logprobs asked for": ("Hello there!", {"logprobs": True, "top_logprobs": 2}),
    "one call": (calls_tool("f", {"a": 1}), {"tools": TOOLS}),
    "a call with text": (calls_tool("f", text="Let me see."), {"tools": TOOLS}),
    "calls": (calls_tools(("f", {}), ("g", {"b": "é"})), {"tools": TOOLS}),
    "custom call": (calls_custom_tool("sql", "select 1"), {"tools": TOOLS}),
    "legacy call": (calls_function("f", {"a": 1}), {"functions": [TOOLS[0]["function"]]}),
    "refusal": (refuses("I cannot."), {}),
    "refusal with logprobs": (refuses("I cannot."), {"logprobs": True}),
    "choices": (chooses("a", "b", calls_tool("f")), {"n": 3, "tools": TOOLS}),
    "fewer choices than asked": (chooses("a", "b"), {"n": 3}),
    "more choices than asked": (chooses("a", "b"), {}),
    "audio": (speaks("Hello", "AAAA"), AUDIO),
    "cut": (says("Hel", finish_reason="length"), {"max_tokens": 1}),
    "overrides": (overriding("Hi", usage={"completion_tokens": 9}, id="chatcmpl-mine", created=3), {}),
}


def asked(
    answer: Any, stream: bool = False, seed: int = 0, **members: Any
) -> tuple[dict[str, Any], bytes, dict[str, str]]:
    script = Script(seed)
    script.reply(answer)
    body = {"model": "gpt-4o", "messages": [USER], "stream": stream, **members}
    request = Request(
        "POST", "/v1/chat/completions", [(b"authorization", b"Bearer sk-x")], json.dumps(body).encode()
    )
    reply = build(Settings(seed=seed), scripts=script.scripts).handle(request, 1_700_000_000.0)
    steps = list(reply.steps)
    sent = b"".join(step.data for step in steps if isinstance(step, Send))
    assert reply.entry.source == "scripted", sent
    return body, sent, {name.decode(): value.decode() for name, value in steps[0].headers}  # type: ignore[union-attr]


def whole(answer: Any, **members: Any) -> dict[str, Any]:
    completion: dict[str, Any] = json.loads(asked(answer, **members)[1])
    return completion


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_passes_the_contracts(kind: str) -> None:
    answer, members = KINDS[kind]

    body, sent, _ = asked(answer, **members)

    completion = json.loads(sent)
    assert [found for found in check_completion(completion) if found.tier == "error"] == []
    assert [found for found in check_exchange(body, completion) if found.tier == "error"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_says_the_same(kind: str) -> None:
    answer, members = KINDS[kind]
    _, sent, _ = asked(answer, stream=True, **members)

    assert [found for found in check_stream(sent) if found.tier == "error"] == []
    streamed = accumulate(chunks_of(sent))
    told = whole(answer, **members)
    for one, other in zip(streamed["choices"], told["choices"], strict=True):
        assert {k: v for k, v in one["message"].items() if v} == {
            k: v for k, v in other["message"].items() if v
        }
        assert one["finish_reason"] == other["finish_reason"]


@pytest.mark.parametrize(
    ("answer", "members", "finish"),
    [
        ("x", {}, "stop"),
        (calls_tool("f"), {"tools": TOOLS}, "tool_calls"),
        (calls_tool("f"), {"tools": TOOLS, "tool_choice": "required"}, "tool_calls"),
        (
            calls_tool("f"),
            {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "f"}}},
            "stop",
        ),
        (calls_function("f"), {"functions": [TOOLS[0]["function"]]}, "function_call"),
        (calls_function("f"), {"functions": [TOOLS[0]["function"]], "function_call": {"name": "f"}}, "stop"),
        (says("x", finish_reason="content_filter"), {}, "content_filter"),
    ],
)
def test_the_finish_reason_is_the_documented_one(answer: Any, members: dict[str, Any], finish: str) -> None:
    assert whole(answer, **members)["choices"][0]["finish_reason"] == finish


def test_members_of_a_message_stand_in_the_order_of_the_api() -> None:
    message = whole(calls_tool("f", "{broken", text="Wait."), tools=TOOLS)["choices"][0]["message"]

    assert list(message) == ["role", "content", "tool_calls", "refusal", "annotations"]
    assert message["tool_calls"][0]["function"]["arguments"] == "{broken"


def test_ids_come_of_the_seed_and_the_request_and_are_stable() -> None:
    answer = calls_tools(("f", {}), ("g", {}))

    def ids(seed: int, **members: Any) -> list[str]:
        message = whole(answer, seed=seed, tools=TOOLS, **members)["choices"][0]["message"]
        return [call["id"] for call in message["tool_calls"]]

    assert ids(1) == ids(1)
    assert len({*ids(1), *ids(2), *ids(1, user="u")}) == 6
    assert all(one.startswith("call_") and len(one) == 29 and one[5:].isalnum() for one in ids(1))


def test_an_id_of_ones_own_is_kept() -> None:
    message = whole(calls_tool("f", id="call_mine"), tools=TOOLS)["choices"][0]["message"]

    assert message["tool_calls"][0]["id"] == "call_mine"


@pytest.mark.parametrize(
    ("given", "asked_for", "sent"),
    [(True, False, True), (False, True, False), (None, True, True), (None, False, False)],
)
def test_logprobs_are_sent_as_the_script_or_the_request_says(
    given: bool | None, asked_for: bool, sent: bool
) -> None:
    choice = whole(says("Hello there", logprobs=given), **({"logprobs": True} if asked_for else {}))[
        "choices"
    ][0]

    assert bool(choice["logprobs"]) is sent
    if sent:
        assert "".join(entry["token"] for entry in choice["logprobs"]["content"]) == "Hello there"


def test_logprobs_that_are_given_are_sent_as_they_are() -> None:
    given = {
        "content": [{"token": "Hi", "logprob": -0.5, "bytes": None, "top_logprobs": []}],
        "refusal": None,
    }

    assert whole(says("Hi", logprobs=given))["choices"][0]["logprobs"] == given


def test_choices_are_as_many_as_were_asked_for() -> None:
    def texts(n: int) -> list[str]:
        return [choice["message"]["content"] for choice in whole(chooses("a", "b"), n=n)["choices"]]

    assert (texts(1), texts(2), texts(3)) == (["a"], ["a", "b"], ["a", "b", "a"])


def test_usage_is_laid_over_what_is_counted() -> None:
    counted, laid = (
        whole("Hello!")["usage"],
        whole(overriding("Hello!", usage={"completion_tokens": 90}))["usage"],
    )

    assert laid == {**counted, "completion_tokens": 90, "total_tokens": counted["prompt_tokens"] + 90}
    total = whole(overriding("x", usage={"total_tokens": 7}))["usage"]["total_tokens"]
    assert total == 7
    nested = whole(overriding("x", usage={"prompt_tokens_details": {"cached_tokens": 5}}))["usage"]
    assert nested["prompt_tokens_details"] == {**counted["prompt_tokens_details"], "cached_tokens": 5}


def test_what_is_around_the_choices_can_be_overridden_alone() -> None:
    plain = whole("Hi")
    own = whole(overriding("Hi", id="chatcmpl-x", service_tier="flex", model="mine"))

    assert list(own) == list(plain)
    assert (own["id"], own["service_tier"], own["model"]) == ("chatcmpl-x", "flex", "mine")
    assert own["system_fingerprint"] == plain["system_fingerprint"]


def test_headers_are_sent_besides() -> None:
    _, _, headers = asked(overriding("Hi", headers={"x-team": "red"}))

    assert headers["x-team"] == "red"
    assert "x-request-id" in headers


@pytest.mark.parametrize(("given", "tokens"), [(None, 64), (200, 200), (0, 0)])
def test_reasoning_is_counted_in_steps_of_64_unless_given(given: int | None, tokens: int) -> None:
    answer = says("Hi", reasoning="Let me think about it.", reasoning_tokens=given)

    assert whole(answer)["usage"]["completion_tokens_details"]["reasoning_tokens"] == tokens


def test_max_tokens_and_stop_do_not_cut_what_is_scripted() -> None:
    choice = whole("One two three four", max_tokens=1, stop=["two"])["choices"][0]

    assert (choice["message"]["content"], choice["finish_reason"]) == ("One two three four", "stop")


def test_text_behind_the_calls_alone_is_told_by_the_order_of_the_members() -> None:
    message = whole(calls_tool("f", text_after="There."), tools=TOOLS)["choices"][0]["message"]

    assert message["content"] == "There."
    assert list(message)[:3] == ["role", "tool_calls", "content"]


@pytest.mark.parametrize("scored", [False, True])
@pytest.mark.parametrize(
    ("text", "pieces", "told"),
    [
        ("Wait. ", None, ["Wait. ", "{}", "There now."]),
        ("Wai", None, ["Wai", "{}", "There now."]),
        ("Wait. ", ("Wa", "it. "), ["Wait. ", "{}", "There now."]),
        (None, None, ["{}", "There now."]),
        (None, ("{", "}"), ["{}", "There now."]),
    ],
)
def test_a_stream_sends_text_then_calls_then_what_is_behind_them(
    text: str | None, pieces: tuple[str, ...] | None, told: list[str], scored: bool
) -> None:
    answer = Said(text, (Call("f"),), "There now.", pieces=pieces, logprobs=scored)
    _, sent, _ = asked(answer, stream=True, tools=TOOLS)
    _, body, _ = asked(answer, tools=TOOLS)

    found: list[str] = []
    kinds: list[str] = []
    scores: list[Any] = []
    for chunk in chunks_of(sent):
        for choice in chunk["choices"]:
            calls, content = choice["delta"].get("tool_calls"), choice["delta"].get("content")
            said = calls[0]["function"]["arguments"] if calls else content
            scores += (choice.get("logprobs") or {}).get("content") or []
            if not said:
                continue
            kind = "call" if calls else "text"
            if kinds[-1:] == [kind]:
                found[-1] += said
            else:
                found.append(said)
                kinds.append(kind)
    message = json.loads(body)["choices"][0]["message"]
    assert found == told
    assert message["content"] == (text or "") + "There now."
    assert "".join(score["token"] for score in scores) == (message["content"] if scored else "")
    assert not check_stream(sent)


def test_pieces_are_what_the_chunks_carry() -> None:
    _, sent, _ = asked(says("Hello!", pieces=["H", "ell", "o!"]), stream=True)

    contents = [chunk["choices"][0]["delta"].get("content") for chunk in chunks_of(sent)]
    assert contents == ["", "H", "ell", "o!", None]
