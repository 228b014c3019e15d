"""Errors of dialects (TRAFFIC 6, FACTS H, K)."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from understudy.contracts import check_error
from understudy.contracts.profiles.profile import ErrorFact
from understudy.mockserver import errors
from understudy.mockserver.dialects.dialect import Dialect, dialect_of
from understudy.mockserver.dialects.failures import error_reply
from understudy.mockserver.errors import ApiError
from understudy.mockserver.identity import stamp

MARK = stamp(0, b"r" * 16, 0, 1_790_000_000.0)
Named = Callable[[str], Dialect]
WRONG_KEY = errors.wrong_key("sk-wrong")
NO_MODEL = errors.unknown_model("gpt-9")
BAD = ApiError(400, "Unsupported value: 'n'.", param="n", code="unsupported_value")
BUSY = ApiError(429, "Rate limit reached", type="tokens", code="rate_limit_exceeded", voice="gateway")
DOWN = ApiError(500, "The server had an error", type="server_error")
ALL = (WRONG_KEY, NO_MODEL, BAD, BUSY, DOWN)
PROVIDERS = ("azure", "deepseek", "groq", "mistral", "ollama", "openrouter", "together", "vllm", "xai")
MINUTE = str((1_790_000_000 // 60 + 1) * 60_000)


def fact(name: str, status: int) -> ErrorFact | None:
    text = files("understudy.contracts.profiles").joinpath(f"data/{name}.json").read_text("utf-8")
    known: dict[str, dict[str, Any]] = json.loads(text).get("errors", {})
    entry = known.get(str(status)) or known.get(f"{status // 100}xx")
    return None if entry is None else ErrorFact(**{"status": str(status), **entry})


def reply(dialect: Dialect, name: str, error: ApiError) -> Any:
    body, pairs = error_reply(error, dialect, fact(name, error.status), MARK)
    assert dict(pairs)[b"content-length"] == b"%d" % len(body)
    return json.loads(body)


@pytest.mark.parametrize(
    ("name", "error", "shape"),
    [
        ("azure", WRONG_KEY, {"error": {"code": "401", "message": ...}}),
        ("azure", NO_MODEL, {"error": {"code": "DeploymentNotFound", "message": ...}}),
        ("azure", BUSY, {"error": {"code": "429", "message": "Rate limit reached"}}),
        (
            "azure",
            BAD,
            {"error": {"message": BAD.message, "type": BAD.type, "param": "n", "code": "unsupported_value"}},
        ),
        (
            "groq",
            WRONG_KEY,
            {"error": {"message": "Invalid API Key", "type": ..., "code": "invalid_api_key"}},
        ),
        ("groq", NO_MODEL, {"error": {"message": NO_MODEL.message, "type": ..., "code": "model_not_found"}}),
        ("groq", DOWN, {"error": {"message": DOWN.message, "type": "server_error"}}),
        ("xai", BAD, {"code": "Client specified an invalid argument", "error": BAD.message}),
        ("xai", NO_MODEL, {"code": "Some requested entity was not found", "error": NO_MODEL.message}),
        ("mistral", WRONG_KEY, {"detail": "Unauthorized"}),
        (
            "mistral",
            BAD,
            {
                "object": "error",
                "message": BAD.message,
                "type": "invalid_request_invalid_args",
                "param": "n",
                "code": "3051",
                "raw_status_code": 400,
            },
        ),
        ("openrouter", WRONG_KEY, {"error": {"message": "No cookie auth credentials found", "code": 401}}),
        ("openrouter", NO_MODEL, {"error": {"message": NO_MODEL.message, "code": 404}, "user_id": ...}),
        (
            "openrouter",
            BUSY,
            {
                "error": {
                    "message": ...,
                    "code": 429,
                    "metadata": {
                        "headers": {
                            "X-RateLimit-Limit": "20",
                            "X-RateLimit-Remaining": "0",
                            "X-RateLimit-Reset": MINUTE,
                        },
                        "provider_name": None,
                    },
                },
                "user_id": ...,
            },
        ),
        (
            "openrouter",
            BAD,
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 400,
                    "metadata": {"raw": BAD.body().decode(), "provider_name": "OpenAI"},
                },
                "user_id": ...,
            },
        ),
        (
            "ollama",
            WRONG_KEY,
            {"error": {"message": "Unauthorized", "type": "api_error", "param": None, "code": None}},
        ),
        (
            "ollama",
            NO_MODEL,
            {"error": {"message": ..., "type": "not_found_error", "param": None, "code": None}},
        ),
        (
            "vllm",
            BAD,
            {"error": {"message": BAD.message, "type": "BadRequestError", "param": "n", "code": 400}},
        ),
        ("vllm", WRONG_KEY, {"error": "Unauthorized"}),
        (
            "deepseek",
            WRONG_KEY,
            {
                "error": {
                    "message": ...,
                    "type": "authentication_error",
                    "param": None,
                    "code": "invalid_request_error",
                }
            },
        ),
    ],
)
def test_an_error_has_the_envelope_of_its_api(
    dialect_named: Named, name: str, error: ApiError, shape: Any
) -> None:
    document = reply(dialect_named(name), name, error)

    assert_shaped(document, shape)


def assert_shaped(found: Any, shape: Any) -> None:
    """Equal, keys in the same order; ``...`` stands for a text."""
    if isinstance(shape, dict):
        assert list(found) == list(shape)
        for key, value in shape.items():
            assert_shaped(found[key], value)
    elif shape is ...:
        assert isinstance(found, str)
        assert found
    else:
        assert found == shape


@pytest.mark.parametrize("error", ALL, ids=[str(error.status) for error in ALL])
@pytest.mark.parametrize("name", PROVIDERS)
def test_every_error_passes_the_compatible_contract(dialect_named: Named, name: str, error: ApiError) -> None:
    document = reply(dialect_named(name), name, error)

    found = check_error(document, profile="compatible")

    assert [violation for violation in found if violation.tier == "error"] == []


def test_the_models_of_azure_speak_with_openai_s_layout(dialect_named: Named) -> None:
    body, _ = error_reply(BAD, dialect_named("azure"), None, MARK)

    assert body == BAD.body()


def test_facts_replace_what_openai_would_say() -> None:
    documented = ErrorFact("401", type="authentication_error")

    body, pairs = error_reply(WRONG_KEY, dialect_of({"layout": "compact"}), documented, MARK)

    assert json.loads(body)["error"]["type"] == "authentication_error"
    assert json.loads(body)["error"]["message"] == WRONG_KEY.message
    assert dict(pairs)[b"content-length"] == b"%d" % len(body)


def test_our_own_errors_keep_their_words(dialect_named: Named) -> None:
    error = errors.unmatched("no rule fits")

    document = reply(dialect_named("ollama"), "ollama", error)

    assert document["error"]["message"] == error.message
    assert document["error"]["type"] == error.type
