"""The headers around a body (FACTS E.2)."""

from __future__ import annotations

import pytest

from understudy.mockserver import headers
from understudy.mockserver.errors import ApiError, wrong_method
from understudy.mockserver.identity import stamp

MARK = stamp(0, b"r" * 16, 0, 0.0)


@pytest.mark.parametrize(
    ("tokens", "remaining", "reset"),
    [
        (0, b"10000000", b"0s"),
        (17, b"9999983", b"0s"),
        (10_000, b"9990000", b"60ms"),
        (10**9, b"0", b"6000000ms"),
    ],
)
def test_a_success_shows_what_it_cost(tokens: int, remaining: bytes, reset: bytes) -> None:
    found = dict(headers.success(MARK, tokens, 12))

    assert found[b"x-ratelimit-remaining-tokens"] == remaining
    assert found[b"x-ratelimit-reset-tokens"] == reset
    assert found[b"x-request-id"].decode() == MARK.request_id
    assert found[b"openai-processing-ms"] == b"%d" % MARK.processing_ms


def test_a_body_has_a_length_and_a_stream_has_none() -> None:
    body, stream = dict(headers.success(MARK, 1, 12)), dict(headers.success(MARK, 1, None))

    assert (body[b"content-type"], body[b"content-length"]) == (b"application/json", b"12")
    assert stream[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert b"content-length" not in stream
    assert stream.keys() == body.keys() - {b"content-length"}


def test_the_gateway_knows_nothing_of_the_model() -> None:
    found = dict(headers.failure(ApiError(401, "no", voice="gateway"), MARK, 3))

    assert (found[b"content-type"], found[b"vary"]) == (b"application/json; charset=utf-8", b"Origin")
    assert found[b"x-request-id"].decode() == MARK.request_id
    assert not [name for name in found if name.startswith((b"openai-", b"x-ratelimit"))]


def test_the_model_s_error_has_the_headers_of_a_success() -> None:
    failure, success = headers.failure(ApiError(400, "no"), MARK, 3), headers.success(MARK, 0, 3)

    assert sorted(failure) == sorted(success)


def test_an_error_brings_headers_of_its_own() -> None:
    assert (b"allow", b"GET") in headers.failure(wrong_method("PUT", "/", "GET"), MARK, 3)


@pytest.mark.parametrize(
    "pairs", [headers.success(MARK, 1, 2), headers.plain(MARK, 2), headers.preflight(MARK)]
)
def test_no_header_is_named_twice(pairs: headers.Pairs) -> None:
    names = [name for name, _ in pairs]

    assert len(set(names)) == len(names)
    assert all(name == name.lower() for name in names)


LIMITS = [(b"x-ratelimit-limit-tokens", b"9"), (b"x-ratelimit-reset-requests", b"8.64s")]
ALL = [(name, b"%d" % number) for number, name in enumerate(headers.unlimited())]


@pytest.mark.parametrize("limits", [LIMITS, ALL])
@pytest.mark.parametrize(
    "free",
    [
        headers.success(MARK, 17, 12),
        headers.success(MARK, 17, None),
        headers.failure(ApiError(400, "no"), MARK, 3),
        [(b"x-ratelimit-reset-requests", b"1s"), *headers.unlimited().items()][:-1],
        [pair for pair in headers.success(MARK, 17, 12) if pair[0] != b"x-ratelimit-reset-requests"],
    ],
)
def test_limits_take_the_place_of_what_an_account_without_them_is_told(
    free: headers.Pairs, limits: headers.Pairs
) -> None:
    limited = list(free)

    headers.limit(limited, limits)

    told = dict(limits)
    assert limited == [(name, told.get(name, value)) for name, value in free]


def test_the_gateway_tells_nothing_of_limits() -> None:
    limited = headers.failure(ApiError(401, "no", voice="gateway"), MARK, 3)

    headers.limit(limited, ALL)

    assert limited == headers.failure(ApiError(401, "no", voice="gateway"), MARK, 3)


def test_an_account_without_limits_has_six_headers_too() -> None:
    assert headers.unlimited().items() <= dict(headers.success(MARK, 0, 12)).items()
    assert len(headers.unlimited()) == 6
