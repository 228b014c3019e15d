"""What tools, a response format and a forced tool add to a prompt.

The numbers are measured over recorded traffic: they are what the texts of ``tools.py`` leave open.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from understudy.contracts.families import Family
from understudy.mockserver.tokens.bpe import count
from understudy.mockserver.tokens.tools import format_text, tools_text, uncommented

FORCED = 6  # a tool_choice that names a tool, beside the name
UNSENT_SYSTEM = 4  # no system message for the blocks to stand in: one more message
UNSENT_SYSTEM_REASONING = 1  # reasoning models have one of their own
REASONING_TOOLS = 85  # what gpt-5 and later are told about calling tools
FORMAT = 2  # a response format, beside its text and its name once more
FORMAT_AFTER_TOOLS = -2  # the same, where tools come before it
_KEPT_BLOCKS = 512
_KEPT_SIZE = 65_536  # bytes; larger tool lists are counted again


def block_tokens(document: Mapping[str, Any], messages: Sequence[Any], family: Family) -> int:
    """Return the tokens of the tools and the response format, which join the first system message."""
    tools, wanted = document.get("tools") or document.get("functions"), document.get("response_format")
    system = next((m for m in messages if _is_system(m)), None)
    content = system.get("content") if system is not None else None
    said = content if isinstance(content, str) else ""
    try:
        key = marshal.dumps((tools, wanted), 0)  # the quickest way to compare JSON by content
    except ValueError:
        return 0
    kept = len(key) <= _KEPT_SIZE and len(said) <= _KEPT_SIZE
    total = (_remembered if kept else _measure)(key, said, family.encoding)
    if system is None and total:
        total += UNSENT_SYSTEM_REASONING if family.reasoning else UNSENT_SYSTEM
    return total + (REASONING_TOOLS if tools and family.name.startswith("gpt-5") else 0)


def forced_tokens(document: Mapping[str, Any], family: Family) -> int:
    """Return what it costs to name a tool in ``tool_choice``."""
    choice = document.get("tool_choice") or document.get("function_call")
    if family.reasoning or not isinstance(choice, dict):
        return 0  # reasoning models are told nothing more
    named = choice.get("function") or choice.get("custom") or choice
    name = named.get("name") if isinstance(named, dict) else None
    return FORCED + count(name, family.encoding) if isinstance(name, str) else 0


def _is_system(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") in ("system", "developer")


def _measure(key: bytes, said: str, encoding: str) -> int:
    tools, wanted = marshal.loads(key)  # noqa: S302  (our own bytes, made a moment ago)
    blocks = []
    total = 0
    if isinstance(tools, list) and tools:
        blocks.append(tools_text(tools))
        total -= 1 + uncommented(tools)
    if isinstance(wanted, dict) and isinstance(schema := wanted.get("json_schema"), dict):
        total += FORMAT_AFTER_TOOLS if blocks else FORMAT
        total += count(str(schema.get("name", "")), encoding)
        blocks.append(format_text(schema))
    if not blocks:
        return 0
    text = "\n\n".join(blocks)
    if not said:
        return total + count(text, encoding)
    # the end of the system message and what separates it from the blocks may be one token
    return total + count(f"{said}\n\n{text}", encoding) - count(said, encoding)


_remembered = lru_cache(maxsize=_KEPT_BLOCKS)(_measure)
