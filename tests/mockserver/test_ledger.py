"""The ledger: what is written down, what it adds up to, and what it costs."""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from understudy.contracts.profiles.profile import Prices
from understudy.mockserver.ledger import NOT_ADMITTED, OTHER, Ledger, shown
from understudy.mockserver.money import NOTHING, ONE, Sums

PRICES = {
    "mini": Prices(Decimal("0.15"), Decimal("0.90"), cached_input=Decimal("0.075")),
    "large": Prices(Decimal("2.50"), Decimal("10")),
}
KEY = "sk-a-secret-that-is-long"


def _usage(prompt: int, completion: int, cached: int = 0, reasoning: int = 0) -> Sums:
    return Sums(1, prompt, min(cached, prompt), 0, 0, completion, min(reasoning, completion))


def test_what_was_asked_is_added_up() -> None:
    ledger = Ledger()
    ledger.add(KEY, "mini", 200, _usage(1_000_000, 100_000, cached=400_000, reasoning=64_000))
    ledger.add(KEY, "mini", 200, _usage(1_000_000, 0))
    ledger.add(KEY, "large", 400, billed=False)
    ledger.add("sk-b", "mini", 200, _usage(0, 100_000))

    assert ledger.total == Sums(4, 2_000_000, 400_000, 0, 0, 200_000, 64_000, 0)
    assert ledger.by_account()["sk-b"] == Sums(1, completion=100_000)
    assert ledger.by_model()["large"] == Sums(1)
    assert set(ledger.by_status()) == {200, 400}
    assert [row[:4] for row in ledger.rows()] == [
        (KEY, "mini", 200, True),
        (KEY, "large", 400, False),
        ("sk-b", "mini", 200, True),
    ]
    # 1.6 M at 0.15, 0.4 M at 0.075, 0.1 M at 0.90
    assert ledger.spent(KEY, PRICES.get) == Decimal("0.36")
    assert ledger.spent("sk-c", PRICES.get) == 0


def test_an_empty_ledger_is_worth_nothing() -> None:
    document = Ledger().document(PRICES.get)

    assert Ledger().total == NOTHING
    assert document["total"]["requests"] == 0
    assert document["total"]["usd"] == "0"
    assert document["rows"] == document["unpriced"] == []


def test_the_document_is_json_with_masked_keys_and_decimals_as_text() -> None:
    ledger = Ledger()
    ledger.add(KEY, "mini", 200, _usage(87, 24))

    document = ledger.document(PRICES.get)

    assert json.loads(json.dumps(document)) == document
    assert KEY not in json.dumps(document)
    assert document["rows"] == [
        {
            "key": "sk-a-sec…long",
            "model": "mini",
            "status": 200,
            "billed": True,
            "requests": 1,
            "prompt_tokens": 87,
            "cached_tokens": 0,
            "cache_write_tokens": 0,
            "prompt_audio_tokens": 0,
            "completion_tokens": 24,
            "reasoning_tokens": 0,
            "completion_audio_tokens": 0,
            "total_tokens": 111,
            "usd": "0.00003465",
            "unpriced_tokens": 0,
        }
    ]


def test_what_has_no_price_is_named_and_never_free() -> None:
    ledger = Ledger()
    ledger.add(KEY, "unheard-of", 200, _usage(10, 5))
    ledger.add(KEY, "mini", 200, _usage(1_000_000, 0))
    ledger.add(KEY, "", 401)

    document = ledger.document(PRICES.get)

    assert document["unpriced"] == ["unheard-of"]
    assert [(row["model"], row["usd"]) for row in document["rows"]] == [
        ("unheard-of", None),
        ("mini", "0.15"),
        ("", "0"),
    ]
    assert (document["total"]["usd"], document["total"]["unpriced_tokens"]) == ("0.15", 15)


def test_what_is_not_billed_costs_nothing_and_is_counted() -> None:
    ledger = Ledger()
    ledger.add(KEY, "mini", 500, _usage(1_000_000, 0), billed=False)
    ledger.add(KEY, "unheard-of", 500, _usage(10, 0), billed=False)

    document = ledger.document(PRICES.get)

    assert (document["total"]["prompt_tokens"], document["total"]["usd"]) == (1_000_010, "0")
    assert document["unpriced"] == []
    assert ledger.spent(KEY, PRICES.get) == 0


