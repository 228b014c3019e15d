from __future__ import annotations

import json
import re
from typing import Any

import httpx2
import openai
import pytest

from understudy.contracts.profiles.loading import names, profile
from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.chat import Verbatim
from understudy.mockserver.errors import ApiError, documented
from understudy.mockserver.faults.error_words import NAMED, Page
from understudy.mockserver.faults.named_errors import is_error, named_error
from understudy.mockserver.forms import form_of
from understudy.mockserver.identity import stamp
from understudy.mockserver.wire import raw

OPENAI = profile("openai")
RAISED = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
}


def sent(error: ApiError | Verbatim, api: Profile = OPENAI) -> tuple[int, dict[str, str], bytes]:
    """Return the reply as it goes over the wire: status, headers, body."""
    if isinstance(error, Verbatim):
        return error.status, dict(error.headers), error.body
    body, pairs = form_of(api).failure(error, stamp(0, b"request", 0, 1_790_000_000.0))
    return error.status, {name.decode(): value.decode() for name, value in pairs}, body


def asked(error: ApiError | Verbatim, *, retries: int = 0) -> tuple[openai.APIStatusError, int]:
    """Return what the official client raises, and how often it asked."""
    calls = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        calls.append(request)
        status, headers, body = sent(error)
        return httpx2.Response(status, headers=raw(tuple(headers.items())), content=body)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = openai.OpenAI(api_key="sk-x", base_url="http://x/v1", http_client=http, max_retries=retries)
    with client, pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
    return caught.value, len(calls)


@pytest.mark.parametrize("name", NAMED)
def test_the_official_client_raises_what_belongs_to_the_status(name: str) -> None:
    status = NAMED[name].status

    raised, _ = asked(named_error(name, OPENAI, model="gpt-4o", key="sk-x"))

    expected = openai.InternalServerError if status >= 500 else RAISED.get(status, openai.APIStatusError)
    assert type(raised) is expected
    assert raised.status_code == status


@pytest.mark.parametrize("name", [name for name, named in NAMED.items() if not isinstance(named, Page)])
def test_the_envelope_is_whole_and_filled(name: str) -> None:
    _, headers, body = sent(
        named_error(name, OPENAI, model="gpt-9", key="sk-secret-secret", request_id="req_1")
    )

    error = json.loads(body)["error"]
    assert list(error) == ["message", "type", "param", "code"]
    assert not re.search(r"\{\w+\}", error["message"])
    assert "sk-secret-secret" not in error["message"]
    assert headers["content-type"].startswith("application/json")
    assert headers["content-length"] == str(len(body))


@pytest.mark.parametrize("api", names())
def test_every_profile_has_every_error(api: str) -> None:
    for name in [*NAMED, *range(400, 600)]:
        status, headers, body = sent(named_error(name, profile(api)), profile(api))

        if isinstance(name, int):
            assert status == (402 if (name, profile(api).quota) == (402, "402") else name)
        assert body or name == "not_found_empty"
        if headers.get("content-type", "").startswith("application/json"):
            json.loads(body)


@pytest.mark.parametrize(
    ("name", "kind", "part"),
    [
        ("gateway_html_502", "text/html; charset=UTF-8", b"502 Bad Gateway"),
        ("gateway_html_524", "text/html; charset=UTF-8", b"cloudflare"),
        ("too_large_413", "text/html; charset=UTF-8", b"nginx"),
        ("overloaded_envoy", "text/plain", b"upstream connect error or disconnect/reset before headers"),
        ("unprocessable_422", "application/json", b'"detail":[{'),
        ("overloaded_529", "application/json", b"overloaded_error"),
        ("invalid_key_2026", "application/json; charset=utf-8", b'"status": 401'),
        (504, "text/html; charset=UTF-8", b"Gateway Time-out"),
    ],
)
def test_pages_go_out_as_they_are(name: str | int, kind: str, part: bytes) -> None:
    _, headers, body = sent(named_error(name, OPENAI))

    assert headers["content-type"] == kind
    assert part in body


@pytest.mark.parametrize(
    ("api", "name", "status", "members"),
    [
        ("openai", "insufficient_quota", 429, {"type": "insufficient_quota", "code": "insufficient_quota"}),
        ("openai", "credit_exhausted", 429, {"code": "credit_balance_exhausted"}),
        ("openai", "slow_down", 429, {"type": "rate_limit_error", "code": "slow_down"}),
        ("openai", "overloaded", 503, {"code": "server_is_overloaded"}),
        ("openai", "forbidden_region", 403, {"code": "unsupported_country_region_territory"}),
        ("openai", "context_length", 400, {"code": "context_length_exceeded", "param": "messages"}),
        ("bytespike", "insufficient_quota", 402, {"message": "Insufficient Balance"}),
        ("deepseek", "payment_required", 402, {"code": "invalid_request_error"}),
        ("toapis", "rate_limit", 429, {"type": "rate_limit_error"}),
        ("toapis", "invalid_key", 401, {"type": "authentication_error"}),
        ("azure", "tokens_limit", 429, {"code": "429"}),
    ],
)
def test_profiles_word_errors_their_own_way(
    api: str, name: str, status: int, members: dict[str, Any]
) -> None:
    came, _, body = sent(named_error(name, profile(api)), profile(api))

    assert came == status
    assert members.items() <= json.loads(body)["error"].items()


