"""Which tools a generated answer calls (FACTS A.3 to A.5): what the request says, read leniently."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeGuard

from understudy.mockserver.chat import ChatRequest
from understudy.mockserver.generation.prompts import role_of_last, user_text

_READ = 8_192  # characters of the last message that are looked at
_KINDS = ("function", "custom")
_FORCES = ("required", "any")  # the second is Mistral's word (FACTS H)
_ANSWERED = ("tool", "function", "assistant")
# words that say nothing about which tool is meant
_COMMON = frozenset(
    re.findall(
        "[a-z]+",
        """a an and are as at by call can do does find for from get given has have how i in into is it its
        list make me my of on or return returns run set show tell that the this to tool use used user what
        when which with you your""",
    )
)


class Tool(NamedTuple):
    """A tool on offer. *kind* is "function", "custom", or "legacy" for a member of ``functions``."""

    kind: str
    name: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Calls:
    """The tools to call, in order; *forced*: one that the request named."""

    tools: tuple[Tool, ...]
    forced: bool = False


def chosen(chat: ChatRequest, pick: int) -> Calls | None:
    """Return what *chat* makes the model call, None where it answers in text.

    *pick* is the chance by which one is chosen where the words of the prompt do not say.
    """
    offered, choice = _offered(chat.document)
    if not offered or choice == "none":
        return None
    if isinstance(choice, dict):
        allowed = choice.get("allowed_tools")
        if not isinstance(allowed, dict):
            return Calls((_named(choice, offered),), forced=True)
        listed = allowed.get("tools")
        names = [_name(tool) for tool in listed if isinstance(tool, dict)] if isinstance(listed, list) else []
        offered = [tool for tool in offered if tool.name in names] or offered
        choice = allowed.get("mode")
    # a tool's result is answered in text, so that an agent's loop ends
    if choice not in _FORCES and role_of_last(chat.messages) in _ANSWERED:
        return None
    found = _meant(offered, user_text(chat.messages)[:_READ])
    if not found:
        return Calls((offered[pick % len(offered)],))
    one = chat.document.get("parallel_tool_calls") is False or found[0].kind == "legacy"
    return Calls(tuple(found[:1] if one else found))


def _offered(document: Mapping[str, Any]) -> tuple[list[Tool], Any]:
    tools = document.get("tools")
    if isinstance(tools, list) and tools:
        return [tool for item in tools if (tool := _tool(item))], document.get("tool_choice")
    functions = document.get("functions")
    if not isinstance(functions, list):
        return [], None
    offered = [Tool("legacy", item["name"], item) for item in functions if _is_named(item)]
    return offered, document.get("function_call")


def _tool(item: Any) -> Tool | None:
    if isinstance(item, dict):
        for kind in _KINDS:
            if _is_named(definition := item.get(kind)):
                return Tool(kind, definition["name"], definition)
    return None


def _is_named(definition: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(definition, dict) and isinstance(definition.get("name"), str)


def _name(choice: Mapping[str, Any]) -> Any:
    inner = choice.get("function") or choice.get("custom") or choice
    return inner.get("name") if isinstance(inner, dict) else None


def _named(choice: Mapping[str, Any], offered: Sequence[Tool]) -> Tool:
    name = _name(choice)
    return next((tool for tool in offered if tool.name == name), offered[0])


def _meant(offered: Sequence[Tool], prompt: str) -> list[Tool]:
    """Return the tools the prompt speaks of: all whose names it says in full, else the one it is nearest."""
    said = set(re.findall("[a-z0-9]+", prompt.lower()))
    best, most = None, 0
    full: list[Tool] = []
    for tool in offered:
        description = tool.definition.get("description")
        of_name, of_text = _words(tool.name, description if isinstance(description, str) else "")
        score = 0
        if not of_name.isdisjoint(said):
            if of_name <= said:
                full.append(tool)
            score = 3 * len(of_name & said)
        if not of_text.isdisjoint(said):
            score += len(of_text & said)
        if score > most:
            best, most = tool, score
    return full or ([best] if best else [])


@lru_cache(maxsize=2048)
def _words(name: str, description: str) -> tuple[frozenset[str], frozenset[str]]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).lower()
    of_name = frozenset(re.findall("[a-z0-9]+", spaced)) - _COMMON
    return of_name, frozenset(re.findall("[a-z0-9]+", description.lower())) - _COMMON - of_name
