"""What a user can choose, and what they cannot."""

from __future__ import annotations

from typing import Any

import pytest

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
    ],
)
def test_a_value_that_cannot_be_is_named(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Settings(**wrong)


@pytest.mark.parametrize("profile", ["openai", "compatible"])
def test_the_profiles_are_taken(profile: str) -> None:
    assert Settings(profile=profile).profile == profile
