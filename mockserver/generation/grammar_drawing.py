"""A text drawn from a Lark grammar. Where the grammar ignores spaces, one is put between terminals."""

from __future__ import annotations

from random import Random

from understudy.mockserver.generation.grammars import START, Grammar, Node, read_grammar
from understudy.mockserver.generation.grammars import depth as depth_of
from understudy.mockserver.instances.allowance import Allowance
from understudy.mockserver.instances.patterns import matches, matching

_DEEPEST = 8  # rules within rules, before the shortest way out is taken
_TRIES = 20


def sentence(definition: str, chance: Random, allowance: Allowance) -> str:
    """Return a text of the Lark grammar *definition*. ValueError for a grammar that is not known."""
    grammar = read_grammar(definition)
    try:
        return (" " if grammar.spaced else "").join(_Drawing(grammar, chance, allowance).rule(START, 0))
    except RecursionError:
        raise ValueError("lark grammar: nested too deeply") from None


class _Drawing:
    """One text, as the terminals it is made of."""

    def __init__(self, grammar: Grammar, chance: Random, allowance: Allowance) -> None:
        self._grammar = grammar
        self._chance = chance
        self._allowance = allowance

    def rule(self, name: str, depth: int) -> list[str]:
        self._allowance.spend(1)
        parts = self._node(self._grammar.rules[name], depth + 1)
        # a terminal is one word, whatever it is made of
        return ["".join(parts)] if name.lstrip("_")[:1].isupper() else parts

    def _node(self, node: Node, depth: int) -> list[str]:
        self._allowance.spend(1)
        kind, value = node
        if kind == "text":
            return [value] if value else []
        if kind == "name":
            return self.rule(value, depth)
        if kind == "any":
            return self._node(self._option(value, depth), depth)
        if kind == "many":
            inner, low, high = value
            high = low if depth > _DEEPEST else high
            times = low + int(self._chance.random() * (high - low + 1))
            self._allowance.spend(times)
            value = [inner] * times
        elif kind != "sequence":
            return [self._character(*value) if kind == "range" else self._match(value)]
        return [part for item in value for part in self._node(item, depth)]

    def _option(self, options: list[Node], depth: int) -> Node:
        if depth > _DEEPEST:
            return min(options, key=lambda option: depth_of(option, self._grammar))
        return options[int(self._chance.random() * len(options))]

    def _character(self, first: str, last: str) -> str:
        return chr(ord(first) + int(self._chance.random() * (max(ord(last) - ord(first), 0) + 1)))

    def _match(self, pattern: str) -> str:
        for _ in range(_TRIES):
            found = matching(pattern, self._chance, self._allowance)
            if matches(f"^(?:{pattern})$", found):
                return found
        raise ValueError(f"lark grammar: no text found for /{pattern}/")
