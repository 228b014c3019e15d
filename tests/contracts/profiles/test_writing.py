"""A profile that is written out and read again is the same profile."""

from __future__ import annotations

import json

import pytest

from understudy.contracts.profiles.loading import names, profile, read_profile
from understudy.contracts.profiles.profile import Profile
from understudy.contracts.profiles.writing import document_of


@pytest.mark.parametrize("name", names())
def test_what_is_written_can_be_read(name: str) -> None:
    text = json.dumps(document_of(profile(name)), indent=2)

    assert read_profile(text, f"{name}.json") == profile(name)


def test_defaults_are_left_out() -> None:
    assert document_of(Profile("mine")) == {"name": "mine", "contract": "openai"}


def test_a_default_that_is_false_is_documented_all_the_same() -> None:
    fields = document_of(profile("openai"))["fields"]

    assert fields["stream"]["default"] is False
    assert fields["n"]["default"] == 1
    assert "default" not in fields["seed"]


def test_prices_keep_their_digits() -> None:
    prices = document_of(profile("toapis"))["models"]["gpt-5-4-mini"]["prices"]

    assert (prices["input"], prices["output"]) == ("0.15", "0.90")
