"""How an API tells of limits: the ``x-ratelimit-*`` headers (FACTS E.2, at its end those of gateways), and
how its 429s say what is short, and when to come again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.headers import Pairs, unlimited
from understudy.mockserver.limits.bucket import Standing
from understudy.mockserver.limits.durations import reset_duration
from understudy.mockserver.limits.words import Words, openai_words, words_of

Reset: TypeAlias = Callable[[int], str]

_KEPT = 4_096
_NAME = re.compile(r"x-ratelimit-(limit|remaining|reset)-(req|tokens)[a-z]*(-minute|-day)?")
_PLACES = ("limit", "remaining", "reset")  # as they stand in a Standing
_SECONDS = "$reset_tokens_seconds"  # how a profile writes that its resets are bare integers


class Telling:
    """Makes headers from standings: those of *names* that tell of a kind with a limit, in their order.

    *reset* words microseconds. *unlimited* is what a 429 tells of a kind that has no limit, *words* is what
    it says, *milliseconds* whether it has ``retry-after-ms``.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        reset: Reset = reset_duration,
        unlimited: Mapping[bytes, bytes] | None = None,
        words: Words = openai_words,
        milliseconds: bool = True,
    ) -> None:
        self.words = words
        self.milliseconds = milliseconds
        self._names = [
            (name.encode("ascii"), found[2] == "tokens", _PLACES.index(found[1]))
            for name in names
            if (found := _NAME.fullmatch(name))
        ]
        self._reset = reset
        self._unlimited = unlimited or {}
        # where limits are wide apart from what is used, standings come again and again
        self.pairs = lru_cache(_KEPT)(self._pairs)

    def whole(self, requests: Standing | None, tokens: Standing | None) -> Pairs:
        """Return the pairs with those of kinds without a limit."""
        return list({**self._unlimited, **dict(self.pairs(requests, tokens))}.items())

    def _pairs(self, requests: Standing | None, tokens: Standing | None) -> Pairs:
        """Return the headers for these standings; not to be changed."""
        told: Pairs = []
        for name, of_tokens, place in self._names:
            standing = tokens if of_tokens else requests
            if standing is not None:
                value = standing[place]
                told.append((name, self._reset(value).encode("ascii") if place == 2 else b"%d" % value))
        return told


@lru_cache(64)
def telling_of(profile: Profile) -> Telling:
    """Return how *profile* tells of limits: as OpenAI; but where its replies have headers of their own, by
    those, not at all where none of them does, and in milliseconds where its 429 is documented so."""
    own = profile.reply.get("headers")
    if own is None:
        return OPENAI
    told: Mapping[str, str] = own.get("success", {})
    bare = any(value == _SECONDS or value.isdecimal() for name, value in told.items() if "-reset-" in name)
    fact = profile.error(429)
    milliseconds = fact is not None and "retry-after-ms" in fact.retry
    reset = _seconds if bare else reset_duration
    return Telling(tuple(told), reset, words=words_of(profile), milliseconds=milliseconds)


def _seconds(microseconds: int) -> str:
    return f"{-(microseconds // -1_000_000)}"  # rounded up: who waits so long finds it full


OPENAI = Telling(tuple(name.decode("ascii") for name in unlimited()), unlimited=unlimited())
