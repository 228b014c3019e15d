"""The messages of the 429s of limits, as each API words them (FACTS D.2, H)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.limits.charge import Shortage
from understudy.mockserver.limits.durations import go_duration

Words: TypeAlias = Callable[[Shortage], str]

_ORGANIZATION = "org-understudy"
_VISIT = "Visit https://platform.openai.com/account/rate-limits to learn more."
_TOO_MUCH = "The input or output tokens must be reduced in order to run successfully."
_AZURE = (
    "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have "
    "exceeded {measure} rate limit of your current OpenAI S0 pricing tier. {again}Please go here: "
    "https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit."
)
_AZURE_HOST = ".openai.azure.com"


def words_of(profile: Profile) -> Words:
    """Return what words a shortage as *profile* does: as OpenAI, where nothing else is documented."""
    return azure_words if _AZURE_HOST in profile.base_url else openai_words


def openai_words(shortage: Shortage) -> str:
    """FACTS D.2; of too many at once nothing is documented, so the words are ours."""
    limit, spent, asked = shortage.limit, shortage.used, shortage.requested
    what = "concurrent requests" if shortage.unit is None else shortage.unit.words
    place = f"for {shortage.model} in organization {_ORGANIZATION} on {what}"
    if shortage.hopeless:
        return f"Request too large {place}: Limit {limit}, Requested {asked}. {_TOO_MUCH} {_VISIT}"
    again = "later" if shortage.wait is None else f"in {go_duration(shortage.wait)}"
    counts = f"Limit {limit}, Used {spent}, Requested {asked}."
    return f"Rate limit reached {place}: {counts} Please try again {again}. {_VISIT}"


def azure_words(shortage: Shortage) -> str:
    """FACTS H; where waiting does not help, or nobody knows how long to, nothing is said of it."""
    tokens = shortage.unit is not None and shortage.unit.kind == "tokens"
    again = "" if shortage.wait is None else f"Please retry after {whole_seconds(shortage.wait)} seconds. "
    return _AZURE.format(measure="token" if tokens else "call", again=again)


def whole_seconds(milliseconds: int) -> int:
    """Return *milliseconds* as ``retry-after`` says them: rounded up, and at least 1 (FACTS E.2)."""
    return max(1, -(milliseconds // -1_000))
