"""Tokens of whole requests and answers (FACTS C.3, C.4), by exact counts of their texts.

Lenient throughout: what is malformed counts nothing, and nothing raises.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from understudy.contracts.families import Family
from understudy.mockserver.tokens.bpe import count, split
from understudy.mockserver.tokens.images import image_tokens
from understudy.mockserver.tokens.tools import format_text, tools_text, uncommented

__all__ = ["completion_tokens", "count", "prompt_tokens", "split"]

PER_MESSAGE = 3  # cookbook: FACTS C.3
# from here on measured over recorded traffic
PER_CALL = 8  # a tool call in the history, beside its name and arguments
PARALLEL = 14  # once a message that has several calls
FORCED = 6  # a tool_choice that names a tool, beside the name
UNSENT_SYSTEM = 4  # tools or a format without a system message to stand in: one more message
REASONING_TOOLS = 85  # what gpt-5 and later are told about calling tools
FORMAT_SLACK = -5
_KEPT_BLOCKS = 512
_KEPT_SIZE = 65_536  # bytes; larger tool lists are counted again


def prompt_tokens(document: Mapping[str, Any], family: Family) -> int:
    """Return how many tokens the request *document* has for a model of *family*."""
    messages = document.get("messages")
    listed = messages if isinstance(messages, list) else ()
    model = document.get("model")
    name = model if isinstance(model, str) else ""
    total = family.prompt_overhead
    for message in listed:
        if isinstance(message, dict):
            total += _message(message, family.encoding, name)
    tools, wanted = document.get("tools") or document.get("functions"), document.get("response_format")
    if tools or wanted:
        total += _blocks(tools, wanted, listed, family)
        if not family.reasoning:  # these are told nothing more when a tool is named
            total += _forced(document.get("tool_choice") or document.get("function_call"), family.encoding)
    return total


def completion_tokens(message: Mapping[str, Any], encoding: str) -> int:
    """Return how many tokens the assistant *message* has."""
    total = 0
    for text in (message.get("content"), message.get("refusal")):
        if text:
            total += _content(text, encoding, "")
    return total + _calls(message, encoding)


def _message(message: Mapping[str, Any], encoding: str, model: str) -> int:
    total = PER_MESSAGE
    role, content, name = message.get("role"), message.get("content"), message.get("name")
    if isinstance(role, str):
        total += count(role, encoding)
    if isinstance(content, str):
        total += count(content, encoding)
    elif content:
        total += _content(content, encoding, model)
    if isinstance(name, str) and role not in ("tool", "function"):
        total += count(name, encoding)
    if "tool_calls" in message or "function_call" in message:
        total += _calls(message, encoding)
    return total


def _content(content: Any, encoding: str, model: str) -> int:
    if isinstance(content, str):
        return count(content, encoding)
    total = 0
    for part in content if isinstance(content, list) else ():
        if not isinstance(part, dict):
            continue
        for key in ("text", "refusal"):
            if isinstance(text := part.get(key), str):
                total += count(text, encoding)
        if part.get("type") == "image_url":
            total += image_tokens(model, part.get("image_url"))
    return total


def _calls(message: Mapping[str, Any], encoding: str) -> int:
    listed = message.get("tool_calls")
    calls = listed if isinstance(listed, list) else []
    legacy = message.get("function_call")
    total = PARALLEL * (len(calls) - 1) if len(calls) > 1 else 0
    for call in [*calls, {"function": legacy}] if legacy else calls:
        if isinstance(call, dict):
            total += PER_CALL + _call(call.get("function") or call.get("custom"), encoding)
    return total


def _call(called: Any, encoding: str) -> int:
    if not isinstance(called, dict):
        return 0
    texts = (called.get("name"), called.get("arguments"), called.get("input"))
    return sum(count(text, encoding) for text in texts if isinstance(text, str))


def _blocks(tools: Any, wanted: Any, messages: Any, family: Family) -> int:
    """Return the tokens of the tools and the response format, which join the first system message."""
    system = next((m for m in messages if _is_system(m)), None)
    content = system.get("content") if system is not None else None
    said = content if isinstance(content, str) else ""
    try:
        key = marshal.dumps((tools, wanted), 0)  # the quickest way to compare JSON by content
    except ValueError:
        return 0
    if len(key) > _KEPT_SIZE or len(said) > _KEPT_SIZE:
        total = _measure(key, said, system is None, family.encoding)
    else:
        total = _remembered(key, said, system is None, family.encoding)
    return total + (REASONING_TOOLS if tools and family.name.startswith("gpt-5") else 0)


def _is_system(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") in ("system", "developer")


def _measure(key: bytes, said: str, alone: bool, encoding: str) -> int:
    tools, wanted = marshal.loads(key)  # noqa: S302  (our own bytes, made a moment ago)
    blocks = []
    total = 0
    if isinstance(tools, list) and tools:
        blocks.append(tools_text(tools))
        total -= 1 + uncommented(tools)
    if isinstance(wanted, dict) and isinstance(schema := wanted.get("json_schema"), dict):
        blocks.append(format_text(schema))
        total += FORMAT_SLACK
    if not blocks:
        return 0
    text = "\n\n".join(blocks)
    if alone:
        return total + UNSENT_SYSTEM + count(text, encoding)
    return total + count(f"{said}\n\n{text}", encoding) - count(said, encoding)


_remembered = lru_cache(maxsize=_KEPT_BLOCKS)(_measure)


def _forced(choice: Any, encoding: str) -> int:
    """Return what it costs to name a tool in ``tool_choice``."""
    if not isinstance(choice, dict):
        return 0
    named = choice.get("function") or choice.get("custom") or choice
    name = named.get("name") if isinstance(named, dict) else None
    return FORCED + count(name, encoding) if isinstance(name, str) else 0
