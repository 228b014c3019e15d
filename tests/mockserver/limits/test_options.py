"""Limits from the command line."""

from __future__ import annotations

import pytest

from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.limits.options import limits_from_options, parse_count


def test_no_option_is_no_limit() -> None:
    assert limits_from_options() == ()


def test_options_of_one_model_make_one_limit() -> None:
    found = limits_from_options(
        rpm=("60", "gpt-4o=10"), tpm=("30k",), rpd=("gpt-4o=1_000",), concurrency=("5",)
    )

    assert found == (
        Limit(requests_per_minute=60, tokens_per_minute=30_000, concurrency=5),
        Limit(requests_per_minute=10, requests_per_day=1_000, model="gpt-4o"),
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 1),
        (" 60 ", 60),
        ("30_000", 30_000),
        ("1,030,000", 1_030_000),
        ("30k", 30_000),
        ("1.5M", 1_500_000),
        ("1,500.5k", 1_500_500),
    ],
)
def test_a_count_reads_as_people_write_it(text: str, count: int) -> None:
    assert parse_count(text) == count


@pytest.mark.parametrize(
    "text",
    ["", "x", "-1", "0", "1.5", "1e3", "0.0001k", "9" * 20, "9" * 99, "k", "１", "1k2", "1,2", "1,,0",
     "1__0", "1_000_", "1000,000", "0,500"],
)  # fmt: skip
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no count|is not whole|is out of range|is too large"):
        parse_count(text)


def test_blanks_around_a_model_are_not_of_its_name() -> None:
    assert limits_from_options(rpm=(" gpt-4o = 10",)) == (Limit(requests_per_minute=10, model="gpt-4o"),)
    with pytest.raises(ValueError, match=r"^--tpm gpt-4o =6: there is one for gpt-4o already$"):
        limits_from_options(tpm=("gpt-4o=5", "gpt-4o =6"))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"rpm": ("many",)}, "--rpm many: 'many' is no count; examples: 60, 30_000, 30k, 1.5M"),
        ({"tpd": ("=5",)}, "--tpd =5: no model stands before the equals sign"),
        ({"tpd": (" =5",)}, "--tpd  =5: no model stands before the equals sign"),
        ({"tpm": ("5", "6")}, "--tpm 6: there is one for every model already"),
        ({"concurrency": ("m=5", "m=6")}, "--concurrency m=6: there is one for m already"),
        ({"rpd": ("m=0",)}, "--rpd m=0: '0' is out of range, expected 1 to 1000000000000"),
    ],
)
def test_a_mistake_names_its_option(values: dict[str, tuple[str, ...]], reason: str) -> None:
    with pytest.raises(ValueError) as raised:
        limits_from_options(**values)

    assert str(raised.value) == reason
