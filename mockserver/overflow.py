"""Whether a request fits the model's context, by its counted tokens, and how the API says that it does not.

FACTS A.7, row "context overflow"; the limits are data of the family, or of the profile where it has its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.contracts import Family
from understudy.mockserver.chat import ChatRequest
from understudy.mockserver.errors import ApiError
from understudy.mockserver.tokens.counting import prompt_tokens

_RESULTED = (
    "This model's maximum context length is {limit} tokens. However, your messages resulted in {told}."
)
_REQUESTED = "This model's maximum context length is {limit} tokens. However, you requested {told}."
# models with a bound of the prompt alone: the newer words
_INPUT = "Input tokens exceed the configured limit of {limit} tokens. Your messages resulted in {told}."
_CAPS = ("max_completion_tokens", "max_tokens")
_TOOLS = ("tools", "functions", "tool_choice", "function_call")
_PICTURES = b'"image_url"'  # the one part that may count more tokens than it has bytes


def may_overflow(body: bytes, chat: ChatRequest, family: Family, context: int | None = None) -> bool:
    """Return False where *body* is plainly too short to fill the context: nothing need be counted.

    A text has no more tokens than bytes; what is asked for as an answer comes on top.
    """
    limit = _limit(family, context)
    if limit is None:
        return False
    asked = _asked(chat.document) if family.counts_completion else 0
    return len(body) + asked > limit or _PICTURES in body


def overflow(chat: ChatRequest, family: Family, prompt: int, context: int | None = None) -> ApiError | None:
    """Return the 400 for a request of *prompt* tokens that does not fit, None for one that does.

    *context* is the limit of the profile, which goes before that of *family*; None: it has none.
    """
    limit = _limit(family, context)
    asked = _asked(chat.document) if family.counts_completion else 0
    if limit is None or prompt + asked <= limit:
        return None
    words = _REQUESTED if asked else _RESULTED
    if not asked and context is None and family.input is not None:
        words = _INPUT
    parts = _parts(chat.document, family, prompt, asked)
    told = f"{prompt + asked} tokens" + (f" ({_sentence(parts)})" if len(parts) > 1 else "")
    named = "messages" if len(parts) == 1 else _either([name for name, _ in parts])
    message = f"{words.format(limit=limit, told=told)} Please reduce the length of the {named}."
    return ApiError(400, message, param="messages", code="context_length_exceeded")


def _limit(family: Family, context: int | None) -> int | None:
    if context is not None:
        return context
    return family.context if family.input is None else family.input


def _asked(document: Mapping[str, Any]) -> int:
    caps = [document[name] for name in _CAPS if name in document]
    return max((cap for cap in caps if type(cap) is int), default=0) if caps else 0


def _parts(document: Mapping[str, Any], family: Family, prompt: int, asked: int) -> list[tuple[str, int]]:
    """Return what the tokens are of; the functions are what the prompt would have less without them."""
    functions = 0
    if document.get("tools") or document.get("functions"):
        bare = {name: value for name, value in document.items() if name not in _TOOLS}
        functions = max(prompt - prompt_tokens(bare, family), 0)
    counted = (("messages", prompt - functions), ("functions", functions), ("completion", asked))
    return [(name, tokens) for name, tokens in counted if tokens or name == "messages"]


def _sentence(parts: list[tuple[str, int]]) -> str:
    told = [f"{tokens} in the {name}" for name, tokens in parts]
    return ", ".join(told) if len(told) < 3 else f"{told[0]}, {told[1]}, and {told[2]}"


def _either(names: list[str]) -> str:
    return " or ".join(names) if len(names) < 3 else f"{names[0]}, {names[1]}, or {names[2]}"
