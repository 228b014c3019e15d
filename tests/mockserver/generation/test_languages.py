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
    "bg": "Какво е времето днес в София?",
    "fa": "امروز هوا چطور است؟",
    "th": "วันนี้อากาศเป็นอย่างไร",
    "vi": "Thời tiết hôm nay ở Hà Nội thế nào?",
    "id": "Bagaimana cuaca hari ini di Jakarta?",
    "hu": "Milyen az időjárás ma Budapesten?",
}
# what people ask for in a few words: a command, a price, a place
SHORT = {
    "de": ("Was kostet das Ticket nach Berlin?", "Nenne drei Städte", "Gib mir eine Liste", "Wie viel kostet das?",
           "Zeig mir das Wetter", "Fasse den Text zusammen", "Kannst du mir helfen?", "Buche einen Flug nach Rom"),
    "fr": ("Donne-moi la météo à Paris", "Combien coûte le billet ?", "Raconte une blague", "Fais une liste",
           "Traduis cette phrase", "Je veux aller à Lyon", "Que veut dire 'the best of the day'?", "Trouve un vol pour demain"),
    "es": ("Dame el clima en Madrid", "Dime un chiste", "Cuanto cuesta el billete", "Dime la capital de Francia",
           "Necesito ayuda", "Busca un vuelo a Lima", "Resume este texto", "Traduce esta frase"),
    "it": ("Quanto costa il biglietto?", "Dammi il meteo a Roma", "Dimmi la capitale della Francia", "Vorrei un volo",
           "Traduci questa frase", "Raccontami una storia", "Che tempo fa a Milano?", "Cerca un volo per domani"),
    "pt": ("Quanto custa a passagem?", "Me diga a previsão do tempo", "Conte uma piada", "Preciso de ajuda",
           "Qual é a capital da França?", "Traduza esta frase", "Quero um voo para Lisboa amanhã"),
    "nl": ("Wat kost het kaartje naar Utrecht?", "Geef me het weer in Amsterdam", "Vertel een grap", "Hoeveel kost dat?",
           "Vertaal deze zin", "Maak een lijst van steden", "Zoek een vlucht naar Rome"),
    "ro": ("Cât costă biletul?", "Spune o glumă", "Dă-mi vremea la Cluj", "Tradu această propoziție"),
    "vi": ("Vé đi Đà Nẵng giá bao nhiêu?", "Xin chào", "Hãy kể một câu chuyện", "Tho\u031b\u0300i tie\u0302\u0301t"),
    "id": ("Berapa harga tiket ke Bali?", "Ceritakan sebuah lelucon", "Terima kasih", "Tolong jelaskan ini"),
    "hu": ("Mennyibe kerül a jegy?", "Mondj egy viccet", "Szia!", "Írj egy verset a tengerről"),
    "bg": ("Здравей!", "Колко струва билетът до Варна?", "Разкажи виц", "Напиши ми стихотворение"),
    "ru": ("Объясни съезд", "Погода в Москве", "Привет", "Сколько стоит билет?", "Напиши стихи"),
    "uk": ("Скільки коштує квиток?", "Привіт"),
    "fa": ("قیمت بلیط چقدر است؟", "یک شعر بنویس"),
    "ar": ("كم سعر التذكرة؟", "مرحبا"),
    "th": ("สวัสดี", "ตั๋วราคาเท่าไหร่"),
}  # fmt: skip
UNSPOKEN = {  # languages of a known script that is another's
    "sr": "Какво је време данас у Београду?",
    "kk": "Бүгін ауа райы қандай?",
    "mk": "Какво е времето денес во Скопје?",
    "ur": "آج موسم کیسا ہے؟",
}
ENGLISH = (
    "", "Hello", "ping", "no", "12 + 7", "café naïve", "def f(x): return x", "Los Angeles", "Tell me about van Gogh",
    "What does 猫 mean in Japanese?", "Translate 'Bonjour' to English", "Say hello to Müller", "Come on in",
    "Die Hard is a film, tell me about it", "Extract the dollar amounts from this invoice.", "🎉🎉",
    # a word or a name that another language has too
    "Costa Rica weather", "Dame Judi Dench", "John Donne poems", "Buenos Aires hotels", "FA Cup final", "Mac OS version",
    "Chi squared test", "OG image tags", "ER wait times", "Han dynasty", "MIT admissions", "DEI policy", "Dove soap",
    "Chicago IL hotels", "con artist", "yo whats up", "Met gala", "garden hoe", "Uno rules", "ALS disease", "Elle magazine",
    "APA style", "Ada Lovelace", "config.ini", "Comic Sans", "AV receiver", "Ben Hur movie", "ATT stock", "EU law", "Grand Prix",
    "var x = 1", "non-profit", "Santa Fe", "Los Alamos", "Las Vegas", "San Jose", "El Paso", "La La Land", "Le Mans", "CO emissions",
    "Da Vinci", "De Niro", "Von Neumann", "Mia Farrow", "dan@example.com", "Boa constrictor", "bom.csv", "a la carte", "mkdir dir",
    "jalapeño recipe", "crème brûlée recipe", "What is phở?", "résumé tips please", "Zürich weather today", "São Paulo time",
    "Translate 'Wie geht es dir heute, und was machst du?' into English", 'Define “je ne sais quoi, mon ami”',
    "Is Gdańsk a city in Poland?", "Who is Beyoncé?", "piñata price list", "sum of 3 and 4", "AI in 2 words", "rm -rf ./dist",
)  # fmt: skip
OPENINGS = (
    "Tell me about {}", "What is the price of {}?", "Write a short poem on {}", "Summarize {} in two sentences",
    "Give me three facts: {}", "How does {} work?", "List the best {}", "Compare {} with something else",
    "Please explain {} to a child", "Book {} for tomorrow", "translate {} into French", "Return JSON describing {}",
)  # fmt: skip
SUBJECTS = (
    "the war in the Pacific", "a Volkswagen from Bonn", "tapas and paella", "the Louvre", "pizza al taglio",
    "a ticket to Rio de Janeiro", "Vincent van Gogh", "Bali", "Johann Sebastian Bach", "la dolce vita", "El Niño",
    "the Los Angeles Lakers", "déjà vu", "an apple pie", "Python decorators", "São Paulo", "Hungary",
)  # fmt: skip


@pytest.mark.parametrize(("name", "prompt"), PROMPTS.items())
def test_a_prompt_is_known_by_its_words_or_its_script(name: str, prompt: str) -> None:
    assert language_of(prompt) == name


@pytest.mark.parametrize(("name", "prompt"), [(name, prompt) for name in SHORT for prompt in SHORT[name]])
def test_a_short_command_is_known_too(name: str, prompt: str) -> None:
    assert language_of(prompt) == name


@pytest.mark.parametrize("prompt", UNSPOKEN.values(), ids=UNSPOKEN)
def test_a_language_that_cannot_be_spoken_is_not_answered_in_its_neighbour(prompt: str) -> None:
    assert language_of(prompt) == "en"


def test_english_that_speaks_of_abroad_is_english() -> None:
    prompts = [opening.format(subject) for opening in OPENINGS for subject in SUBJECTS]

    assert len(prompts) > 200
    assert [prompt for prompt in prompts if language_of(prompt) != "en"] == []


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
