"""The language of a prompt, and sentences to answer it with. What there is, is in ``languages.json``.

English has its own pool (``prose``), cut into tokens beforehand: it is what is asked most. The pools of
the others are made by faker from a fixed seed when first needed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from random import Random
from typing import Any

from understudy.mockserver.generation.prose import kind_of, property_words, seeded_faker
from understudy.mockserver.instances.strings import Words

ENGLISH = "en"
SENTENCES = 128  # of each language
_SEED = 20_240_601
_READ = 400  # characters of a prompt that are looked at
_SHORT = 3  # in a prompt of so few words, one that tells is enough
_SHARE = 0.3  # of the letters of a prompt that are of another script than ours
_LETTERS = bytes(ord(c.lower()) if (c := chr(at)).isascii() and c.isalpha() else 32 for at in range(256))
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile("(?<!\\w)[\"'\u2018\u201c\u201e\u00ab].+?[\"'\u2019\u201c\u201d\u00bb](?!\\w)")
_BEYOND = re.compile("[\u0370-\u1dff\u3040-\ud7a3]")  # scripts other than ours
_CYRILLIC = "[\u0400-\u04ff]"
_ARABIC = "[\u0621-\u064a\u066e-\u06d3]"
# Russian writes the hard sign before these four only, and has letters that Bulgarian has not
_BULGARIAN = (
    r"(?is)^(?!.*[ыэё]).*"
    r"(?:ъ(?![еёюя])|\b(?:\u0435|какво|каква|какви|времето|днес|утре|здравей(?:те)?|моля|защо|кога|колко|струва|"
    r"това|този|тази|тези|ще|разкажи|\u0441\u0435|си|дай ми|преведи ми|кажи ми|обясни|напиши ми|една)\b)"
)
# a language, what tells it, and the script it is of; the first that is there in number. English stands
# for the languages of a script that cannot be spoken: Serbian, Kazakh, Urdu, ... are not answered in another
_SCRIPTS = (
    ("ja", "[\u3040-\u30ff]", "[\u3040-\u30ff\u3400-\u9fff]"),
    ("ko", "[\uac00-\ud7a3]", "[\uac00-\ud7a3]"),
    ("zh", "[\u3400-\u9fff]", "[\u3400-\u9fff]"),
    (ENGLISH, "[ђћљњџјѓќѕўәғқңүұһөҷҳӣӯЂЋЉЊЏЈЃЌЅЎӘҒҚҢҮҰҺӨҶҲӢӮ]", _CYRILLIC),
    ("uk", "[іїєґІЇЄҐ]", _CYRILLIC),
    ("bg", _BULGARIAN, _CYRILLIC),
    ("ru", _CYRILLIC, _CYRILLIC),
    ("el", "[\u0370-\u03ff]", "[\u0370-\u03ff]"),
    ("he", "[\u05d0-\u05ea]", "[\u05d0-\u05ea]"),
    (
        ENGLISH,
        "[\u0679\u0688\u0691\u06ba\u06c1\u06d2\u06c6\u06ce\u06d5\u06b5\u0695\u067c\u0689\u0693\u069a\u06bc]",
        _ARABIC,
    ),
    ("fa", r"[\u067e\u0686\u0698\u06a9\u06af\u06cc]|\b(?:است|را)\b|^\W*سلام\W*$", _ARABIC),
    ("ar", _ARABIC, _ARABIC),
    ("hi", "[\u0904-\u0939]", "[\u0900-\u097f]"),
    ("th", "[\u0e01-\u0e2e]", "[\u0e00-\u0e7f]"),
)
_LOCAL = {  # kind of a property -> what faker calls it
    "author": "name",
    "city": "city",
    "company": "company",
    "name": "name",
}
_SAID = frozenset(("description", "message", "summary", "text"))


@dataclass(frozen=True, slots=True)
class Language:
    """How a language is known and spoken: *templates* of sentences, joined by *joiner*; *result* quotes
    what a tool returned."""

    name: str
    locale: str
    words: frozenset[str]
    letters: frozenset[str]
    joiner: str
    result: str
    templates: tuple[str, ...]


def language(name: str) -> Language:
    """Return the language called *name* (``de``)."""
    return _languages()[name]


def language_of(prompt: str) -> str:
    """Return the name of the language of *prompt*; English where nothing says otherwise."""
    return _language_of(prompt[:_READ])


@lru_cache(maxsize=1024)
def _language_of(text: str) -> str:
    if text.isascii():
        words = text.encode().translate(_LETTERS).split()  # nearly all requests come here: this is quickest
        if _foreign().isdisjoint(words):
            return ENGLISH
        return _by_words(text.lower())
    text = unicodedata.normalize("NFC", text)  # some systems send an accent apart from its letter
    if _BEYOND.search(text):
        known = len(_LETTER.findall(text)) * _SHARE
        for name, telling, letters in _SCRIPTS:
            if re.search(telling, text) and len(re.findall(letters, text)) > known:
                return name
    return _by_words(text.lower())


@lru_cache(maxsize=32)
def sentences(name: str) -> tuple[str, ...]:
    """Return the pool of sentences of the language *name*, no two equal."""
    spoken = language(name)
    fake = seeded_faker(spoken.locale, _SEED)
    made: dict[str, None] = {}
    while len(made) < SENTENCES:
        template = spoken.templates[len(made) % len(spoken.templates)]
        text = template.format(name=fake.first_name(), company=fake.company(), city=fake.city())
        made[" ".join(text.split())] = None
    return tuple(made)


@lru_cache(maxsize=32)
def words_of(name: str) -> Words:
    """Return what gives properties their texts in the language *name*, English where it has none."""
    if name == ENGLISH:
        return property_words

    def words(chance: Random, member: str) -> str:
        kind = kind_of(member)
        texts = sentences(name) if kind in _SAID else _locals(name, kind) if kind in _LOCAL else ()
        return texts[int(chance.random() * len(texts))] if texts else property_words(chance, member)

    return words


def _by_words(text: str) -> str:
    """Return the language most of whose telling words and letters are in *text*, which is in lower case."""
    unquoted = _QUOTED.sub(" ", text)
    if not (words := _WORD.findall(unquoted)):
        unquoted, words = text, _WORD.findall(text)
    said, letters = set(words), set(unquoted)
    least = 1 if len(words) <= _SHORT else 2
    weak, english = _listed("weak"), language(ENGLISH).words
    telling = said - _listed("shared") - weak - english
    best, most = ENGLISH, len(said & english - _listed("shared"))
    for name, spoken in _languages().items():
        if name == ENGLISH:
            continue
        score, own = len(spoken.letters & letters), spoken.words & said
        # words like "der" and "la" say nothing alone: they are in English texts too, as names
        if not own.isdisjoint(telling) or (len(own - english) > 1 and not own.isdisjoint(weak)):
            score += len(own)
        else:
            score -= 1  # one letter is in a name like "São Paulo"
        if score > most and score >= least:
            best, most = name, score
    return best


@lru_cache(maxsize=128)
def _locals(name: str, kind: str) -> tuple[str, ...]:
    if kind == "city" and not any("{city}" in template for template in language(name).templates):
        return ()  # faker's cities of this locale are half English
    fake = seeded_faker(language(name).locale, _SEED)
    return tuple(" ".join(getattr(fake, _LOCAL[kind])().split()) for _ in range(64))


@cache
def _foreign() -> frozenset[bytes]:
    """Return the words that tell another language, those in ASCII."""
    every = frozenset[str]().union(*(spoken.words for spoken in _languages().values()))
    telling = every - language(ENGLISH).words - _listed("shared")
    return frozenset(word.encode() for word in telling if word.isascii())


@cache
def _listed(name: str) -> frozenset[str]:
    """Return the words that tell no language: "shared" ones never, "weak" ones not without another."""
    return frozenset(_data()[name].split())


@cache
def _languages() -> Mapping[str, Language]:
    return {name: _language(name, entry) for name, entry in _data()["languages"].items()}


@cache
def _data() -> Mapping[str, Any]:
    text = files("understudy.mockserver").joinpath("generation/languages.json").read_text("utf-8")
    data: Mapping[str, Any] = json.loads(text)
    return data


def _language(name: str, entry: Mapping[str, Any]) -> Language:
    return Language(
        name=name,
        locale=entry["locale"],
        words=frozenset(entry["words"].split()),
        letters=frozenset(entry["letters"]),
        joiner=entry["joiner"],
        result=entry["result"],
        templates=tuple(entry["sentences"]),
    )
