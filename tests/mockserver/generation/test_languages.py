"""The language of a prompt, and what is said in it."""

from __future__ import annotations

import re
from random import Random

import pytest

from understudy.mockserver.generation.languages import (
    SENTENCES,
    _language_of,
    language,
    language_of,
    sentences,
    words_of,
)
from understudy.mockserver.generation.prose import property_words

PROMPTS = {
    "de": "Wie wird das Wetter morgen in Berlin?",
    "fr": "Bonjour!",
    "es": "Hola, ¿qué tiempo hace hoy?",
    "it": "Ciao, come stai oggi?",
    "pt": "Olá, como você está hoje?",
    "nl": "Wat is het weer vandaag in Amsterdam?",
    "pl": "Jaka jest dzisiaj pogoda w Krakowie?",
    "cs": "Jaké je dnes počasí v Praze?",
    "sv": "Hur är vädret idag och vad heter du?",
    "da": "Hvordan er vejret i dag, og hvad hedder du?",
    "no": "Hvordan er været i dag, og hva heter du?",
    "fi": "Mikä on sää tänään Helsingissä?",
    "ro": "Care este vremea astăzi și ce faci?",
    "tr": "Bugün hava nasıl?",
    "ru": "Какая сегодня погода?",
    "uk": "Яка сьогодні погода в Києві?",
    "el": "Τι καιρό κάνει σήμερα;",
    "he": "מה מזג האוויר היום?",
    "ar": "ما هو الطقس اليوم؟",
    "hi": "आज मौसम कैसा है?",
    "ja": "今日の天気は？",
    "ko": "오늘 날씨가 어때요?",
    "zh": "今天天气怎么样？",
}
ENGLISH = (
    "", "Hello", "ping", "no", "12 + 7", "café naïve", "def f(x): return x", "Los Angeles", "Tell me about van Gogh",
    "What does 猫 mean in Japanese?", "Translate 'Bonjour' to English", "Say hello to Müller", "Come on in",
    "Die Hard is a film, tell me about it", "Extract the dollar amounts from this invoice.", "🎉🎉",
)  # fmt: skip


@pytest.mark.parametrize(("name", "prompt"), PROMPTS.items())
def test_a_prompt_is_known_by_its_words_or_its_script(name: str, prompt: str) -> None:
    assert language_of(prompt) == name


@pytest.mark.parametrize("prompt", ENGLISH)
def test_where_nothing_says_otherwise_it_is_english(prompt: str) -> None:
    assert language_of(prompt) == "en"


@pytest.mark.parametrize("name", PROMPTS)
def test_a_language_has_a_pool_of_sentences_without_gaps(name: str) -> None:
    pool = sentences(name)

    assert len(pool) == len(set(pool)) == SENTENCES
    assert not any(re.search(r"[{}]|\s\s|\n", text) for text in pool)
    assert "{result}" in language(name).result


@pytest.mark.parametrize("name", PROMPTS)
def test_what_is_said_is_known_as_its_language(name: str) -> None:
    assert language_of(language(name).joiner.join(sentences(name)[:8])) == name


def test_properties_have_texts_of_the_language() -> None:
    chance = Random(3)
    words = words_of("ru")

    assert re.search("[а-я]", words(chance, "customerName"))
    assert words(chance, "summary") in sentences("ru")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", words(chance, "start_date"))


def test_english_and_cities_that_faker_has_not_are_english() -> None:
    assert words_of("en") is property_words
    assert words_of("tr")(Random(1), "city").isascii()


def test_of_a_long_prompt_only_what_is_read_is_remembered() -> None:
    language_of("x" * 400)
    before = _language_of.cache_info()
    language_of("x" * 5_000_000)

    assert _language_of.cache_info().misses == before.misses