def test_azure_names_its_own_limits() -> None:
    error = named_error("tokens_limit", profile("azure"), retry_after=6.2)

    assert isinstance(error, ApiError)
    assert "have exceeded token rate limit of your current OpenAI S0 pricing tier" in error.message
    assert "Please retry after 7 seconds." in error.message


def test_a_profile_with_a_422_of_its_own_sends_that() -> None:
    _, _, body = sent(named_error(422, profile("mistral")), profile("mistral"))

    assert json.loads(body)["message"]["detail"][0]["msg"] == "Field required"


def test_the_documented_429_and_its_headers() -> None:
    _, headers, body = sent(named_error("rate_limit", OPENAI, model="gpt-4o", retry_after=20))

    assert json.loads(body)["error"]["message"] == (
        "Rate limit reached for gpt-4o in organization org-understudy on requests per min (RPM): Limit 3, Used 3, "
        "Requested 1. Please try again in 20s. Visit https://platform.openai.com/account/rate-limits to learn more."
    )
    assert (headers["retry-after"], headers["retry-after-ms"]) == ("20", "20000")
    assert headers["x-ratelimit-limit-requests"] == "3"
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert headers["x-ratelimit-reset-requests"] == "1m0s"


def test_without_a_wait_the_official_client_is_back_at_once() -> None:
    _, headers, _ = sent(named_error("tokens_limit", OPENAI))

    assert (headers["retry-after"], headers["retry-after-ms"]) == ("1", "120")


@pytest.mark.parametrize(
    ("given", "headers"),
    [
        ({"retry_after": 0}, {"retry-after": "0"}),
        ({"retry_after": -3}, {"retry-after": "-3"}),
        ({"retry_after": 100_000}, {"retry-after": "100000", "retry-after-ms": "100000000"}),
        ({"retry_after": 3, "retry_after_ms": 150}, {"retry-after": "3", "retry-after-ms": "150"}),
        ({"retry_after": "date:+20s", "now": 0.0}, {"retry-after": "Thu, 01 Jan 1970 00:00:20 GMT"}),
        ({"retry_after": "none"}, {}),
        ({"retry_after": "none", "should_retry": False}, {"x-should-retry": "false"}),
        (
            {"retry_after": 1, "retry_after_ms": "none", "headers": (("Retry-After", "soon"),)},
            {"retry-after": "soon"},
        ),
    ],
)
def test_waits_are_said_as_asked(given: dict[str, Any], headers: dict[str, str]) -> None:
    error = named_error("rate_limit", OPENAI, **given)

    assert isinstance(error, ApiError)
    assert {name: value for name, value in error.headers if "ratelimit" not in name} == headers


def test_a_page_can_tell_to_wait_too() -> None:
    _, headers, _ = sent(named_error(503, OPENAI, retry_after=5, should_retry=True))
    _, page, _ = sent(named_error("gateway_html_502", OPENAI, retry_after=5))

    assert (headers["retry-after"], headers["x-should-retry"]) == ("5", "true")
    assert page["retry-after"] == "5"


@pytest.mark.parametrize(
    ("should_retry", "status", "calls"), [(True, 400, 2), (False, 500, 1), (None, 400, 1)]
)
def test_the_official_client_does_as_it_is_told(should_retry: bool | None, status: int, calls: int) -> None:
    _, times = asked(named_error(status, OPENAI, should_retry=should_retry, retry_after_ms=1), retries=1)

    assert times == calls


def test_the_words_can_be_replaced() -> None:
    error = named_error(500, OPENAI, message="Boom", code=7, param="x", type="my_error")

    assert isinstance(error, ApiError)
    assert (error.message, error.type, error.code, error.param) == ("Boom", "my_error", "7", "x")
    assert named_error("overloaded", OPENAI, code=None).code is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("rate_limt", {}, "there is no error 'rate_limt'; nearest is 'rate_limit'; there are: bad_request"),
        (399, {}, "there is no error '399'.*statuses 400 to 599"),
        (600, {}, "there is no error '600'"),
        ("503", {"mesage": "x"}, "no parameter 'mesage'; nearest is 'message'; allowed: retry_after"),
        ("gateway_html_502", {"message": "x"}, "a page of its own, which has no message"),
        ("503", {"message": None}, "message is a text, not null"),
        ("429", {"retry_after": "soon"}, "retry_after is 'soon'"),
    ],
)
def test_mistakes_are_told(name: str | int, given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        named_error(name, OPENAI, **given)


@pytest.mark.parametrize(
    ("name", "is_one"), [("429", True), ("no_key", True), ("cut_midstream", False), ("٤٢٩", False)]
)
def test_errors_are_told_from_other_faults(name: str, is_one: bool) -> None:
    assert is_error(name) is is_one


def test_the_words_of_a_user_stand_where_the_profile_documents_others() -> None:
    named = profile("bytespike")
    error = named_error(402, named, message="mine", type="own")

    assert isinstance(error, ApiError)
    shown = documented(error, named.error(402))
    assert (shown.message, shown.type) == ("mine", "own")
