from __future__ import annotations

from understudy.contracts.profiles.loading import profile
from understudy.mockserver.faults.error_words import BY_STATUS, NAMED, Words

DOCUMENTED = (
    400,
    401,
    402,
    403,
    404,
    405,
    408,
    409,
    413,
    415,
    422,
    429,
    499,
    500,
    502,
    503,
    504,
    520,
    524,
    529,
)


def test_every_documented_status_has_a_name() -> None:
    assert [status for status in DOCUMENTED if status not in BY_STATUS] == []


def test_a_bare_status_means_what_is_most_usual() -> None:
    assert [BY_STATUS[status] for status in (401, 429, 500, 502, 503)] == [
        "invalid_key",
        "rate_limit",
        "server_error",
        "gateway_html_502",
        "overloaded",
    ]


def test_the_words_are_those_of_the_profile() -> None:
    told = {(named.status, named.code) for named in NAMED.values() if isinstance(named, Words)}
    told |= {(429, "rate_limit_exceeded")}
    documented = {
        (int(status), variant.code)
        for status, fact in profile("openai").errors.items()
        for variant in fact.variants
        if variant.code is not None
    }

    assert documented - told == set()


def test_every_error_says_when_it_comes() -> None:
    assert [name for name, named in NAMED.items() if not named.about] == []
