"""Distributions: read from text, drawn from a seed, never below 0."""

from __future__ import annotations

import statistics
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.pacing.distributions import (
    Distribution,
    Fixed,
    LogNormal,
    Normal,
    Uniform,
    read_distribution,
)

MANY = 20_000
DISTRIBUTIONS = [Fixed(0.3), Uniform(0.1, 0.5), Normal(1.0, 0.2), LogNormal(0.3, 0.5)]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("0.3", Fixed(0.3)),
        (" 0 ", Fixed(0.0)),
        ("fixed:2", Fixed(2.0)),
        ("uniform:0.1,0.5", Uniform(0.1, 0.5)),
        ("normal:0.3,0.1", Normal(0.3, 0.1)),
        ("normal: 0.3, 0.1", Normal(0.3, 0.1)),
        ("lognormal:0.3,0.5", LogNormal(0.3, 0.5)),
    ],
)
def test_text_is_read(text: str, read: Distribution) -> None:
    assert read_distribution(text, "ttft") == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "ttft is '': '' is not VALUE; expected a number, fixed:VALUE, uniform:LOW,HIGH"),
        ("soon", "'soon' is not VALUE"),
        ("gamma:1,2", "there is no distribution 'gamma'; expected a number"),
        ("normal:1", "1 numbers where normal takes MEAN,DEVIATION"),
        ("normal:1,2,3", "3 numbers where"),
        ("uniform:a,b", "'a,b' is not LOW,HIGH"),
        ("-1", "every number is from 0 to 86400"),
        ("inf", "every number is from 0 to 86400"),
        ("nan", "every number is from 0 to 86400"),
        ("86400.1", "every number is from 0 to 86400"),
        ("normal:1,1e308", "every number is from 0 to 86400"),
        ("uniform:2,1", "the lower end is above"),
        ("lognormal:1,11", "a sigma is at most 10"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_distribution(text, "ttft")

    assert said in str(caught.value)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=str)
def test_many_draws_have_the_mean(distribution: Distribution) -> None:
    random = Random(1)

    drawn = [distribution.draw(random) for _ in range(MANY)]

    assert statistics.fmean(drawn) == pytest.approx(distribution.mean, rel=0.02)


def test_a_normal_has_its_deviation() -> None:
    random = Random(2)

    drawn = [Normal(10.0, 2.0).draw(random) for _ in range(MANY)]

    assert statistics.stdev(drawn) == pytest.approx(2.0, rel=0.02)


def test_half_of_a_log_normal_is_below_its_median() -> None:
    random = Random(3)

    drawn = [LogNormal(0.3, 1.0).draw(random) for _ in range(MANY)]

    assert statistics.median(drawn) == pytest.approx(0.3, rel=0.03)


def test_one_seed_gives_one_row_in_every_version_of_python() -> None:
    random = Random(0)

    drawn = [f"{distribution.draw(random):.6f}" for distribution in DISTRIBUTIONS for _ in range(2)]

    assert drawn == [
        "0.300000",
        "0.300000",
        "0.437769",
        "0.403182",
        "0.988300",
        "0.802115",
        "0.225001",
        "0.183304",
    ]


@given(st.floats(0, 1e6), st.floats(0, 10), st.integers())
def test_nothing_is_below_0_or_without_end(number: float, other: float, seed: int) -> None:
    random = Random(seed)
    low, high = sorted((number, other))

    for distribution in (Uniform(low, high), Normal(number, other), LogNormal(number, other)):
        assert 0.0 <= distribution.draw(random) < float("inf")
