"""What is said: in the language, the length and the style that were asked for."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.mockserver.chat import Choice, read_chat
from understudy.mockserver.generation.languages import language_of
from understudy.mockserver.generation.source import generated
from understudy.mockserver.generation.styles import LOREM, STYLES, Style
from understudy.mockserver.tokens.bpe import count, split

PROMPTS = (
    "What is new?", "Wie ist das Wetter heute?", "Какая сегодня погода?", "今日の天気は？", "오늘 날씨가 어때요?",
    "今天天气怎么样？", "ما هو الطقس اليوم؟", "आज मौसम कैसा है?", "Hello 😀👩‍👩‍👧", "Bonjour !",
)  # fmt: skip


def ask(prompt: str, /, *, style: Style = "faker", seed: int = 1, **more: Any) -> tuple[Choice, ...]:
    document = {"model": "gpt-4o", "messages": [{"role": "user", "content": prompt}], **more}
    return generated(seed, style)(read_chat(document)).choices


def content(prompt: str, /, **more: Any) -> str:
    text: str = ask(prompt, **more)[0].message["content"]
    return text


@settings(max_examples=300, deadline=None)
@given(
    prompt=st.sampled_from(PROMPTS),
    style=st.sampled_from(STYLES),
    seed=st.integers(0, 50),
    most=st.none() | st.integers(0, 60),
    stop=st.none() | st.lists(st.sampled_from([" ", "e", ".", "a ", "。", "は", "и", "\u0301"]), max_size=3),
    n=st.integers(1, 4),
    verbosity=st.sampled_from([None, "low", "medium", "high"]),
)
def test_whatever_is_asked_is_obeyed(
    prompt: str, style: Style, seed: int, most: int | None, stop: Any, n: int, verbosity: Any
) -> None:
    asked = {"max_tokens": most, "stop": stop, "n": n, "verbosity": verbosity}
    choices = ask(prompt, style=style, seed=seed, **asked)

    assert choices == ask(prompt, style=style, seed=seed, **asked)
    assert len(choices) == n
    for choice in choices:
        text = choice.message["content"]
        assert "".join(choice.pieces or ()) == text
        assert tuple(choice.pieces or ()) == split(text)
        assert not any(word in text for word in stop or ())
        assert choice.tokens is not None
        assert choice.tokens <= count(text)
        if most is not None:
            assert choice.tokens <= most
        if choice.finish_reason != "length" and not stop and style != "echo":
            assert choice.tokens == count(text) > 0


@pytest.mark.parametrize("prompt", PROMPTS)
def test_other_seeds_say_other_things(prompt: str) -> None:
    assert len({content(prompt, seed=seed) for seed in range(20)}) > 15


@pytest.mark.parametrize("prompt", PROMPTS)
def test_an_answer_is_in_the_language_of_the_prompt(prompt: str) -> None:
    name = language_of(prompt)
    known = [language_of(content(prompt, seed=seed, verbosity="high")) for seed in range(10)]

    assert known.count(name) >= 9


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_strings_of_an_object_are_in_the_language_of_the_prompt(prompt: str) -> None:
    wanted = {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]}
    asked = {"type": "json_schema", "json_schema": {"name": "x", "schema": wanted}}
    said = "".join(json.loads(content(f"{prompt}{at}", response_format=asked))["summary"] for at in range(5))

    assert language_of(said) == language_of(prompt)


@pytest.mark.parametrize(("verbosity", "low", "high"), [("low", 1, 1), ("medium", 1, 4), ("high", 5, 10)])
def test_verbosity_is_a_number_of_sentences(verbosity: str, low: int, high: int) -> None:
    texts = [content("天気は？", seed=seed, verbosity=verbosity) for seed in range(60)]
    sizes = {text.count("。") for text in texts}

    assert (min(sizes), max(sizes)) == (low, high)


def test_no_verbosity_is_medium_and_what_is_none_changes_nothing() -> None:
    assert content("a", verbosity=["low"], response_format={"type": "text"}).endswith(".")
    assert max(content("天気は？", seed=seed).count("。") for seed in range(60)) == 4


def test_echo_repeats_the_last_text_of_the_user_and_nothing_else() -> None:
    parts = [{"type": "text", "text": "Größe:"}, {"type": "text", "text": "10 \ud83d"}]
    messages = [{"role": "user", "content": "first"}, {"role": "user", "content": parts}]

    assert content("Say this.\n Twice!", style="echo") == "Say this.\n Twice!"
    assert content("", style="echo", messages=messages) == "Größe: 10 \ufffd"
    assert content("one two three four", style="echo", max_tokens=2) == "one two"
    assert content("", style="echo", messages=[]) == ""
    assert len({choice.message["content"] for choice in ask("x", style="echo", n=3)}) == 1


def test_lorem_begins_as_it_always_does_and_stays_latin() -> None:
    first, second = ask("Wie ist das Wetter heute?", style="lorem", n=2)

    assert first.message["content"].startswith(LOREM)
    assert not second.message["content"].startswith("Lorem")
    assert re.fullmatch(r"([A-Z][a-z ]+\. ?)+", second.message["content"])


def test_style_is_of_plain_text_only() -> None:
    wanted = {"type": "json_object"}

    assert content("a", response_format=wanted, style="echo") == content("a", response_format=wanted)


def _after(*results: Any, prompt: str = "What is the weather?", **more: Any) -> tuple[Choice, ...]:
    called: list[dict[str, Any]] = [
        {"role": "user", "content": prompt},
        {"role": "assistant", "tool_calls": []},
    ]
    return ask("", messages=[*called, *({"role": "tool", "content": result} for result in results)], **more)


@pytest.mark.parametrize(
    ("results", "quoted"),
    [
        (["sunny,\n 21 °C {x}"], "Here is what came back: sunny, 21 °C {x}"),
        ([[{"type": "text", "text": "rain"}]], "Here is what came back: rain"),
        (["one", "two", "three", "four"], "Here is what came back: two; three; four"),
        (["word " * 100], f"Here is what came back: {('word ' * 100)[:120].rstrip()}…"),
        ([""], "Here is what came back: "),
    ],
)
def test_the_results_of_tools_are_quoted(results: list[Any], quoted: str) -> None:
    assert _after(*results)[0].message["content"] == quoted


def test_a_result_is_told_in_the_language_of_the_prompt_and_each_choice_differs() -> None:
    assert (
        _after("18 Grad", prompt="Wie ist das Wetter?")[0].message["content"]
        == "Das ist das Ergebnis: 18 Grad"
    )
    assert len({choice.message["content"] for choice in _after("18 °C", n=8)}) == 8
    assert len({choice.message["content"] for choice in _after("18", prompt="天気は？", n=8)}) == 8


@pytest.mark.parametrize("style", ["echo", "lorem"])
def test_other_styles_do_not_quote(style: Style) -> None:
    assert "sunny" not in _after("sunny", style=style)[0].message["content"]
