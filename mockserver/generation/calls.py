"""The tool calls of a generated answer: ids, arguments that validate, finish reasons (FACTS C.1)."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from understudy.contracts.families import Family
from understudy.mockserver.chat import Choice
from understudy.mockserver.generation.prose import property_words
from understudy.mockserver.generation.tool_choice import Calls, Tool
from understudy.mockserver.instances.allowance import Allowance, Exhausted
from understudy.mockserver.instances.instance import Unsatisfiable, instance
from understudy.mockserver.instances.patterns import matching
from understudy.mockserver.instances.strings import Words
from understudy.mockserver.tokens.bpe import count, split
from understudy.mockserver.tokens.counting import PARALLEL, PER_CALL

_ALPHABET = (string.ascii_letters + string.digits).encode()
_LETTERS = bytes(_ALPHABET[at % len(_ALPHABET)] for at in range(256))  # one for each value of a byte
_ID_LENGTH = 24  # FACTS B.1


def called(calls: Calls, chance: Random, family: Family, most: int, words: Words = property_words) -> Choice:
    """Return the choice that makes *calls*, within *most* tokens (below zero: as many as it takes).

    *words* gives the plain texts of arguments. Raises Unsatisfiable where none were found.
    """
    texts = [_text(tool, chance, words) for tool in calls.tools]
    kept, cut = _limited(calls.tools, texts, most, family.encoding)
    made = list(zip(calls.tools, kept, strict=False))
    message: dict[str, Any] = {"role": "assistant", "content": None}
    if calls.tools[0].kind == "legacy":
        message["function_call"] = {"name": calls.tools[0].name, "arguments": kept[0]}
        ended = "stop" if calls.forced else "function_call"
    else:
        message["tool_calls"] = [_call(tool, text, chance) for tool, text in made]
        ended = family.forced_finish if calls.forced else "tool_calls"
    message |= {"refusal": None, "annotations": []}
    # what was cut took all there was
    return Choice(message, "length", tokens=most) if cut else Choice(message, ended)


def _text(tool: Tool, chance: Random, words: Words) -> str:
    """Return the arguments of a function, or the input of a custom tool."""
    if tool.kind == "custom":
        return _input(tool.definition.get("format"), chance, words)
    parameters = tool.definition.get("parameters")
    if not isinstance(parameters, (Mapping, bool)):
        return "{}"
    try:
        value = instance(_of_objects(parameters), chance, words=words)
    except Unsatisfiable as error:
        raise Unsatisfiable(f"arguments of {tool.name}: {error.reason}", error.path) from None
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _of_objects(parameters: Mapping[str, Any] | bool) -> Mapping[str, Any] | bool:
    """Return *parameters* with their type: arguments are an object, whether or not that is said."""
    if isinstance(parameters, bool):
        return {"type": "object"} if parameters else False
    return parameters if "type" in parameters else {**parameters, "type": "object"}


def _input(wanted: Any, chance: Random, words: Words) -> str:
    grammar = wanted.get("grammar") if isinstance(wanted, dict) else None
    if not isinstance(grammar, dict):
        return words(chance, "text")
    definition, draw = grammar.get("definition"), _SYNTAXES.get(str(grammar.get("syntax")))
    if draw is None or not isinstance(definition, str):
        raise Unsatisfiable(f"only grammars of {' and '.join(_SYNTAXES)} can be drawn; script an answer")
    try:
        return draw(definition, chance, Allowance())
    except (ValueError, Exhausted) as error:
        raise Unsatisfiable(str(error)) from None


def _sentence(definition: str, chance: Random, allowance: Allowance) -> str:
    # here: few ask for grammars, and every server starts
    from understudy.mockserver.generation.grammar_drawing import sentence

    return sentence(definition, chance, allowance)


_SYNTAXES: Mapping[str, Callable[[str, Random, Allowance], str]] = {"regex": matching, "lark": _sentence}


def _limited(tools: tuple[Tool, ...], texts: list[str], most: int, encoding: str) -> tuple[list[str], bool]:
    """Return the arguments that fit into *most* tokens, names counted, and whether any were cut."""
    if most < 0:
        return texts, False
    kept: list[str] = []
    most -= PARALLEL * (len(tools) - 1)
    for tool, text in zip(tools, texts, strict=True):
        most -= PER_CALL + count(tool.name, encoding)
        pieces = split(text, encoding)
        left = pieces[: max(most, 0)]
        while left and count("".join(left), encoding) > most:
            left = left[:-1]
        kept.append("".join(left))
        if len(left) < len(pieces):
            return kept, True
        most -= count(text, encoding)
    return kept, False


def call_id(chance: Random) -> str:
    """Return the id of a tool call: ``call_`` and 24 letters and digits (FACTS B.1)."""
    return "call_" + chance.randbytes(_ID_LENGTH).translate(_LETTERS).decode("ascii")


def _call(tool: Tool, text: str, chance: Random) -> dict[str, Any]:
    made = {"id": call_id(chance), "type": tool.kind}
    if tool.kind == "custom":
        return {**made, "custom": {"name": tool.name, "input": text}}
    return {**made, "function": {"name": tool.name, "arguments": text}}
