"""Counts and borders of tokens, against tiktoken and against the published vocabularies."""

from __future__ import annotations

import base64
import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
import tiktoken
import tiktoken_ext.openai_public
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from understudy.mockserver.tokens import bpe
from understudy.mockserver.tokens.bpe import Encoding, count, merge, split
from understudy.mockserver.tokens.vocabulary import ENCODINGS, tokens

PUBLISHED = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
# what the cutting patterns tell apart, in all scripts
SIGNS = "aZéßſͅǅʰ中かあ\u0301\u0903٣Ⅷ²_-'sSlLtTdD rveRVEmM/\\.!?\"€😀👩‍👩‍👧 \t\r\n\x0b\x1c\x85\xa0\u2003\u3000\u200b\ufeff"
TEXTS = [
    "",
    " ",
    "hello",
    "What is the capital of France?",
    "I'll say it's they're WE'VE I'M you'D 'Twas 'ſ can't",
    "def f(x: int) -> int:\n    return x ** 2  # square\n\n\n",
    '{"city": "Paris", "days": [1, 22, 333, 4444]}',
    "東京の天気はどうですか。今日は晴れです。",
    "Здравствуйте, мир! Ёжик",
    "مرحبا بالعالم ٠١٢٣",
    "😀👩‍👩‍👧‍👦🏳️‍🌈",
    "<|endoftext|> <|im_start|>",
    "   \n\n  \r\n \t x \n",
    "a" * 500,
    "ÀÉ" * 200,
    "=" * 300 + "/\n" * 40,
]


@cache
def reference(name: str) -> tiktoken.Encoding:
    ranks = {token: rank for rank, token in enumerate(tokens(name))}
    return tiktoken.Encoding(name, pat_str=_pattern(name), mergeable_ranks=ranks, special_tokens={})


def _pattern(name: str) -> str:
    """Return tiktoken's own cutting pattern, without the download that building the encoding means."""
    public = tiktoken_ext.openai_public
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(public, "load_tiktoken_bpe", lambda *_, **__: {})
        pattern: str = getattr(public, name)()["pat_str"]
    return pattern


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_vocabulary_is_the_published_one(name: str) -> None:
    rows = [base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(tokens(name))]

    assert hashlib.sha256(b"".join(rows)).hexdigest() == PUBLISHED[name]


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("text", TEXTS)
def test_counts_equal_tiktoken(name: str, text: str) -> None:
    assert count(text, name) == len(reference(name).encode_ordinary(text))


@pytest.mark.parametrize("name", ENCODINGS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(st.one_of(st.sampled_from(SIGNS), st.characters()), max_size=60))
def test_counts_and_pieces_of_any_text_equal_tiktoken(name: str, text: str) -> None:
    ids = reference(name).encode_ordinary(text)

    pieces = split(text, name)

    assert count(text, name) == len(ids)
    assert "".join(pieces) == text
    assert len(pieces) <= len(ids)


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_character_is_of_the_class_tiktoken_has_it_in(name: str) -> None:
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    texts = ["".join(f"a{chr(code)}A{chr(code)}1 " for code in codes[at::997]) for at in range(0, 997, 40)]

    counts = [Encoding.count(bpe.loaded(name), text) for text in texts]

    assert counts == [len(reference(name).encode_ordinary(text)) for text in texts]


def test_pieces_are_the_texts_of_the_tokens() -> None:
    assert split("What is the capital of France?") == (
        "What",
        " is",
        " the",
        " capital",
        " of",
        " France",
        "?",
    )


def test_tokens_that_share_a_character_are_one_piece() -> None:
    text = "\U0001fae8"  # a face younger than the vocabularies

    assert count(text) > 1
    assert split(text) == (text,)


def test_half_a_surrogate_pair_counts_as_the_sign_that_replaces_it() -> None:
    assert count("a\ud800b") == count("a\ufffdb")
    assert "".join(split("a\ud800b")) == "a\ud800b"


@pytest.mark.parametrize("word", [b"aaaa" * 40, b"abcabcab" * 30, bytes(range(256)), b"the quick brown" * 20])
def test_long_words_merge_as_short_ones_do(word: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    ranks = {token: rank for rank, token in enumerate(tokens("cl100k_base"))}
    by_heap = merge(word, ranks)

    monkeypatch.setattr(bpe, "_LONG_WORD", 10**9)

    assert merge(word, ranks) == by_heap


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpe, "_KEPT_WORDS", 10)
    encoding = Encoding("cl100k_base")

    for number in range(100):
        encoding.count(f"w{number} {'x' * 60}{number}")

    assert len(encoding._counts) <= 10
    assert all(len(word) <= 48 for word in encoding._counts)


def test_an_unknown_encoding_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"p50k_base.*o200k_base, cl100k_base"):
        count("hello", "p50k_base")


def test_threads_load_a_vocabulary_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(bpe, "_LOADED", {})
    monkeypatch.setattr(bpe, "Encoding", lambda name: made.append(name) or Encoding(name))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: bpe.loaded("cl100k_base"), range(16)))

    assert made == ["cl100k_base"]
    assert len(set(map(id, found))) == 1


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_text_cut_at_a_token_has_as_many_tokens_as_pieces(name: str) -> None:
    chance = random.Random(5)
    for text in (text for text in TEXTS if text.isascii()):
        pieces = split(text, name)
        end = chance.randrange(len(pieces) + 1)

        assert count("".join(pieces[:end]), name) <= end
