"""The headers that tell of limits, in the words of each profile."""

from __future__ import annotations

import pytest

from understudy.contracts.profiles.loading import names, profile
from understudy.mockserver import headers
from understudy.mockserver.forms import form_of
from understudy.mockserver.identity import stamp
from understudy.mockserver.limits.telling import OPENAI, telling_of

REQUESTS, TOKENS = (10_000, 9_999, 8_640_000), (500, 20, 57_600_001)
MARK = stamp(0, b"", 0, 0.0)


def test_openai_tells_both_kinds_in_the_order_of_its_replies() -> None:
    assert OPENAI.pairs(REQUESTS, TOKENS) == [
        (b"x-ratelimit-limit-requests", b"10000"),
        (b"x-ratelimit-limit-tokens", b"500"),
        (b"x-ratelimit-remaining-requests", b"9999"),
        (b"x-ratelimit-reset-requests", b"8.64s"),
        (b"x-ratelimit-remaining-tokens", b"20"),
        (b"x-ratelimit-reset-tokens", b"57.601s"),
    ]
    assert [name for name, _ in OPENAI.pairs(REQUESTS, TOKENS)] == list(headers.unlimited())


def test_a_kind_without_a_limit_is_not_told_of_but_in_a_refusal() -> None:
    assert len(OPENAI.pairs(REQUESTS, None)) == 3
    assert OPENAI.pairs(None, None) == []
    whole = dict(OPENAI.whole(REQUESTS, None))
    assert (len(whole), whole[b"x-ratelimit-remaining-requests"]) == (6, b"9999")
    assert whole[b"x-ratelimit-limit-tokens"] == headers.unlimited()[b"x-ratelimit-limit-tokens"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("groq", {b"x-ratelimit-remaining-requests": b"9999", b"x-ratelimit-reset-tokens": b"57.601s"}),
        ("azure", {b"x-ratelimit-remaining-tokens": b"20", b"x-ratelimit-reset-tokens": b"58"}),
        (
            "mistral",
            {b"x-ratelimit-remaining-req-minute": b"9999", b"x-ratelimit-limit-tokens-minute": b"500"},
        ),
        ("deepseek", {}),
        ("ollama", {}),
    ],
)
def test_gateways_tell_by_their_own_headers(name: str, told: dict[bytes, bytes]) -> None:
    pairs = telling_of(profile(name)).pairs(REQUESTS, TOKENS)

    assert told.items() <= dict(pairs).items()
    assert bool(pairs) == bool(told)


@pytest.mark.parametrize("name", names())
def test_every_such_header_of_a_profile_can_tell_the_truth(name: str) -> None:
    given = profile(name)
    sent = {header for header, _ in form_of(given).success(MARK, 7, 9) if b"ratelimit" in header}

    assert {header for header, _ in telling_of(given).pairs(REQUESTS, TOKENS)} == sent
