"""The errors that have names: status, words and page of each, as data (FACTS D.2, H, I; TRAFFIC 6).

``{model}`` stands for the model that was asked, ``{key}`` for the masked key, ``{request}`` for the
request's id. Of several errors with one status, the first is meant by the bare number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from understudy.mockserver import errors
from understudy.mockserver.errors import ApiError, Voice

_LIMITS = "Visit https://platform.openai.com/account/rate-limits to learn more."
_QUOTA = errors.credit_spent("429").message


class Words(NamedTuple):
    """An error in the API's envelope. *about* says when it comes, and who says so."""

    status: int
    about: str
    message: str
    type: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    voice: Voice = "gateway"


class Rate(NamedTuple):
    """A 429 of a limit: its message and its headers follow from the wait."""

    status: int
    about: str
    measure: str
    daily: bool = False


class Page(NamedTuple):
    """An error in no envelope: a page of a proxy, or another API's own body."""

    status: int
    about: str
    body: str
    kind: str = "text/html"
    server: str = ""


Named: TypeAlias = "Words | Rate | Page"


def _words(error: ApiError, about: str) -> Words:
    status, message, kind, param, code, voice = (
        *(error.status, error.message, error.type),
        *(error.param, error.code, error.voice),
    )
    return Words(status, about, message, kind, code, param, voice)


def _html(status: int, title: str, server: str) -> Page:
    body = (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n<center><h1>{status} {title}"
        f"</h1></center>\r\n<hr><center>{server}</center>\r\n</body>\r\n</html>\r\n"
    )
    return Page(status, f"a page of {server}, as gateways send it", body, "text/html", server)


def _spent(code: str, about: str) -> Words:
    return Words(429, f"{about}, since 2026", _QUOTA, "insufficient_quota", code)


_DETAIL = '{"detail":[{"type":"missing","loc":["body","messages"],"msg":"Field required","input":{}}]}'
_KEY_2026 = """{
    "error": {
        "message": "%s",
        "type": "invalid_request_error",
        "code": "invalid_api_key",
        "param": null
    },
    "status": 401
}
"""
_OVERLOADED = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
_ENVOY = "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
_SERVER_ERROR = (
    "The server had an error while processing your request. Sorry about that! You can retry your request, or "
    "contact us through our help center at help.openai.com if the error persists. (Please include the "
    "request ID {request} in your message.)"
)
_TOO_LARGE = (
    "Request too large for {model} in organization org-understudy on tokens per min (TPM): Limit 30000, "
    f"Requested 34102. The input or output tokens must be reduced in order to run successfully. {_LIMITS}"
)
_TOO_LONG = (
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 128257 tokens. "
    "Please reduce the length of the messages."
)
_FILTERED = (
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please "
    "modify your prompt and retry. To learn more about our content filtering policies please read our "
    "documentation: https://go.microsoft.com/fwlink/?linkid=2198766"
)

