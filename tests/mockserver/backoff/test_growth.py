"""How waits grow, and whether they have jitter."""

from __future__ import annotations

from random import Random

import pytest

from understudy.mockserver.backoff.growth import growth_of, is_jittered


@pytest.mark.parametrize(
    ("gaps", "kind"),
    [
        ([], "unknown"),
        ([1.0], "unknown"),
        ([1.0, 2.0, 4.0], "exponential"),
        ([0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0], "exponential"),
        ([0.5, 0.75, 1.0, 2.0], "exponential"),
        ([1.0, 1.3, 1.7, 2.2], "growing"),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "growing"),
        ([1.0, 1.01, 0.99], "constant"),
        ([0.0, 0.004, 0.001], "constant"),
        ([0.75, 1.0, 0.8], "constant"),
        ([2.0, 0.3, 1.0], "irregular"),
        ([0.0, 5.0], "irregular"),
    ],
)
def test_growth_has_a_name(gaps: list[float], kind: str) -> None:
    assert growth_of(gaps).kind == kind


def test_doubling_with_the_sdks_jitter_is_exponential() -> None:
    dice = Random(4)
    for _ in range(500):
        gaps = [min(0.5 * 2**k, 8.0) * (1 - 0.25 * dice.random()) for k in range(7)]  # FACTS F.1

        assert growth_of(gaps).kind == "exponential"


def test_the_factor_is_that_of_the_climb() -> None:
    assert growth_of([1.0, 2.0, 4.0, 8.0, 8.0]).factor == 2.0
    assert growth_of([1.0, 1.0]).factor == 1.0


@pytest.mark.parametrize(
    ("gaps", "jittered"),
    [([1.0, 0.8], None), ([1.0, 1.005, 1.01], False), ([1.0, 0.8, 0.9], True), ([10.0, 10.1, 10.3], False)],
)
def test_jitter_is_more_than_noise(gaps: list[float], jittered: bool | None) -> None:
    assert is_jittered(gaps) is jittered
