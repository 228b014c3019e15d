"""Ids, drawn from seed, request and attempt (FACTS B.1, E.2)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.identity import PADDING, stamp, system_fingerprint

ONE, OTHER = b"1" * 16, b"2" * 16


@given(st.integers(), st.binary(min_size=16, max_size=16), st.integers(min_value=0))
def test_ids_have_the_api_s_form(seed: int, request: bytes, attempt: int) -> None:
    mark = stamp(seed, request, attempt, 1_700_000_000.9)

    assert re.fullmatch(r"chatcmpl-[A-Za-z0-9]{29}", mark.id)
    assert re.fullmatch(r"req_[0-9a-f]{32}", mark.request_id)
    assert mark.created == 1_700_000_000
    assert 200 <= mark.processing_ms < 1_000


def test_the_same_attempt_is_the_same_whatever_happened_between() -> None:
    first = stamp(7, ONE, 2, 5.0)
    stamp(7, OTHER, 0, 5.0)

    assert stamp(7, ONE, 2, 5.0) == first


@pytest.mark.parametrize(("seed", "request_", "attempt"), [(8, ONE, 2), (7, OTHER, 2), (7, ONE, 3)])
def test_whatever_differs_makes_another_reply(seed: int, request_: bytes, attempt: int) -> None:
    one, other = stamp(7, ONE, 2, 5.0), stamp(seed, request_, attempt, 5.0)

    assert one.id != other.id
    assert one.request_id != other.request_id


def test_time_changes_created_and_nothing_else() -> None:
    assert stamp(7, ONE, 2, 9.0) == stamp(7, ONE, 2, 5.0)._replace(created=9)


def test_ten_thousand_replies_have_ten_thousand_ids() -> None:
    assert len({stamp(0, ONE, attempt, 0.0).id for attempt in range(10_000)}) == 10_000


def test_padding_is_letters_and_digits_that_do_not_repeat() -> None:
    assert re.fullmatch(r"[A-Za-z0-9]{4096}", PADDING)
    assert len({PADDING[at : at + 15] for at in range(0, 4080, 31)}) == len(range(0, 4080, 31))


def test_a_model_has_one_fingerprint() -> None:
    assert re.fullmatch(r"fp_[0-9a-f]{10}", system_fingerprint("gpt-4o-2024-08-06"))
    assert system_fingerprint("a") == system_fingerprint("a") != system_fingerprint("b")
    assert system_fingerprint("\ud800").startswith("fp_")
