"""Tokens of whole requests and answers (FACTS C.3, C.4), by exact counts of their texts.

Lenient throughout: what is malformed counts nothing, and nothing raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from understudy.contracts.families import Family
from understudy.mockserver.tokens.blocks import block_tokens, forced_tokens
from understudy.mockserver.tokens.bpe import count, split
from understudy.mockserver.tokens.media import media_of

__all__ = ["PromptCounts", "completion_tokens", "count", "prompt_counts", "prompt_tokens", "split"]

PER_MESSAGE = 3  # cookbook: FACTS C.3
# from here on measured over recorded traffic
CALL = 6  # a tool call, beside its arguments and its full name
PARALLEL = 14  # once a message that has several calls
ANSWERED = -2  # a call in the history: its answer repeats the name and leaves out these
REASONING_CALLS = 6  # a message with calls in the history of a reasoning model: its channel
REASONING_TURN = 2  # a message of text there
PER_CALL = 8  # the most a call costs beside its name and arguments: for whoever must stay below a limit


class PromptCounts(NamedTuple):
    """Tokens of a prompt. The others are parts of *total*; *tools* is tools and response format."""

    total: int
    audio: int = 0
    image: int = 0
    tools: int = 0


def prompt_tokens(document: Mapping[str, Any], family: Family) -> int:
    """Return how many tokens the request *document* has for a model of *family*."""
    return _measured(document, family)[0]


def prompt_counts(document: Mapping[str, Any], family: Family) -> PromptCounts:
    """Return how many tokens the request *document* has for a model of *family*, and what of."""
    return PromptCounts(*_measured(document, family))


def _measured(document: Mapping[str, Any], family: Family) -> tuple[int, int, int, int]:
    """Return the four numbers of `PromptCounts`: a plain tuple, since every new request comes by here."""
    messages = document.get("messages")
    listed = messages if isinstance(messages, list) else ()
    if family.web_search:  # these bill the words alone (FACTS C.3)
        words = [_content(m.get("content"), family.encoding) for m in listed if isinstance(m, dict)]
        return sum(words), 0, 0, 0
    total, audio, image, tools = family.prompt_overhead, 0, 0, 0
    for message in listed:
        if isinstance(message, dict):
            total += _message(message, family)
            if message.get("content").__class__ is not str:  # parts, or none beside an ``audio`` member
                media = media_of(message, _model(document))
                total, audio, image = total + media.total, audio + media.audio, image + media.image
    if document.get("tools") or document.get("functions") or document.get("response_format"):
        tools = block_tokens(document, listed, family)
        total += tools + forced_tokens(document, family)
    return total, audio, image, tools


def message_tokens(message: Mapping[str, Any], family: Family, model: str) -> int:
    """Return how many tokens *message* adds to a prompt, with all that is in it."""
    if family.web_search:
        return _content(message.get("content"), family.encoding)
    return _message(message, family) + media_of(message, model).total


def completion_tokens(message: Mapping[str, Any], encoding: str, *, forced: bool = False) -> int:
    """Return how many tokens the assistant *message* has. *forced*: the request named the tool that is
    called, so that the model wrote the arguments alone."""
    total = 0
    for text in (message.get("content"), message.get("refusal")):
        if text:
            total += _content(text, encoding)
    if forced:
        return total + sum(count(text, encoding) for _, text in _called(message))
    return total + _calls(message, encoding)


def _model(document: Mapping[str, Any]) -> str:
    model = document.get("model")
    return model if isinstance(model, str) else ""


def _message(message: Mapping[str, Any], family: Family) -> int:
    encoding = family.encoding
    total = PER_MESSAGE
    role, content, name = message.get("role"), message.get("content"), message.get("name")
    if isinstance(role, str):
        total += count(role, encoding)
    if isinstance(content, str):
        total += count(content, encoding)
    elif content:
        total += _content(content, encoding)
    if isinstance(name, str) and role not in ("tool", "function"):
        total += count(name, encoding)
    if role == "assistant" and (family.reasoning or "tool_calls" in message or "function_call" in message):
        total += _turn(message, family)
    return total


def _turn(message: Mapping[str, Any], family: Family) -> int:
    """Return what a message of the assistant costs beside its text."""
    called = _called(message)
    if not called:
        return REASONING_TURN if family.reasoning else 0
    answered = sum(ANSWERED + count(name, family.encoding) for name, _ in called)
    return _calls(message, family.encoding) + answered + (REASONING_CALLS if family.reasoning else 0)


def _content(content: Any, encoding: str) -> int:
    if isinstance(content, str):
        return count(content, encoding)
    total = 0
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict):
            for key in ("text", "refusal"):
                if isinstance(text := part.get(key), str):
                    total += count(text, encoding)
    return total


def _calls(message: Mapping[str, Any], encoding: str) -> int:
    called = _called(message)
    total = PARALLEL if len(called) > 1 else 0
    for name, text in called:
        total += CALL + count(f"functions.{name}", encoding) + count(text, encoding)
    return total


def _called(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the name and the arguments of each call of *message*."""
    listed, legacy = message.get("tool_calls"), message.get("function_call")
    if not listed and not legacy:
        return []
    found: list[Any] = [legacy] if legacy else []
    for call in listed if isinstance(listed, list) else ():
        found.append((call.get("function") or call.get("custom")) if isinstance(call, dict) else None)
    made = [call for call in found if isinstance(call, dict)]
    return [(_text(call, "name"), _text(call, "arguments") or _text(call, "input")) for call in made]


def _text(called: Mapping[str, Any], key: str) -> str:
    found = called.get(key)
    return found if isinstance(found, str) else ""
