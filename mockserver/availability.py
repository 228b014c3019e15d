"""Models that the API knows and does not serve at this endpoint (FACTS D.2, 404; recordings, 403)."""

from __future__ import annotations

from understudy.contracts import Family
from understudy.mockserver.errors import ApiError

_RETIRED = (
    "The model `{model}` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations"
)
_NO_CHAT = "You are not allowed to sample from this model"


def unavailable(model: str, family: Family) -> ApiError | None:
    """Return the error for a *model* that is retired, or that does not chat; None for any other."""
    if family.retired:
        return ApiError(404, _RETIRED.format(model=model), code="model_not_found", voice="gateway")
    return None if family.chats else ApiError(403, _NO_CHAT, voice="gateway")
