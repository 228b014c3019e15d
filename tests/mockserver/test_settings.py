"""What a user can choose, and what they cannot."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.settings import Settings


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"profile": "opnai"}, "no profile 'opnai'; there are: .*openai"),
        ({"on_unmatched": "ignore"}, "'generate' or 'fail', not 'ignore'"),
        ({"api_keys": ("sk-1", "")}, "an API key is empty; leave api_keys out"),
        ({"body_limit": 0}, "body_limit is 0, expected 1 or more"),
        ({"depth_limit": -1}, "depth_limit is -1, expected 1 or more"),
        ({"journal_entries": 0}, "journal_entries is 0"),
        ({"journal_bytes": 0}, "journal_bytes is 0"),
        ({"stored_entries": 0}, "stored_entries is 0"),
        ({"style": "poem"}, "no style 'poem' of generated text; there are: faker, echo, lorem"),
        ({"credit": Decimal(-1)}, "credit is -1 USD, expected 0 or more"),
        ({"credit": Decimal(1), "profile": "bytespike"}, "the profile bytespike documents no prices"),
    ],
)
def test_a_value_that_cannot_be_is_named(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Settings(**wrong)


def test_a_profile_is_taken_by_name_and_as_it_is() -> None:
    assert Settings(profile="azure").api is profile("azure")
    assert Settings(profile=profile("azure")).api is profile("azure")
