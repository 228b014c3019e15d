"""What the API says of limits."""

from __future__ import annotations

import pytest

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.limits.bucket import Standing
from understudy.mockserver.limits.charge import Account, Charge, Receipt, Shortage
from understudy.mockserver.limits.limit import UNITS
from understudy.mockserver.limits.refusals import rate_limited
from understudy.mockserver.limits.telling import telling_of

RPM, TPM, RPD, TPD = UNITS
VISIT = " Visit https://platform.openai.com/account/rate-limits to learn more."
PLACE = "for gpt-4o in organization org-understudy on "


def refused(shortage: Shortage, requests: Standing | None = None, tokens: Standing | None = None) -> Receipt:
    return Receipt(Charge("m", 1), Account(), shortage, requests, tokens)


@pytest.mark.parametrize(
    ("shortage", "kind", "message", "advice"),
    [
        (
            Shortage("gpt-4o", TPM, 200_000, 170_583, 180_002, 45_176),
            "tokens",
            f"Rate limit reached {PLACE}tokens per min (TPM): Limit 200000, Used 170583, Requested 180002. "
            "Please try again in 45.176s.",
            {"retry-after": "46", "retry-after-ms": "45176"},
        ),
        (
            Shortage("gpt-4o", RPD, 200, 200, 1, 432_000),
            "requests",
            f"Rate limit reached {PLACE}requests per day (RPD): Limit 200, Used 200, Requested 1. "
            "Please try again in 7m12s.",
            {"retry-after": "432", "retry-after-ms": "432000"},
        ),
        (
            Shortage("gpt-4o", RPM, 500, 500, 1, 120),
            "requests",
            f"Rate limit reached {PLACE}requests per min (RPM): Limit 500, Used 500, Requested 1. "
            "Please try again in 120ms.",
            {"retry-after": "1", "retry-after-ms": "120"},
        ),
        (
            Shortage("gpt-4o", TPM, 30_000, 0, 34_102, hopeless=True),
            "tokens",
            f"Request too large {PLACE}tokens per min (TPM): Limit 30000, Requested 34102. "
            "The input or output tokens must be reduced in order to run successfully.",
            {},
        ),
        (
            Shortage("gpt-4o", None, 5, 5, 1),
            "requests",
            f"Rate limit reached {PLACE}concurrent requests: Limit 5, Used 5, Requested 1. "
            "Please try again later.",
            {},
        ),
    ],
)
def test_a_refusal_is_worded_as_documented(
    shortage: Shortage, kind: str, message: str, advice: dict[str, str]
) -> None:
    error = rate_limited(refused(shortage))

    assert error is not None
    assert (error.status, error.type, error.code, error.param) == (429, kind, "rate_limit_exceeded", None)
    assert error.message == message + VISIT
    assert error.voice == "gateway"
    assert {name: value for name, value in error.headers if name.startswith("retry")} == advice


def test_a_refusal_shows_where_the_account_stands() -> None:
    shortage = Shortage("m", RPM, 3, 3, 1, 20_000)

    error = rate_limited(refused(shortage, (3, 0, 60_000_000), (9, 9, 0)))

    assert error is not None
    assert dict(error.headers) == {
        "x-ratelimit-limit-requests": "3",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1m0s",
        "x-ratelimit-limit-tokens": "9",
        "x-ratelimit-remaining-tokens": "9",
        "x-ratelimit-reset-tokens": "0s",
        "retry-after": "20",
        "retry-after-ms": "20000",
    }


def test_a_refusal_has_all_six_headers_also_where_one_kind_is_unlimited() -> None:
    error = rate_limited(refused(Shortage("m", RPM, 3, 3, 1, 20_000), (3, 0, 60_000_000)))

    assert error is not None
    told = dict(error.headers)
    assert (told["x-ratelimit-limit-requests"], told["x-ratelimit-reset-tokens"]) == ("3", "0s")
    assert sum(name.startswith("x-ratelimit-") for name in told) == 6


def test_a_refusal_tells_as_its_profile_does() -> None:
    told = refused(Shortage("m", RPM, 3, 3, 1, 20_000), (3, 0, 60_000_000))

    azure = rate_limited(told, telling_of(profile("azure")))
    silent = rate_limited(told, telling_of(profile("deepseek")))

    assert azure is not None
    assert silent is not None
    assert dict(azure.headers)["x-ratelimit-reset-requests"] == "60"
    assert dict(azure.headers)["retry-after-ms"] == "20000"
    assert "exceeded call rate limit" in azure.message
    assert "Please retry after 20 seconds." in azure.message
    assert silent.headers == (("retry-after", "20"),)


def test_what_was_charged_is_no_refusal() -> None:
    assert rate_limited(Receipt(Charge("m", 1), Account(), None, (10_000, 9_999, 8_640_000))) is None
