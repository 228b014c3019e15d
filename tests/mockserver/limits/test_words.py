"""What APIs say of limits."""

from __future__ import annotations

import pytest

from understudy.contracts.profiles.loading import names, profile, read_profile
from understudy.mockserver.limits.charge import Shortage
from understudy.mockserver.limits.limit import UNITS
from understudy.mockserver.limits.words import azure_words, openai_words, whole_seconds, words_of

RPM, TPM, _, _ = UNITS
BEGIN = "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have exceeded "
END = (
    "Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate "
    "limit."
)


@pytest.mark.parametrize(
    ("shortage", "words"),
    [
        (Shortage("m", TPM, 9, 9, 1, 6_200), "token rate limit {}Please retry after 7 seconds. "),
        (Shortage("m", RPM, 9, 9, 1, 120), "call rate limit {}Please retry after 1 seconds. "),
        (Shortage("m", TPM, 9, 0, 10, hopeless=True), "token rate limit {}"),
        (Shortage("m", None, 5, 5, 1), "call rate limit {}"),
    ],
)
def test_azure_has_its_own_words(shortage: Shortage, words: str) -> None:
    tier = "of your current OpenAI S0 pricing tier. "

    assert azure_words(shortage) == BEGIN + words.format(tier) + END


def test_others_say_what_openai_says() -> None:
    assert [name for name in names() if words_of(profile(name)) is not openai_words] == ["azure"]


def test_a_profile_of_an_azure_resource_has_azure_s_words() -> None:
    mine = read_profile(
        "{name: mine, extends: azure, base_url: 'https://me.openai.azure.com/openai/v1'}", "f"
    )

    assert words_of(mine) is azure_words


@pytest.mark.parametrize(("milliseconds", "seconds"), [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (60_000, 60)])
def test_seconds_are_rounded_up(milliseconds: int, seconds: int) -> None:
    assert whole_seconds(milliseconds) == seconds
