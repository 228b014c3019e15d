"""A Lark grammar, as custom tools may have one (FACTS A.4), read into a tree that texts are drawn from.

Known: rules, terminals, strings, regular expressions, ranges, alternatives, groups, ``? * + ~ []``,
aliases, priorities, ``%import common``, ``%ignore``. Not known: templates, ``%declare``, ``%extend``,
imports from elsewhere.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

START = "start"
_MORE = 2  # of what may be repeated without end
_MOST_TIMES = 4_096  # repeats that are drawn at most
_LONGEST = 20_000  # characters of a grammar that are read
_MOST_RULES = 500
_TOKEN = re.compile(
    r"""(?P<skip>(?://|\#)[^\n]*|\s+) | (?P<command>%[^\n]*)
    | (?P<regex>/(?!/)(?:\\.|[^/\\\n])+/[imslux]*) | (?P<string>"(?:\\.|[^"\\\n])*"i?)
    | (?P<alias>->\s*\w+) | (?P<times>~\s*\d+(?:\s*\.\.\s*\d+)?) | (?P<range>\.\.)
    | (?P<rule>[?!]{0,2}\w+\s*(?:\.\s*-?\d+\s*)?:) | (?P<name>\w+) | (?P<sign>[()\[\]|*+?])""",
    re.VERBOSE,
)
_SPACES = "[ \\t\\f\\r\\n]+"
_COMMON: Mapping[str, str] = {
    "DIGIT": "[0-9]", "HEXDIGIT": "[0-9a-f]", "INT": "[0-9]+", "SIGNED_INT": "[+-]?[0-9]+",
    "DECIMAL": "[0-9]+\\.[0-9]+", "FLOAT": "[0-9]+\\.[0-9]+", "SIGNED_FLOAT": "[+-]?[0-9]+\\.[0-9]+",
    "NUMBER": "[1-9][0-9]*(\\.[0-9]+)?", "SIGNED_NUMBER": "[+-]?[1-9][0-9]*(\\.[0-9]+)?",
    "ESCAPED_STRING": '"[a-z]{3,8}"', "LCASE_LETTER": "[a-z]", "UCASE_LETTER": "[A-Z]", "LETTER": "[A-Za-z]",
    "WORD": "[a-z]{3,8}", "CNAME": "[a-z_][a-z0-9_]{2,6}", "WS": _SPACES, "WS_INLINE": "[ ]+",
    "NEWLINE": "\\n", "CR": "\\r", "LF": "\\n",
}  # fmt: skip


class Node(NamedTuple):
    """A part of a rule: *kind* is text, regex, range, name, sequence, any or many; *value* goes with it."""

    kind: str
    value: Any


@dataclass(slots=True)
class Grammar:
    """The rules by name, and how deep each goes at least. *spaced*: spaces between terminals are ignored."""

    rules: dict[str, Node] = field(default_factory=dict)
    depths: dict[str, float] = field(default_factory=dict)
    spaced: bool = False


@lru_cache(maxsize=64)
def read_grammar(definition: str) -> Grammar:
    """Return the grammar that *definition* writes down. ValueError for one that is not known."""
    if len(definition) > _LONGEST:
        raise ValueError(f"a grammar of {len(definition)} characters; up to {_LONGEST} are read")
    grammar = Grammar()
    tokens = _tokens(definition, grammar)
    try:
        while tokens:
            kind, text = tokens.pop()
            if kind != "rule":
                raise ValueError(f"lark grammar: a rule was expected, not {text!r}")
            name = re.sub(r"[?!:\s]|\..*", "", text)
            grammar.rules[name] = _alternatives(tokens)
        _measure(grammar)
    except RecursionError:
        raise ValueError("lark grammar: nested too deeply") from None
    return grammar


def _tokens(definition: str, grammar: Grammar) -> list[tuple[str, str]]:
    """Return the tokens of *definition*, last one first; its commands go into *grammar*."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(definition):
        match = _TOKEN.match(definition, at)
        if match is None:
            raise ValueError(f"lark grammar: {definition[at : at + 20]!r} is not known")
        at = match.end()
        kind = str(match.lastgroup)
        if kind == "command":
            _command(match.group(), grammar)
        elif kind != "skip":
            found.append((kind, match.group()))
    return found[::-1]


def _command(line: str, grammar: Grammar) -> None:
    line = line.partition("//")[0].strip() if line.startswith("%import") else line.strip()
    if line.startswith("%ignore"):
        wanted = line.removeprefix("%ignore").strip()
        grammar.spaced |= any(word in wanted for word in ("WS", "SPACE", " ", "\\s"))
        return
    one = re.fullmatch(r"%import\s+common\s*\.\s*(\w+)(?:\s*->\s*(\w+))?", line)
    several = re.fullmatch(r"%import\s+common\s*\(([\w\s,]+)\)", line)
    pairs = [(one[1], one[2] or one[1])] if one else []
    pairs += [(name.strip(), name.strip()) for name in several[1].split(",")] if several else []
    if not pairs or any(name not in _COMMON for name, _ in pairs):
        raise ValueError(f"lark grammar: {line!r} is not known")
    grammar.rules.update({alias: Node("regex", _COMMON[name]) for name, alias in pairs})


def _alternatives(tokens: list[tuple[str, str]]) -> Node:
    options = [_sequence(tokens)]
    while tokens and tokens[-1][1] == "|":
        tokens.pop()
        options.append(_sequence(tokens))
    return options[0] if len(options) == 1 else Node("any", options)


def _sequence(tokens: list[tuple[str, str]]) -> Node:
    parts: list[Node] = []
    while tokens and tokens[-1][0] != "rule" and tokens[-1][1] not in ("|", ")", "]"):
        kind, text = tokens.pop()
        if kind == "alias":
            continue
        node = _atom(kind, text, tokens)
        while tokens and (tokens[-1][0] == "times" or tokens[-1][1] in _REPEATS):
            node = _repeated(node, tokens.pop()[1])
        parts.append(node)
    return parts[0] if len(parts) == 1 else Node("sequence", parts)


_REPEATS = {"?": (0, 1), "*": (0, _MORE), "+": (1, 1 + _MORE)}


def _repeated(node: Node, text: str) -> Node:
    if text in _REPEATS:
        return Node("many", (node, *_REPEATS[text]))
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if numbers[0] > _MOST_TIMES:
        raise ValueError(f"lark grammar: {numbers[0]} repeats are more than are drawn")
    return Node("many", (node, numbers[0], min(numbers[-1], numbers[0] + _MORE)))


def _atom(kind: str, text: str, tokens: list[tuple[str, str]]) -> Node:
    if text in ("(", "["):
        inner = _alternatives(tokens)
        if not tokens or tokens.pop()[1] != {"(": ")", "[": "]"}[text]:
            raise ValueError(f"lark grammar: a {text} is not closed")
        return inner if text == "(" else Node("many", (inner, 0, 1))
    if kind == "string":
        first = _literal(text)
        if tokens and tokens[-1][0] == "range":
            tokens.pop()
            last = _literal(tokens.pop()[1]) if tokens and tokens[-1][0] == "string" else ""
            if len(first) != 1 or len(last) != 1:
                raise ValueError(f"lark grammar: the range from {first!r} does not end in a character")
            return Node("range", (first, last))
        return Node("text", first)
    if kind == "regex":
        return Node("regex", text[1 : text.rindex("/")].replace("\\/", "/"))
    if kind == "name":
        return Node("name", text)
    raise ValueError(f"lark grammar: {text!r} is not known here")


def _literal(text: str) -> str:
    quoted = text.removesuffix("i")
    try:
        literal: str = json.loads(quoted)
    except ValueError:  # escapes that JSON does not know stand for their letter
        literal = re.sub(r"\\(.)", r"\1", quoted[1:-1])
    return literal


def _measure(grammar: Grammar) -> None:
    """Write down how many rules deep each rule goes at least. ValueError where the first never ends."""
    if len(grammar.rules) > _MOST_RULES:
        raise ValueError(f"lark grammar: {len(grammar.rules)} rules; up to {_MOST_RULES} are read")
    found = dict.fromkeys(grammar.rules, math.inf)
    while found != grammar.depths:
        grammar.depths = found
        found = {name: 1 + depth(node, grammar) for name, node in grammar.rules.items()}
    if found.get(START, math.inf) == math.inf:
        raise ValueError(f"lark grammar: there is no rule {START!r} that ends")


def depth(node: Node, grammar: Grammar) -> float:
    """Return how many rules deep *node* goes at least."""
    if node.kind == "name":
        if node.value not in grammar.depths:
            raise ValueError(f"lark grammar: there is no rule {node.value!r}")
        return grammar.depths[node.value]
    if node.kind == "many":
        return depth(node.value[0], grammar) if node.value[1] else 0
    inner = [depth(part, grammar) for part in node.value] if node.kind in ("any", "sequence") else []
    return min(inner) if node.kind == "any" else max(inner, default=0)
