"""English to answer with: a pool of sentences and short texts, made once by faker from a fixed seed.

Sentences are ASCII, begin with a letter and end with a full stop. So tokens never reach from one
sentence into the next, and the pieces of a text are those of its sentences, one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from understudy.mockserver.tokens.bpe import split

if TYPE_CHECKING:
    from faker import Faker

Piece: TypeAlias = "tuple[str, tuple[str, ...]]"  # a text and its tokens

SENTENCES = 512
_TEXTS = 64  # of each kind
_SEED = 20_240_601

_FORMS: tuple[Callable[[Faker], str], ...] = (
    lambda fake: f"{fake.company()} plans to {fake.bs()} next {fake.month_name()}.",
    lambda fake: f"{fake.name()} works in {fake.city()} as {_article(fake.job().lower())}.",
    lambda fake: f"The team in {fake.city()} calls it {_article(fake.catch_phrase().lower())}.",
    lambda fake: f"In {fake.month_name()}, {fake.first_name()} moved from {fake.city()} to {fake.city()}.",
    lambda fake: f"You can reach {fake.first_name()} at {fake.company()} to {fake.bs()}.",
    lambda fake: f"Most people in {fake.city()} read about {fake.company()} on {fake.day_of_week()}.",
    lambda fake: (
        f"By {fake.day_of_week()}, {fake.last_name()} needs {_article(fake.catch_phrase().lower())}."
    ),
    lambda fake: f"Since {fake.month_name()}, {fake.company()} has been ready to {fake.bs()}.",
)
# the last word of a property's name -> how its texts are made
_KINDS: Mapping[str, Callable[[Faker], str]] = {
    "address": lambda fake: fake.street_address(),
    "author": lambda fake: fake.name(),
    "city": lambda fake: fake.city(),
    "code": lambda fake: fake.bothify("??-####").upper(),
    "color": lambda fake: fake.color_name(),
    "company": lambda fake: fake.company(),
    "country": lambda fake: fake.country(),
    "currency": lambda fake: fake.currency_code(),
    "date": lambda fake: fake.date(),
    "description": lambda fake: _sentence(fake),
    "email": lambda fake: fake.ascii_safe_email(),
    "id": lambda fake: fake.bothify("????####").lower(),
    "job": lambda fake: fake.job(),
    "language": lambda fake: fake.language_name(),
    "location": lambda fake: f"{fake.city()}, {fake.state_abbr()}",
    "message": lambda fake: _sentence(fake),
    "name": lambda fake: fake.name(),
    "path": lambda fake: fake.file_path(depth=2),
    "phone": lambda fake: fake.numerify("555-01##"),
    "query": lambda fake: fake.catch_phrase().lower(),
    "summary": lambda fake: _sentence(fake),
    "text": lambda fake: _sentence(fake),
    "time": lambda fake: fake.time()[:5],
    "timezone": lambda fake: fake.timezone(),
    "title": lambda fake: fake.catch_phrase(),
    "unit": lambda fake: fake.random_element(("metric", "imperial")),
    "url": lambda fake: f"https://example.com/{fake.slug()}",
}
_OTHERS: Mapping[str, str] = {
    "body": "text", "content": "text", "reason": "text", "reasoning": "text", "explanation": "text",
    "uri": "url", "link": "url", "file": "path", "filename": "path", "subject": "title", "topic": "query",
    "place": "location", "town": "city", "colour": "color", "user": "name", "customer": "name",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences with their tokens: as they open a text, and as they go on one (after a space)."""

    openings: tuple[Piece, ...]
    followings: tuple[Piece, ...]


def prose(encoding: str) -> Prose:
    """Return the pool of sentences, cut into tokens of *encoding*."""
    known = _READY.get(encoding)
    if known is None:
        with _MAKING:
            known = _READY.get(encoding) or _prose(encoding)
            _READY[encoding] = known
    return known


def property_words(chance: Random, name: str) -> str:
    """Return a text such as a property called *name* would hold."""
    with _MAKING:
        texts = _texts(kind_of(name))
    return texts[int(chance.random() * len(texts))]


def seeded_faker(locale: str, seed: int) -> Faker:
    """Return a faker of *locale* that always says the same."""
    from faker import Faker  # here: its import takes 80 ms, and not every server generates

    with _FAKING:  # it puts its locales together as they are first asked for
        fake: Any = Faker(locale)  # seed_instance has no annotations
    fake.seed_instance(seed)
    made: Faker = fake
    return made


_READY: dict[str, Prose] = {}  # by encoding
_MAKING, _FAKING = Lock(), Lock()


def _prose(encoding: str) -> Prose:
    return Prose(
        openings=tuple((text, split(text, encoding)) for text in _sentences()),
        followings=tuple((" " + text, split(" " + text, encoding)) for text in _sentences()),
    )


@lru_cache(maxsize=1)
def _sentences() -> tuple[str, ...]:
    fake = seeded_faker("en_US", _SEED)
    made: dict[str, None] = {}
    while len(made) < SENTENCES:
        text = _FORMS[len(made) % len(_FORMS)](fake)
        if text.isascii() and text[0].isalpha():
            made[text] = None
    return tuple(made)


@lru_cache(maxsize=len(_KINDS) + 1)
def _texts(kind: str) -> tuple[str, ...]:
    fake = seeded_faker("en_US", _SEED + len(kind))
    make = _KINDS.get(kind, _KINDS["query"])
    return tuple(make(fake) for _ in range(_TEXTS))


@lru_cache(maxsize=1024)
def kind_of(name: str) -> str:
    """Return the kind of text a property called *name* holds, "" where its last word is none we know."""
    words = re.findall("[a-z]+|[A-Z][a-z]*", name)
    last = words[-1].lower() if words else ""
    last = _OTHERS.get(last, last)
    return last if last in _KINDS else ""


def _sentence(fake: Faker) -> str:
    return _FORMS[fake.random_int(0, len(_FORMS) - 1)](fake)


def _article(text: str) -> str:
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"