NAMED: Mapping[str, Named] = {
    "bad_request": Words(
        400, "a request that cannot be read", "Invalid request. Please check its parameters.", voice="model"
    ),
    "context_length": Words(
        *(400, "a prompt longer than the model's context", _TOO_LONG, "invalid_request_error"),
        *("context_length_exceeded", "messages", "model"),
    ),
    "content_filter": Words(
        *(400, "a prompt that Azure's filter stops", _FILTERED, "invalid_request_error"),
        *("content_filter", "prompt", "model"),
    ),
    "invalid_key": _words(errors.wrong_key("{key}"), "a wrong key"),
    "invalid_key_2026": Page(
        *(401, "a wrong key, in the newest layout", _KEY_2026 % errors.wrong_key("{key}").message),
        "application/json; charset=utf-8",
    ),
    "no_key": _words(errors.missing_key(), "no key"),
    "no_organization": Words(
        401, "no member of an organization", "You must be a member of an organization to use the API"
    ),
    "payment_required": _words(errors.credit_spent("402"), "no credit left; gateways, never OpenAI"),
    "forbidden_region": Words(
        *(403, "a country that is not served", "Country, region, or territory not supported"),
        *("request_forbidden", "unsupported_country_region_territory"),
    ),
    "forbidden_model": Words(
        403,
        "a model the project may not use",
        "Project `proj_understudy` does not have access to model `{model}`",
        code="model_not_found",
    ),
    "model_not_found": _words(errors.unknown_model("{model}"), "an unknown model"),
    "model_retired": Words(
        404,
        "a retired model",
        "The model `{model}` has been deprecated, learn more here: "
        "https://platform.openai.com/docs/deprecations",
        code="model_not_found",
    ),
    "not_found_empty": Page(404, "an unknown path, as the API answers today: nothing", "", ""),
    "method_405": _words(
        errors.wrong_method("POST", "/v1/chat/completions", ""), "a method the path does not know"
    ),
    "timeout_408": Words(
        408, "a request that took too long; the words are ours", "Request timed out.", "timeout"
    ),
    "conflict_409": Words(
        409,
        "a lock that could not be had; the words are ours",
        "The request conflicts with another one.",
        "conflict",
    ),
    "too_large_413": _html(413, "Request Entity Too Large", "nginx"),
    "unsupported_media_415": _html(415, "Unsupported Media Type", "nginx"),
    "unprocessable_422": Page(422, "a body that a FastAPI server refuses", _DETAIL, "application/json"),
    "rate_limit": Rate(429, "too many requests a minute (a day, for long waits)", "requests"),
    "rate_limit_daily": Rate(429, "too many requests a day", "requests", daily=True),
    "tokens_limit": Rate(429, "too many tokens a minute (a day, for long waits)", "tokens"),
    "tokens_limit_daily": Rate(429, "too many tokens a day", "tokens", daily=True),
    "request_too_large_tokens": Words(
        429, "one request over the limit of tokens", _TOO_LARGE, "tokens", "rate_limit_exceeded"
    ),
    "insufficient_quota": _words(errors.credit_spent("429"), "a spent quota; 402 where the profile says so"),
    "credit_exhausted": _spent("credit_balance_exhausted", "a spent credit"),
    "organization_spend_limit": _spent(
        "organization_spend_limit_exceeded", "the organization's spending limit"
    ),
    "project_spend_limit": _spent("project_spend_limit_exceeded", "the project's spending limit"),
    "organization_usage_limit": _spent("organization_usage_limit_exceeded", "the organization's usage limit"),
    "slow_down": Words(
        429,
        "more requests at once than before; the words are ours",
        "Slow down: the rate of your requests has grown too fast. Please ramp up gradually.",
        "rate_limit_error",
        "slow_down",
    ),
    "flex_unavailable": Words(
        429,
        "no flex capacity; the words are ours",
        "Resource unavailable: there is no capacity for this service tier now. You have not been charged.",
        "rate_limit_error",
        "resource_unavailable",
    ),
    "client_closed_499": Words(
        499, "some gateways, of clients that left; the words are ours", "Client closed request."
    ),
    "server_error": Words(500, "a server error", _SERVER_ERROR, "server_error"),
    "gateway_html_502": _html(502, "Bad Gateway", "cloudflare"),
    "upstream_502": Words(
        502, "a gateway whose upstream failed; the words are ours", "Upstream error.", "upstream_error"
    ),
    "overloaded": Words(
        503,
        "overloaded",
        "Our servers are currently overloaded. Please try again later.",
        "service_unavailable_error",
        "server_is_overloaded",
    ),
    "overloaded_engine": Words(
        503,
        "overloaded, in older words",
        "The engine is currently overloaded, please try again later",
        "server_error",
    ),
    "overloaded_envoy": Page(503, "a proxy that has nobody to ask", _ENVOY, "text/plain", "envoy"),
    "gateway_html_504": _html(504, "Gateway Time-out", "cloudflare"),
    "gateway_html_520": _html(520, "Web server is returning an unknown error", "cloudflare"),
    "gateway_html_524": _html(524, "A timeout occurred", "cloudflare"),
    "overloaded_529": Page(529, "Anthropic's overload, through a gateway", _OVERLOADED, "application/json"),
}

BY_STATUS: Mapping[int, str] = {named.status: name for name, named in reversed(tuple(NAMED.items()))}
"""The name that a bare status stands for: the first of that status in the table."""