def test_what_comes_when_it_is_full_is_counted_under_other() -> None:
    ledger = Ledger(limit=2)
    for key in ("a", "b", "c", "d", "a"):
        ledger.add(key, "mini", 200, _usage(10, 0))

    assert {key: sums.requests for key, sums in ledger.by_account().items()} == {"a": 2, "b": 1, OTHER: 2}
    assert ledger.total == Sums(5, 50)
    assert ledger.document(PRICES.get)["unpriced"] == [OTHER]


@pytest.mark.parametrize(
    ("key", "seen"),
    [
        ("sk-a-secret-that-is-long", "sk-a-sec…long"),
        ("sk-mykey1", "sk-…"),
        ("ab", "ab…"),
        ("k" * 5_000_000, "kkkkkkkk…kkkk"),
        (OTHER, OTHER),
        (NOT_ADMITTED, NOT_ADMITTED),
    ],
)
def test_no_key_is_shown_whole(key: str, seen: str) -> None:
    assert shown(key) == seen


def test_a_known_key_keeps_its_book_when_the_ledger_is_full() -> None:
    ledger = Ledger(limit=1)
    for model in ("mini", "new", "newer"):
        ledger.add(KEY, model, 200, _usage(10, 0))
    ledger.add("sk-stranger", "mini", 200, _usage(10, 0))

    assert {key: sums.requests for key, sums in ledger.by_account().items()} == {KEY: 3, OTHER: 1}


def test_a_ledger_without_room_is_an_error() -> None:
    with pytest.raises(ValueError, match="limit is 0, expected 1 or more rows"):
        Ledger(limit=0)


EXCHANGES = some.lists(
    some.tuples(
        some.sampled_from(["sk-a", "sk-b", "sk-c"]),
        some.sampled_from(["mini", "large", "unheard-of"]),
        some.sampled_from([200, 400, 500]),
        some.just(ONE) | some.builds(_usage, *[some.integers(0, 10**7)] * 4),
        some.booleans(),
    ),
    max_size=20,
)


def _kept(exchanges: list[Any], limit: int = 1_000) -> Ledger:
    ledger = Ledger(limit)
    for exchange in exchanges:
        ledger.add(*exchange)
    return ledger


@given(exchanges=EXCHANGES, limit=some.integers(1, 30))
def test_every_grouping_adds_up_to_the_total(exchanges: list[Any], limit: int) -> None:
    ledger = _kept(exchanges, limit)
    document = ledger.document(PRICES.get)

    for groups in ("by_key", "by_model", "by_status", "rows"):
        for field, value in document["total"].items():
            found = [group[field] for group in document[groups]]
            if field == "usd":
                known = value is not None
                assert not known or sum(Decimal(usd) for usd in found if usd is not None) == Decimal(value)
            else:
                assert sum(found) == value
    assert ledger.total.requests == len(exchanges)


@given(exchanges=EXCHANGES, seed=some.integers(0, 100))
def test_the_order_of_requests_does_not_matter(exchanges: list[Any], seed: int) -> None:
    shuffled = Random(seed).sample(exchanges, len(exchanges))

    one, other = _kept(exchanges), _kept(shuffled)

    assert set(one.rows()) == set(other.rows())
    assert one.document(PRICES.get)["total"] == other.document(PRICES.get)["total"]


@given(exchanges=EXCHANGES)
def test_what_the_keys_have_spent_is_the_total(exchanges: list[Any]) -> None:
    ledger = _kept(exchanges)
    spent = sum((ledger.spent(key, PRICES.get) for key in ("sk-a", "sk-b", "sk-c")), Decimal(0))

    assert spent == Decimal(ledger.document(PRICES.get)["total"]["usd"] or 0)


def test_threads_lose_nothing() -> None:
    ledger = Ledger()

    def work() -> None:
        for _ in range(500):
            ledger.add(KEY, "mini", 200, _usage(3, 2, cached=1))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ledger.total == Sums(2_000, 6_000, 2_000, 0, 0, 4_000, 0, 0)
