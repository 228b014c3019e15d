"""Headers of dialects (FACTS E.2, at its end)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from understudy.mockserver.dialects.dialect import Dialect, dialect_of
from understudy.mockserver.dialects.heads import error_headers, success_headers
from understudy.mockserver.errors import ApiError
from understudy.mockserver.headers import success
from understudy.mockserver.identity import stamp

MARK = stamp(0, b"r" * 16, 0, 1_790_000_000.0)
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
Named = Callable[[str], Dialect]


def sent(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names))
    return {name.decode(): value.decode() for name, value in pairs}


@pytest.mark.parametrize(
    ("name", "header", "form"),
    [
        ("azure", "apim-request-id", UUID),
        ("azure", "x-ms-region", "West Europe"),
        ("azure", "x-request-id", UUID),
        ("azure", "x-ratelimit-reset-tokens", r"\d+"),
        ("azure", "x-ratelimit-reset-requests", r"\d+"),
        ("groq", "x-request-id", "req_[0-9a-z]{26}"),
        ("groq", "x-ratelimit-reset-requests", r"[\d.]+s"),
        ("mistral", "mistral-correlation-id", UUID),
        ("mistral", "x-ratelimit-remaining-tokens-minute", r"9\d{6}"),
        ("deepseek", "x-ds-trace-id", "[0-9a-f]{32}"),
        ("xai", "x-request-id", "00-[0-9a-f]{32}-[0-9a-f]{16}-01"),
        ("ollama", "content-type", "application/json"),
    ],
)
def test_a_success_has_the_headers_of_its_api(
    dialect_named: Named, name: str, header: str, form: str
) -> None:
    headers = sent(success_headers(dialect_named(name), MARK, 1_234, 99))

    assert re.fullmatch(form, headers[header]), headers[header]
    assert headers["content-length"] == "99"


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("azure", "text/event-stream; charset=utf-8"),
        ("together", "text/event-stream;charset=utf-8"),
        ("groq", "text/event-stream"),
        ("openrouter", "text/event-stream"),
        ("ollama", "text/event-stream"),
    ],
)
def test_a_stream_spells_its_content_type_and_has_no_length(
    dialect_named: Named, name: str, spelling: str
) -> None:
    headers = sent(success_headers(dialect_named(name), MARK, 5, None))

    assert headers["content-type"] == spelling
    assert "content-length" not in headers


def test_the_request_id_of_groq_is_that_of_its_body(dialect_named: Named) -> None:
    dialect = dialect_named("groq")

    first = sent(success_headers(dialect, MARK, 5, 9))["x-request-id"]

    assert first == sent(success_headers(dialect, MARK, 5, None))["x-request-id"]


def test_without_headers_of_its_own_a_dialect_sends_openai_s() -> None:
    dialect = dialect_of({"layout": "compact"})

    assert dialect is not None
    assert success_headers(dialect, MARK, 5, 9) == success(MARK, 5, 9)


def test_an_error_keeps_the_headers_it_brings(dialect_named: Named) -> None:
    error = ApiError(429, "slow down", headers=(("retry-after", "7"), ("x-ms-region", "North")))

    headers = sent(error_headers(error, dialect_named("azure"), MARK, 12))

    assert headers["retry-after"] == "7"
    assert headers["x-ms-region"] == "North"
    assert headers["content-length"] == "12"
    assert "x-ratelimit-limit-requests" not in headers
