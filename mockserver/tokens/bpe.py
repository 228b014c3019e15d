"""Byte-pair encoding: how many tokens a text has, and where they end. Exact, offline.

The counts equal tiktoken's ``encode_ordinary`` (a test holds them equal). Nothing is loaded before the
first count; what was counted is remembered within bounds.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from threading import Lock
from typing import TypeVar

from understudy.mockserver.tokens.vocabulary import PATTERNS, tokens, words

_Kept = TypeVar("_Kept")

_NEVER = 1 << 30  # above every rank
_LONG_WORD = 64  # bytes: above, the heap is quicker than looking for the least rank each time
_KEPT_WORDS = 65_536
_KEPT_WORD = 48  # characters; longer words seldom come twice
# whole texts: many short ones, few long ones; (characters of each, how many) bound the memory
_SHORT_TEXTS = (4_096, 4_096)
_LONG_TEXTS = (262_144, 64)
_HUGE_TEXTS = 64


class Encoding:
    """One vocabulary, ready to count and to split."""

    def __init__(self, name: str) -> None:
        self._ranks = {token: rank for rank, token in enumerate(tokens(name))}
        self._pattern = re.compile(PATTERNS[name])
        self._counts = _Memory(lambda word: len(merge(_bytes(word), self._ranks)))
        self._splits = _Memory(lambda word: _whole_characters(merge(_bytes(word), self._ranks)))

    def count(self, text: str) -> int:
        """Return how many tokens *text* has."""
        return sum(map(self._counts.__getitem__, words(_scalars(text), self._pattern)))

    def split(self, text: str) -> tuple[str, ...]:
        """Return the texts of the tokens of *text*; tokens that share a character are joined."""
        splits = self._splits
        return tuple([piece for word in words(text, self._pattern) for piece in splits[word]])


def count(text: str, encoding: str = "o200k_base") -> int:
    """Return how many tokens *text* has. ValueError for an encoding we do not carry."""
    size = len(text)
    if size <= _SHORT_TEXTS[0]:
        return _count_short(text, encoding)
    return _count_long(text, encoding) if size <= _LONG_TEXTS[0] else _count_huge(text, encoding)


def split(text: str, encoding: str = "o200k_base") -> tuple[str, ...]:
    """Return the texts of the tokens of *text*, which joined give *text* again.

    Tokens that cut a character are joined, so there may be fewer pieces than tokens.
    """
    return loaded(encoding).split(text)


def loaded(name: str) -> Encoding:
    """Return the encoding *name*, read from its file on first need, once."""
    found = _LOADED.get(name)
    if found is None:
        with _LOADING:
            found = _LOADED.get(name) or Encoding(name)
            _LOADED[name] = found
    return found


_LOADED: dict[str, Encoding] = {}
_LOADING = Lock()


def _count(text: str, encoding: str) -> int:
    return loaded(encoding).count(text)


def _count_huge(text: str, encoding: str) -> int:
    """As `_count`; of a text of megabytes, which takes seconds, only the digest is remembered."""
    key = encoding, blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    found = _HUGE.get(key)
    if found is None:
        found = _count(text, encoding)
        with _LOADING:
            while len(_HUGE) >= _HUGE_TEXTS:
                del _HUGE[next(iter(_HUGE))]
            _HUGE[key] = found
    return found


_HUGE: dict[tuple[str, bytes], int] = {}
_count_short = lru_cache(maxsize=_SHORT_TEXTS[1])(_count)
_count_long = lru_cache(maxsize=_LONG_TEXTS[1])(_count)


def merge(word: bytes, ranks: Mapping[bytes, int]) -> list[bytes]:
    """Return the tokens of *word*: the neighbours of least rank are joined until none has a rank."""
    if word in ranks:
        return [word]
    if len(word) > _LONG_WORD:
        return _merge_long(word, ranks)
    rank = ranks.get
    parts = [word[i : i + 1] for i in range(len(word))]
    pairs = [rank(word[i : i + 2], _NEVER) for i in range(len(word) - 1)]
    while pairs and (least := min(pairs)) != _NEVER:
        at = pairs.index(least)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
        del pairs[at]
        if at < len(pairs):
            pairs[at] = rank(parts[at] + parts[at + 1], _NEVER)
        if at:
            pairs[at - 1] = rank(parts[at - 1] + parts[at], _NEVER)
    return parts


def _merge_long(word: bytes, ranks: Mapping[bytes, int]) -> list[bytes]:
    """As `merge`, in n log n: a heap of joinable neighbours over a linked list of parts."""
    size = len(word)
    # a part begins at i and ends where the next one begins; gone[i]: no part begins at i any more
    after, before, gone = [*range(1, size + 1), size], [*range(-1, size)], bytearray(size + 1)
    # one integer for rank, start and length: the heap compares it faster than a tuple
    rank = ranks.get
    pairs = ((rank(word[i : i + 2], -1), i) for i in range(size - 1))
    heap = [known << 40 | start << 8 | 2 for known, start in pairs if known >= 0]
    heapq.heapify(heap)
    while heap:
        entry = heapq.heappop(heap)
        start = entry >> 8 & 0xFFFFFFFF
        end = start + (entry & 0xFF)
        middle = after[start]
        if gone[start] or middle == size or after[middle] != end:
            continue  # one of the two has been joined with another since
        gone[middle] = 1
        after[start], before[end] = end, start
        for left, right in ((start, after[end]), (before[start], end)):
            if left >= 0 and right > left and (known := rank(word[left:right], -1)) >= 0:
                heapq.heappush(heap, known << 40 | left << 8 | right - left)
    return [word[i : after[i]] for i in range(size) if not gone[i]]


class _Memory(dict[str, _Kept]):
    """What *work* made of a word; emptied when full."""

    def __init__(self, work: Callable[[str], _Kept]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, word: str) -> _Kept:
        found = self._work(word)
        if len(word) <= _KEPT_WORD:
            if len(self) >= _KEPT_WORDS:
                self.clear()
            self[word] = found
        return found


def _bytes(word: str) -> bytes:
    return word.encode("utf-8", "surrogatepass")


def _scalars(text: str) -> str:
    """Return *text* as it could be sent: a half of a surrogate pair becomes U+FFFD (as tiktoken does)."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _whole_characters(parts: list[bytes]) -> tuple[str, ...]:
    """Return *parts* as text, each joined with the next while it ends within a character."""
    pieces: list[str] = []
    held = b""
    for part in parts:
        held += part
        try:
            pieces.append(held.decode("utf-8", "surrogatepass"))
        except UnicodeDecodeError:
            continue
        held = b""
    return tuple(pieces)
