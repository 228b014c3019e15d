"""Scripts as a source of answers: which rules offer one for a request, and what each says.

How often a rule has answered is not kept here: it offers a ``Turn``, and the State knows whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from random import Random
from threading import Lock
from typing import Any

from understudy.mockserver.chat import Answer, ChatRequest, Verbatim
from understudy.mockserver.errors import Refusal, broke_down
from understudy.mockserver.scripts.answer import Fail, Rendered, Reply, as_answer
from understudy.mockserver.scripts.facts import Facts
from understudy.mockserver.scripts.index import Index
from understudy.mockserver.scripts.misses import nearest
from understudy.mockserver.scripts.rule import Rule
from understudy.mockserver.scripts.saying import say
from understudy.mockserver.scripts.templates import TemplateError
from understudy.mockserver.scripts.variables import variables
from understudy.mockserver.state import Turn
from understudy.mockserver.wire import RawHeaders


@dataclass(frozen=True)
class Scripted:
    """A rule that fits a request. *key* is its own in every process that reads the same scripts."""

    rule: Rule
    key: bytes
    facts: Facts
    seed: int

    @property
    def name(self) -> str:
        return str(self.rule)

    @cached_property
    def turn(self) -> Turn:
        return Turn(self.key, self.rule.limit)

    def settled(self, position: int) -> int:
        """Return a number that is equal for positions at which the rule says the same."""
        return position if self._anew else self._place(position)

    def say(self, position: int) -> Answer | Verbatim:
        """Return what the rule says at *position* (from 0). Raises Refusal for an error it answers with,
        ValueError for a callable that returns no answer, and whatever a callable raises."""
        found: Any = self.rule.answers[self._place(position)]
        # of the answer's index alone: how many asked before may be told by ``position``, not by chance
        chance = self._chance(self._place(position))
        if isinstance(found, Rendered):
            try:
                found = found.make(variables(self.facts, position, chance))
            except TemplateError as error:  # its reason is all there is to say: no traceback of ours
                raise Refusal(broke_down(f"a template failed: {error}")) from None
        elif not isinstance(found, (Reply, Fail, Answer, Verbatim)):
            found = as_answer(found(self.facts.chat), f"what {self.name} returns")
        if isinstance(found, Fail):
            raise Refusal(found.error())
        if isinstance(found, Reply):
            return say(found, self.facts.chat, chance)
        if isinstance(found, (Answer, Verbatim)):
            return found
        raise ValueError(f"{self.name} returns a callable, expected an answer")

    @cached_property
    def _anew(self) -> bool:
        return any(map(_is_made_anew, self.rule.answers))

    def _place(self, position: int) -> int:
        """Return the place of the answer at *position*: after the last comes the last again, or the first."""
        count = len(self.rule.answers)
        return position % count if self.rule.then == "cycle" else min(position, count - 1)

    def _chance(self, place: int) -> Random:
        drawn = b"%d:%d:" % (self.seed, place) + self.facts.chat.fingerprint + self.key
        return Random(blake2b(drawn, digest_size=16).digest())


class Scripts:
    """Rules as a source. Rules may be added while requests are answered, from any thread."""

    def __init__(self, rules: Iterable[Rule] = (), seed: int = 0) -> None:
        self.seed = seed
        self.version = 0
        self.reads_headers = False
        self.volatile = False
        self._lock = Lock()
        self._rules: dict[int, Rule] = {}  # by number, in order; numbers are never given twice
        self._next = 0
        self._numbers: dict[int, int] = {}  # by identity: not every rule can be hashed
        self._keys: dict[int, bytes] = {}
        self._index: Index | None = None
        self.add(*rules)
        self._first = self.rules
        if self._rules:
            self._current()  # now, not with the first request: thousands of rules take a part of a second

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, as they were defined."""
        with self._lock:
            return tuple(self._rules.values())

    @property
    def numbered(self) -> Mapping[int, Rule]:
        """The rules by number, which stays what it is while others come and go; what replaces a rule takes
        it over."""
        with self._lock:
            return dict(self._rules)

    def add(self, *rules: Rule) -> None:
        """Define *rules* behind those there are."""
        with self._lock:
            for given in rules:
                # the same rule a second time is another one: it has turns of its own
                rule = replace(given) if id(given) in self._numbers else given
                self._numbers[id(rule)] = self._next
                self._rules[self._next] = rule
                self._next += 1
                self._note(rule)

    def replace(self, old: Rule, new: Rule) -> None:
        """Put *new* in the place of *old*; it goes on where that was. ValueError where there is no *old*."""
        with self._lock:
            at = self._numbers.pop(id(old), None)
            if at is None:
                raise ValueError(f"{old} is not (or no more) a rule of this script")
            self._numbers[id(new)] = at
            self._rules[at] = new
            self._note(new)

    def remove(self, *rules: Rule) -> None:
        """Remove these very *rules*, those there are, in one step; the others go on where they were."""
        with self._lock:
            for rule in rules:
                at = self._numbers.pop(id(rule), None)
                if at is not None:
                    del self._rules[at]
            self._changed()

    def restore(self) -> None:
        """Have the rules again that there were at first."""
        with self._lock:
            self._rules = dict(enumerate(self._first))
            self._numbers = {id(rule): number for number, rule in self._rules.items()}
            self._changed()

    def reseed(self, seed: int) -> None:
        """Draw from *seed* what is left to chance, from the next request on."""
        with self._lock:
            self.seed = seed
            self._changed()

    @property
    def personal(self) -> bool:
        """Whether equal bodies may get different answers: a rule reads headers, or has a predicate."""
        return self.reads_headers or self.volatile

    def offer(self, chat: ChatRequest, headers: RawHeaders = ()) -> tuple[Scripted, ...]:
        """Return all rules that fit, in order, up to the first that answers any number of times."""
        index, keys = self._current()
        return tuple(self._offered(index, keys, Facts(chat, headers)))

    def nearest(self, chat: ChatRequest, headers: RawHeaders = ()) -> str | None:
        """Return the rules nearest to *chat* and what they ask that it does not have; None without rules."""
        return nearest(self._current()[0], Facts(chat, headers))

    def _offered(self, index: Index, keys: Mapping[int, bytes], facts: Facts) -> Iterator[Scripted]:
        for rule in index.fitting(facts):
            offered = Scripted(rule, keys[id(rule)], facts, self.seed)
            yield offered
            if offered.turn.limit is None:
                return

    def _current(self) -> tuple[Index, Mapping[int, bytes]]:
        """Return the index of the rules there are, made when it is first asked for."""
        with self._lock:
            if self._index is not None:
                return self._index, self._keys
            numbered = tuple(self._rules.items())
            version = self.version
        # made outside the lock: who adds a rule need not wait, and two who ask at once make the same
        index = Index([rule for _, rule in numbered])
        keys = {id(rule): _key(number, rule) for number, rule in numbered}
        with self._lock:
            if version == self.version:
                self._index, self._keys = index, keys
        return index, keys

    def _note(self, rule: Rule) -> None:
        """Take note of a new *rule*. Called with the lock held."""
        self.reads_headers = self.reads_headers or _reads_headers(rule)
        self.volatile = self.volatile or _is_volatile(rule)
        self._changed()

    def _changed(self) -> None:
        self._index = None
        self.version += 1


def _key(number: int, rule: Rule) -> bytes:
    text = f"rule:{number}:{rule.place}"
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


def _is_made_anew(answer: Any) -> bool:
    return not isinstance(answer, (Reply, Fail, Answer, Verbatim))


def _reads_headers(rule: Rule) -> bool:
    templates = (answer for answer in rule.answers if isinstance(answer, Rendered))
    return bool(rule.when.headers) or any(answer.reads_headers for answer in templates)


def _is_volatile(rule: Rule) -> bool:
    return rule.when.predicate is not None
