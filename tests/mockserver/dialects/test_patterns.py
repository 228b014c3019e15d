"""Patterns of ids."""

from __future__ import annotations

import re

import pytest

from understudy.mockserver.dialects.patterns import check, draw

FACTS = {"created": 1_790_000_000, "index": 3, "name": "get_weather"}


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        ("chatcmpl-{hex:32}", "chatcmpl-[0-9a-f]{32}"),
        ("gen-{created}-{alnum:20}", "gen-1790000000-[A-Za-z0-9]{20}"),
        ("{lower:8}", "[a-z0-9]{8}"),
        ("call_{digits:8}", r"call_\d{8}"),
        ("{uuid}", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        ("req_{ulid}", "req_01[0-9a-hjkmnp-tv-z]{24}"),
        ("call_{index:2}_{name}", "call_03_get_weather"),
        ("fp_ollama", "fp_ollama"),
    ],
)
def test_a_pattern_draws_its_form(pattern: str, form: str) -> None:
    drawn = draw(pattern, "seed", FACTS)

    assert re.fullmatch(form, str(drawn)), drawn


@pytest.mark.parametrize(("pattern", "kind"), [("#{number:999}", int), ("#0.{digits:9}", float)])
def test_a_hash_draws_a_number(pattern: str, kind: type) -> None:
    assert type(draw(pattern, "seed", FACTS)) is kind


def test_equal_seeds_draw_equal_values_and_others_others() -> None:
    values = {draw("{alnum:20}", f"seed {number}", FACTS) for number in range(100)}

    assert len(values) == 100
    assert draw("{alnum:20}", "seed 7", FACTS) in values


def test_parts_of_one_pattern_differ() -> None:
    first, second = str(draw("{hex:8} {hex:8}", "seed", FACTS)).split()

    assert first != second


def test_numbers_stay_within_their_bound() -> None:
    numbers = {int(draw("{number:3}", str(seed), FACTS)) for seed in range(99)}

    assert numbers == {1, 2, 3}


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("x-{hexx:3}", "no part {hexx} in patterns; there are: hex, alnum"),
        ("{hex}", "{hex:N} takes N from 1 to 64, got ''"),
        ("{hex:65}", "{hex:N} takes N from 1 to 64, got '65'"),
        ("{uuid:3}", "{uuid} takes no number, got '3'"),
        ("#{uuid}", "starts with #, so it must make a number"),
    ],
)
def test_a_wrong_pattern_is_refused_with_its_place(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^reply\.draws\.id: ") as caught:
        check(pattern, "reply.draws.id")

    assert reason in str(caught.value)
