"""Errors as the API words them, and the one exception that carries them.

The API answers with two voices (FACTS D.1). The *gateway* checks keys, models and limits: JSON
indented by four, ``application/json; charset=utf-8``, no ``openai-*`` headers. The *model* backend
checks everything else: indented by two, ``application/json``, with them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from understudy.contracts import Violation
from understudy.contracts.profiles.profile import ErrorFact
from understudy.mockserver.wire import Headers

Voice: TypeAlias = Literal["gateway", "model"]

UNMATCHED = "understudy_unmatched"  # the type of what nobody answers
BROKEN = "understudy_error"  # the type of what we, or a source that the user wrote, failed to answer

_ACCOUNT = "https://platform.openai.com/account/api-keys."
_NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
    "auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're "
    "accessing the API from your browser and are prompted for a username and password. You can obtain an API "
    f"key from {_ACCOUNT}"
)
_NOT_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your "
    "HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. "
    "{reason})"
)


@dataclass(frozen=True, slots=True)
class ApiError:
    """One error reply: the envelope's four members, the status, and who speaks. *own* names the members
    that a user chose: what a profile documents does not replace them."""

    status: int
    message: str
    type: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None
    voice: Voice = "model"
    headers: Headers = ()
    own: frozenset[str] = frozenset()

    def body(self) -> bytes:
        """Return the error envelope as this voice lays it out (FACTS D.1, TRAFFIC 6)."""
        error = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        gateway = self.voice == "gateway"
        text = json.dumps({"error": error}, indent=4 if gateway else 2, ensure_ascii=False)
        return (text + "\n" if gateway else text).encode("utf-8", "replace")


class Refusal(Exception):
    """The pipeline stops here, and *error* is the reply."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.message)
        self.error = error


def missing_key() -> ApiError:
    """FACTS D.2, 401 without a key."""
    return ApiError(401, _NO_KEY, voice="gateway")


def wrong_key(key: str) -> ApiError:
    """FACTS D.2, 401 with a wrong key, which is shown masked as the API masks it."""
    message = f"Incorrect API key provided: {mask(key)}. You can find your API key at {_ACCOUNT}"
    return ApiError(401, message, code="invalid_api_key", voice="gateway")


def mask(key: str) -> str:
    """Return *key* as the API shows it: the first 8, asterisks, the last 4; 11 or fewer stay whole."""
    return key if len(key) <= 11 else f"{key[:8]}{'*' * (len(key) - 12)}{key[-4:]}"


def not_json(reason: str) -> ApiError:
    return ApiError(400, _NOT_JSON.format(reason=reason))


def not_an_object(kind: str) -> ApiError:
    return not_json(f"The body was {kind}, where an object is expected.")


def too_deep(limit: int) -> ApiError:
    return not_json(f"It is nested deeper than {limit} levels.")


def too_large(limit: int) -> ApiError:
    """Not documented for chat (FACTS D.2, 413): our own words, with the bound that was passed."""
    message = f"Request body is too large: this server takes at most {limit} bytes."
    return ApiError(413, message, code="request_too_large", voice="gateway")


def too_slow() -> ApiError:
    """Our own words (FACTS D.2 has none). What may still come of the request must not be read as another."""
    message = "The request did not come in whole in time."
    return ApiError(408, message, code="request_timeout", voice="gateway", headers=(("connection", "close"),))


def unknown_model(model: str) -> ApiError:
    message = f"The model `{model}` does not exist or you do not have access to it."
    return ApiError(404, message, code="model_not_found", voice="gateway")


def unknown_path(method: str, path: str) -> ApiError:
    """The API's older words: today it answers an empty 404 (FACTS D.2), which helps nobody."""
    return ApiError(404, f"Invalid URL ({method} {path})", voice="gateway")


def wrong_method(method: str, path: str, allowed: str) -> ApiError:
    message = f"Not allowed to {method} on {path} (HINT: Perhaps you meant to use a different HTTP method?)"
    return ApiError(405, message, code="method_not_supported", voice="gateway", headers=(("allow", allowed),))


_QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on "
    "this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
)


def credit_spent(status: str) -> ApiError:
    """FACTS D.2: 402 where the profile says so, else 429 with the quota's own type."""
    if status == "402":
        return ApiError(402, "Insufficient Balance", type="insufficient_balance", voice="gateway")
    return ApiError(429, _QUOTA, type="insufficient_quota", code="insufficient_quota", voice="gateway")


def documented(error: ApiError, fact: ErrorFact | None) -> ApiError:
    """Return *error* with what *fact* says of its status. Our own errors stay as they are worded."""
    if fact is None or error.type.startswith("understudy_"):
        return error
    own = error.own
    return replace(
        error,
        type=error.type if "type" in own else fact.type or error.type,
        code=error.code if "code" in own else fact.code or error.code,
        message=error.message if "message" in own else fact.message or error.message,
    )


def breach(violation: Violation) -> ApiError:
    """The API's 400 for a request that breaks its contract."""
    return ApiError(400, violation.message, param=violation.param, code=violation.code)


def unmatched(reason: str) -> ApiError:
    """Nobody had an answer. 501, and not to be retried: the official SDKs retry every 5xx."""
    return ApiError(
        501,
        f"no answer for this request: {reason}",
        type=UNMATCHED,
        voice="gateway",
        headers=(("x-should-retry", "false"),),
    )


def broke_down(reason: str) -> ApiError:
    """Our own fault, or that of a source the user wrote. The traceback is in the journal, not here."""
    return ApiError(500, reason, type=BROKEN, voice="gateway", headers=(("x-should-retry", "false"),))
