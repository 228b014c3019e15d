"""Made-up answers: they obey the request, and equal requests get equal ones."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from understudy.mockserver.chat import Choice, read_chat
from understudy.mockserver.generation.logprobs import token_logprobs
from understudy.mockserver.generation.prose import SENTENCES, property_words, prose
from understudy.mockserver.generation.source import generated
from understudy.mockserver.instances.instance import Unsatisfiable
from understudy.mockserver.tokens.bpe import count, split

WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
    "required": ["city", "days"],
    "additionalProperties": False,
}


def _function(name: str, description: str = "", parameters: Any = None) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


TOOLS = [
    _function("get_weather", "The forecast for a city", WEATHER),
    _function("get_time", "The local hour", {"type": "object", "properties": {}}),
    {"type": "custom", "custom": {"name": "run_code", "description": "Executes a script"}},
]


def ask(prompt: str = "Hello", /, *, seed: int = 1, **more: Any) -> list[Choice]:
    document = {"model": "gpt-4o", "messages": [{"role": "user", "content": prompt}], **more}
    return list(generated(seed)(read_chat(document)).choices)


def one(prompt: str = "Hello", /, **more: Any) -> Choice:
    (choice,) = ask(prompt, **more)
    return choice


def test_a_plain_answer_is_english_in_the_shape_of_the_api() -> None:
    choice = one()

    assert list(choice.message) == ["role", "content", "refusal", "annotations"]
    assert re.fullmatch(r"[A-Z][ -~]+\.", choice.message["content"])
    assert "".join(choice.pieces or ()) == choice.message["content"]
    assert (choice.finish_reason, choice.logprobs) == ("stop", None)


@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base"])
def test_the_pieces_of_sentences_are_the_tokens_of_their_text(encoding: str) -> None:
    pool = prose(encoding)
    text = "".join([pool.openings[0][0], *(text for text, _ in pool.followings)])

    assert split(text, encoding) == (
        *pool.openings[0][1],
        *(p for _, pieces in pool.followings for p in pieces),
    )
    assert len({text for text, _ in pool.openings}) == SENTENCES


def test_equal_requests_get_equal_answers_and_others_differ() -> None:
    assert one("a") == one("a")
    assert one("a") != one("b")
    assert one("a", seed=1) != one("a", seed=2)


def test_another_process_says_the_same() -> None:
    program = (
        "import sys, json, hashlib\n"
        "from understudy.mockserver.chat import read_chat\n"
        "from understudy.mockserver.generation.source import generated\n"
        "said = [generated(3)(read_chat(d)).choices for d in json.loads(sys.stdin.read())]\n"
        "print(hashlib.sha256(repr(said).encode()).hexdigest())\n"
    )
    message = {"role": "user", "content": "What is the weather?"}
    documents = [
        {"model": "gpt-4o", "messages": [message], "n": 2, "logprobs": True, "top_logprobs": 2},
        {"model": "gpt-4o", "messages": [message], "tools": TOOLS},
        {"model": "gpt-4o", "messages": [message], "response_format": {"type": "json_object"}},
    ]
    said = [generated(3)(read_chat(document)).choices for document in documents]

    for hash_seed in ("0", "1"):
        run = subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(documents),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
        assert run.stdout.strip() == hashlib.sha256(repr(said).encode()).hexdigest()


@pytest.mark.parametrize(
    ("n", "expected"),
    [(None, 1), (1, 1), (5, 5), (128, 128), (0, 1), (1000, 128), ("3", 1), (3.0, 3), (2.5, 1)],
)
def test_there_are_as_many_choices_as_asked_for_and_no_two_are_equal(n: Any, expected: int) -> None:
    texts = [choice.message["content"] for choice in ask(n=n)]

    assert len(texts) == len(set(texts)) == expected


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    prompt=st.text(max_size=5),
    most=st.integers(0, 120),
    key=st.sampled_from(["max_tokens", "max_completion_tokens"]),
    model=st.sampled_from(["gpt-4o", "gpt-3.5-turbo"]),
)
def test_a_token_limit_is_kept_to_the_token(prompt: str, most: int, key: str, model: str) -> None:
    encoding = "o200k_base" if model == "gpt-4o" else "cl100k_base"
    whole = one(prompt, model=model, **{key: 100_000}).message["content"]
    free = one(prompt, model=model, **{key: most})
    tokens = count(free.message["content"], encoding)

    assert whole
    assert tokens <= most
    if free.finish_reason == "length":
        # a character that takes several tokens may not have fitted
        assert tokens == most or not whole.isascii()
    else:
        assert free.finish_reason == "stop"


def test_an_answer_that_just_fits_is_not_cut() -> None:
    # a limit is part of the request, so chance differs from limit to limit: look for both ends
    ends = {one(str(at), max_tokens=30).finish_reason for at in range(60)}

    assert ends == {"stop", "length"}


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_limit_may_be_written_as_a_decimal(name: str) -> None:
    assert count(one(**{name: 3.0}).message["content"]) == 3
    assert one(**{name: 3.5}).finish_reason == one(**{name: math.inf}).finish_reason == "stop"


@pytest.mark.parametrize("stop", [" ", "e", ["zzz", "a", "o"], ["qqqq"], "", [None, "."], "."])
def test_text_ends_before_the_first_stop(stop: Any) -> None:
    for at in range(10):
        choice = one(f"prompt {at}", stop=stop)
        stops = [text for text in (stop if isinstance(stop, list) else [stop]) if text]

        assert not any(text in choice.message["content"] for text in stops)
        assert choice.finish_reason == "stop"
        assert "".join(choice.pieces or ()) == choice.message["content"]


def test_a_json_object_is_answered_with_one() -> None:
    assert isinstance(json.loads(one(response_format={"type": "json_object"}).message["content"]), dict)


def test_a_json_schema_is_answered_with_an_instance() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "w", "schema": WEATHER}}

    choice = one(response_format=wanted)

    assert jsonschema_rs.validator_for(WEATHER).is_valid(json.loads(choice.message["content"]))
    assert one(response_format=wanted, max_tokens=3).finish_reason == "length"
    assert count(one(response_format=wanted, max_tokens=3).message["content"]) == 3


def test_a_schema_without_instances_is_an_error_that_says_so() -> None:
    schema = {"type": "object", "properties": {"a": False}, "required": ["a"]}

    with pytest.raises(Unsatisfiable, match="no value is possible"):
        one(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})
    with pytest.raises(Unsatisfiable, match="arguments of f"):
        one(tools=[_function("f", "", schema)])


def test_logprobs_go_with_the_tokens() -> None:
    choice = one(logprobs=True, top_logprobs=3, max_tokens=8)

    assert choice.logprobs is not None
    entries = choice.logprobs["content"]
    assert [entry["token"] for entry in entries] == list(choice.pieces or ())
    for entry in entries:
        top = [other["logprob"] for other in entry["top_logprobs"]]
        assert bytes(entry["bytes"]).decode() == entry["token"]
        assert len(top) == 3
        assert top == sorted(top, reverse=True)
        assert top[0] == entry["logprob"] <= 0


def test_logprobs_without_alternatives_have_an_empty_list_on_reasoning_models_too() -> None:
    plain = one(logprobs=True)

    assert plain.logprobs is not None
    assert plain.logprobs["content"][0]["top_logprobs"] == []
    assert one(logprobs=True, model="gpt-5.4").logprobs is not None
    assert len(one(logprobs=True, top_logprobs=2.0).logprobs["content"][0]["top_logprobs"]) == 2


@pytest.mark.parametrize(
    "more",
    [
        {"messages": None},
        {"messages": [None, 3]},
        {"messages": [{"role": "user", "content": [{"text": 3}, None]}], "tools": TOOLS},
        {"n": "x", "stop": 5, "max_tokens": "y", "response_format": [], "logprobs": 1, "top_logprobs": []},
        {"response_format": {"type": "json_schema"}},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": "x"}}},
        {"tools": TOOLS, "tool_choice": {"type": "function"}},
        {"tools": TOOLS, "tool_choice": 7},
        {"tools": TOOLS, "tool_choice": {"allowed_tools": {"tools": [None]}}},
        {"tools": TOOLS, "tool_choice": {"allowed_tools": {"tools": True}}},
        {"tools": TOOLS, "tool_choice": {"allowed_tools": {"tools": 7, "mode": "required"}}},
        {"tools": [{"type": "custom", "custom": {"name": "x", "format": {"grammar": 3}}}]},
        {"functions": [3], "function_call": "auto"},
        {"functions": 3},
        {"model": "gpt-audio", "modalities": ["audio"], "audio": 3},
        {"model": "gpt-5", "reasoning_effort": 3, "max_completion_tokens": 10_000},
        {"model": "deepseek-reasoner", "messages": [], "reasoning": [], "thinking": 3},
    ],
)
def test_malformed_requests_are_answered(more: dict[str, Any]) -> None:
    assert one(**more).message["role"] == "assistant"


def test_property_texts_go_with_the_name() -> None:
    chance = Random(4)

    assert re.fullmatch(r"\d{4}-\d\d-\d\d", property_words(chance, "start_date"))
    assert "@" in property_words(chance, "userEmail")
    assert property_words(chance, "")


@pytest.mark.parametrize("prompt", ["Hello", "Wie ist das Wetter?", "天気は？"])
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4", "somebodys-model"])
def test_the_short_way_to_a_plain_answer_leads_where_the_long_one_does(prompt: str, model: str) -> None:
    chat = read_chat({"model": model, "messages": [{"role": "user", "content": prompt}]})
    roundabout = replace(chat, document={**chat.document, "stop": None})

    assert generated(3)(chat) == generated(3)(roundabout)


def test_a_style_that_there_is_not_is_an_error() -> None:
    with pytest.raises(ValueError, match="there are: faker, echo, lorem"):
        generated(1, style="poem")  # type: ignore[arg-type]


@pytest.mark.parametrize("alternatives", [0, 1, 5, 20, 99])
def test_the_alternatives_of_a_token_are_a_distribution(alternatives: int) -> None:
    logprobs = token_logprobs((" the", "😀", "x") * 200, alternatives, Random(alternatives))

    for entry in logprobs["content"]:
        top = entry["top_logprobs"]
        said = [other["token"] for other in top]
        assert len(said) == len(set(said)) == min(alternatives, 20)
        assert said[:1] == [entry["token"]][: len(said)]
        assert sum(math.exp(other["logprob"]) for other in top) <= 1
        assert all(bytes(other["bytes"]).decode() == other["token"] for other in top)
    assert token_logprobs(("No",), 0, Random(1), refused=True)["content"] is None
    assert token_logprobs(("No",), 0, Random(1), refused=True)["refusal"][0]["token"] == "No"
