"""What error replies say about asking again, read in the order of the official SDKs."""

from __future__ import annotations

import pytest

from understudy.mockserver.backoff.advice import Advice, advice_of, should_retry

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("headers", "advice"),
    [
        ({}, None),
        ({"retry-after": "20"}, Advice(20.0, "retry-after")),
        ({"retry-after": "0.5"}, Advice(0.5, "retry-after")),
        ({"retry-after": "0"}, Advice(0.0, "retry-after")),
        ({"retry-after": "-3"}, Advice(-3.0, "retry-after")),
        ({"retry-after": "3", "retry-after-ms": "150"}, Advice(0.15, "retry-after-ms")),
        ({"retry-after": "3", "retry-after-ms": "soon"}, Advice(3.0, "retry-after")),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:30 GMT"}, Advice(10.0, "retry-after date")),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:10 GMT"}, Advice(-10.0, "retry-after date")),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Tue, 99 Nov 99999999999 22:13:10 GMT"}, None),
    ],
)
def test_advice_is_read_as_the_sdks_read_it(headers: dict[str, str], advice: Advice | None) -> None:
    assert advice_of(headers, NOW) == advice


@pytest.mark.parametrize(("value", "told"), [("true", True), ("false", False), ("TRUE", None), ("", None)])
def test_only_two_words_say_whether_to_retry(value: str, told: bool | None) -> None:
    assert should_retry({"x-should-retry": value}) is told
