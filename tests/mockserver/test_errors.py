"""Errors in the API's words and layout (FACTS D)."""

from __future__ import annotations

import json

import pytest

from understudy.contracts import Violation
from understudy.contracts.profiles.profile import ErrorFact
from understudy.mockserver import errors
from understudy.mockserver.errors import ApiError, Refusal, documented

TABLE = [
    # error, status, type, param, code, voice
    (errors.missing_key(), 401, "invalid_request_error", None, None, "gateway"),
    (errors.wrong_key("sk-x"), 401, "invalid_request_error", None, "invalid_api_key", "gateway"),
    (errors.not_json("why"), 400, "invalid_request_error", None, None, "model"),
    (errors.not_an_object("null"), 400, "invalid_request_error", None, None, "model"),
    (errors.too_deep(9), 400, "invalid_request_error", None, None, "model"),
    (errors.too_large(9), 413, "invalid_request_error", None, "request_too_large", "gateway"),
    (errors.unknown_model("m"), 404, "invalid_request_error", None, "model_not_found", "gateway"),
    (errors.unknown_path("GET", "/x"), 404, "invalid_request_error", None, None, "gateway"),
    (
        errors.wrong_method("GET", "/x", "POST"),
        405,
        "invalid_request_error",
        None,
        "method_not_supported",
        "gateway",
    ),
    (errors.unmatched("r"), 501, "understudy_unmatched", None, None, "gateway"),
    (errors.broke_down("r"), 500, "understudy_error", None, None, "gateway"),
]


@pytest.mark.parametrize(("error", "status", "kind", "param", "code", "voice"), TABLE)
def test_each_error_has_its_row(
    error: ApiError, status: int, kind: str, param: str | None, code: str | None, voice: str
) -> None:
    envelope = json.loads(error.body())["error"]

    assert list(envelope) == ["message", "type", "param", "code"]
    assert (error.status, envelope["type"], envelope["param"], envelope["code"]) == (
        status,
        kind,
        param,
        code,
    )
    assert error.voice == voice
    assert envelope["message"] == error.message


def test_the_gateway_indents_by_four_and_ends_its_line() -> None:
    assert ApiError(401, "no", code="c", voice="gateway").body() == (
        b'{\n    "error": {\n        "message": "no",\n        "type": "invalid_request_error",\n'
        b'        "param": null,\n        "code": "c"\n    }\n}\n'
    )


def test_the_model_indents_by_two_and_does_not() -> None:
    assert ApiError(400, "no", param="n").body() == (
        b'{\n  "error": {\n    "message": "no",\n    "type": "invalid_request_error",\n'
        b'    "param": "n",\n    "code": null\n  }\n}'
    )


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("sk-not-a-real-key", "sk-not-a*****-key"),  # FACTS D.2
        ("a" * 11, "a" * 11),
        ("abcdefghijkl", "abcdefghijkl"),  # twelve: nothing lies between the ends
        ("abcdefghijklm", "abcdefgh*jklm"),
    ],
)
def test_a_key_is_masked_as_the_api_masks_it(key: str, shown: str) -> None:
    assert errors.mask(key) == shown
    assert f"provided: {shown}. You" in errors.wrong_key(key).message


@pytest.mark.parametrize("error", [errors.unmatched("r"), errors.broke_down("r")])
def test_what_a_retry_cannot_mend_says_so(error: ApiError) -> None:
    assert dict(error.headers) == {"x-should-retry": "false"}


def test_a_wrong_method_tells_the_right_ones() -> None:
    assert dict(errors.wrong_method("PUT", "/v1/models", "GET, HEAD").headers) == {"allow": "GET, HEAD"}


def test_a_breach_speaks_in_the_words_of_the_violation() -> None:
    violation = Violation(
        "r", "error", "$.n", "Invalid 'n'.", "FACTS A.7", param="n", code="integer_above_max"
    )

    error = errors.breach(violation)

    assert (error.status, error.message, error.param, error.code, error.voice) == (
        400, "Invalid 'n'.", "n", "integer_above_max", "model",
    )  # fmt: skip


def test_a_message_that_utf_8_cannot_say_still_goes_out() -> None:
    assert "a?b" in json.loads(ApiError(400, "a\ud800b").body())["error"]["message"]


def test_a_refusal_reads_like_its_error() -> None:
    refusal = Refusal(errors.too_large(10))

    assert str(refusal) == "Request body is too large: this server takes at most 10 bytes."
    assert refusal.error.status == 413


def test_what_a_user_chose_is_not_replaced_by_what_is_documented() -> None:
    fact = ErrorFact("402", type="no_money", code="empty", message="Insufficient Balance")
    plain = ApiError(402, "?", type="?")
    own = ApiError(402, "mine", type="?", code=None, own=frozenset(("message", "code")))

    assert documented(plain, fact) == ApiError(402, "Insufficient Balance", type="no_money", code="empty")
    assert (documented(own, fact).message, documented(own, fact).code) == ("mine", None)
    assert documented(own, fact).type == "no_money"
    assert documented(plain, None) is plain
