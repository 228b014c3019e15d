"""Prompt caching as the API does it (FACTS A.1, C.2): what of a prompt was seen a short while ago.

A prompt is cut at the places the API can cache up to. Each cut is named by a digest of everything before
it, so that prompts which begin alike share their first names. `PromptCache` remembers names, no texts.

Most models cache 1,024 tokens and then steps of 128. Those that tell how much they wrote
(gpt-5.6 and later) cache up to the end of a message, or of a part that is marked as a breakpoint.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

from understudy.contracts.families import Family, snapshot_of
from understudy.mockserver.chat import ChatRequest, content_key
from understudy.mockserver.tokens.blocks import block_tokens
from understudy.mockserver.tokens.bpe import count, loaded, split
from understudy.mockserver.tokens.counting import message_tokens

LEAST = 1_024  # tokens; shorter prompts are not cached
STEP = 128
KEPT_IN_MEMORY = 300.0  # seconds unused
KEPT_BY_OPTIONS = 1_800.0  # gpt-5.6 and later: ``prompt_cache_options.ttl``, of which "30m" is the only value
KEPT_EXTENDED = 86_400.0  # ``prompt_cache_retention: "24h"``
MOST_WRITTEN = 4  # breakpoints a request writes
MOST_MATCHED = 80  # breakpoints that are looked for, the latest
_KEPT_TEXTS = 64
_LONGEST_KEPT = 262_144  # characters
_END = 1  # the token that ends a message stands behind its breakpoint (recorded: FACTS C.2)


class Cached(NamedTuple):
    """Tokens that came from the cache, and that went into it (0 for models that do not tell)."""

    read: int = 0
    written: int = 0


class Prefix(NamedTuple):
    """The cuts of a prompt, shortest first: their names, and the tokens before each.

    *scope* is what must be equal beside the text: account, model and ``prompt_cache_key``. *keeps* is how
    many seconds an unused cut stays. *tells*: the model says what it wrote.
    """

    scope: bytes
    blocks: tuple[bytes, ...]
    ends: tuple[int, ...] = ()
    keeps: float = KEPT_IN_MEMORY
    tells: bool = False

    def of(self, account: str) -> Prefix:
        """Return the same cuts for *account*: accounts share no cache."""
        return self._replace(scope=_digest(self.scope, account.encode("utf-8", "replace")))


class PromptCache:
    """The cuts seen of late, *limit* at most; the longest unused go first. Not safe for threads by itself."""

    def __init__(self, limit: int = 100_000) -> None:
        if limit < 1:
            raise ValueError(f"limit is {limit}, expected 1 or more cuts to be remembered")
        self._limit = limit
        self._until: OrderedDict[bytes, float] = OrderedDict()  # in order of last use

    def __len__(self) -> int:
        return len(self._until)

    def seen(self, prefix: Prefix, now: float) -> Cached:
        """Return what of *prefix* is cached at *now* (seconds), and cache it from then on."""
        scope, ends = prefix.scope, prefix.ends
        blocks = [scope + block for block in prefix.blocks]
        lowest = max(0, len(blocks) - MOST_MATCHED) if prefix.tells else 0
        fresh = self._until.get
        found = len(blocks) - 1
        while found >= lowest and fresh(blocks[found], 0.0) <= now:
            found -= 1
        read = ends[found] if found >= lowest else 0
        first = max(found + 1, len(blocks) - MOST_WRITTEN) if prefix.tells else 0
        self._keep(blocks[first:], now + prefix.keeps)
        if not prefix.tells:
            return Cached(read)
        used = [block for block in blocks[lowest : found + 1] if block in self._until]
        self._keep(used, now + prefix.keeps)
        return Cached(read, ends[-1] - read if blocks else 0)

    def _keep(self, blocks: list[bytes], until: float) -> None:
        held = self._until
        for block in reversed(blocks):  # the shortest is put in last: it is of use to the most prompts
            held.pop(block, None)
            held[block] = until
        for _ in range(len(held) - self._limit):
            held.popitem(last=False)


def prefix_of(chat: ChatRequest, family: Family, prompt: int) -> Prefix | None:
    """Return where the prompt of *chat*, *prompt* tokens long, can be cached; None where it is too short.

    It depends on the body alone: `Prefix.of` makes it an account's.
    """
    if prompt < LEAST:
        return None
    document = chat.document
    options = document.get("prompt_cache_options")
    explicit = isinstance(options, dict) and options.get("mode") == "explicit"
    tells = "cache_write_tokens" in family.prompt_details
    cuts = _breakpoints(chat, family, explicit) if tells else _steps(chat, family, prompt)
    kept = [cut for cut in _named(cuts) if LEAST <= cut[0] < prompt]
    return Prefix(
        content_key([snapshot_of(chat.model), document.get("prompt_cache_key")]),
        tuple(block for _, block in kept),
        tuple(end for end, _ in kept),
        _keeps(document, family, tells),
        tells,
    )


def _keeps(document: Mapping[str, Any], family: Family, tells: bool) -> float:
    """Return for how many seconds the API keeps what it cached of *document*."""
    retention = document.get("prompt_cache_retention")
    if retention == "24h":
        return KEPT_EXTENDED
    if tells:
        return KEPT_BY_OPTIONS
    return KEPT_EXTENDED if family.only_24h_caching and retention is None else KEPT_IN_MEMORY


# Material to digest, and where it is a place to cut: the tokens before the cut, else None.
_Cuts: TypeAlias = Iterator[tuple[bytes, int | None]]


def _named(cuts: _Cuts) -> Iterator[tuple[int, bytes]]:
    """Yield the tokens before each cut and its name, which holds for all that was yielded so far."""
    digest = hashlib.blake2b(digest_size=16)
    for material, end in cuts:
        digest.update(b"%d:" % len(material) + material)
        if end is not None:
            yield end, digest.copy().digest()


def _digest(*parts: bytes) -> bytes:
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).digest()


def _tools(chat: ChatRequest, family: Family) -> tuple[bytes, int]:
    """Return a digest of what stands before the messages, and its tokens."""
    document = chat.document
    shown = [document.get(key) for key in ("tools", "functions", "response_format")]
    return content_key(shown), block_tokens(document, chat.messages, family) if any(shown) else 0


def _steps(chat: ChatRequest, family: Family, prompt: int) -> _Cuts:
    """Yield the prompt cut at 1,024 tokens and every 128 more."""
    key, at = _tools(chat, family)
    yield key, None
    cut = LEAST
    while cut <= at < prompt:
        yield b"", cut
        cut += STEP
    for message in chat.messages:
        if cut >= prompt:
            return
        if not isinstance(message, dict):
            continue
        end = at + message_tokens(message, family, chat.model)
        content = message.get("content")
        if cut < end and isinstance(content, str):
            yield content_key([message.get("role"), message.get("name")]), None
            ends = (_remembered if len(content) <= _LONGEST_KEPT else _ends)(content, family.encoding)
            begin = end - count(content, family.encoding) - _END
            for piece, reached in _pieces(content, ends, begin, cut):
                yield piece, reached
                cut = cut if reached is None else reached + STEP
        yield content_key(message), None
        while cut <= end:  # in what follows the text, or in a message of parts: these are taken whole
            yield b"", cut
            cut += STEP
        at = end
    while cut < prompt:  # in the few tokens that call for the answer
        yield b"", cut
        cut += STEP


def _pieces(text: str, ends: array[int], begin: int, cut: int) -> Iterator[tuple[bytes, int | None]]:
    """Yield *text*, of which *begin* tokens are before and whose tokens end at *ends*, up to each cut from
    *cut* on."""
    done = 0
    for reached in range(cut, begin + len(ends), STEP):
        to = ends[max(0, reached - begin)]
        yield text[done:to].encode("utf-8", "surrogatepass"), reached
        done = to


def _ends(text: str, encoding: str) -> array[int]:
    """Return how many characters of *text* are whole after each number of its tokens, from 0 on."""
    pieces = split(text, encoding)
    ends = array("I", [0, *accumulate(map(len, pieces))])
    if text.isascii():
        return ends
    # a piece may be several tokens that share a character, which is whole with the last of them
    tokens = loaded(encoding).count
    sizes = {piece: tokens(piece) for piece in set(pieces)}
    before = ((end, sizes[piece] - 1) for end, piece in zip(ends, pieces, strict=False))
    return array("I", [*(end for end, more in before for _ in range(more + 1)), ends[-1]])


_remembered = lru_cache(maxsize=_KEPT_TEXTS)(_ends)  # agents send the same long history with every request


def _breakpoints(chat: ChatRequest, family: Family, explicit: bool) -> _Cuts:
    """Yield the prompt cut where messages end, and where a part is marked; *explicit*: at the marks alone."""
    key, at = _tools(chat, family)
    yield key, None
    for message in chat.messages:
        if not isinstance(message, dict):
            continue
        end = at + message_tokens(message, family, chat.model)
        content = message.get("content")
        parts = content if isinstance(content, list) else []
        sizes = [_part_tokens(part, family, chat.model) for part in parts]
        reached = end - _END - sum(sizes)
        yield content_key([message.get("role"), message.get("name")]), None
        for part, size in zip(parts, sizes, strict=True):
            reached += size
            marked = isinstance(part, dict) and isinstance(part.get("prompt_cache_breakpoint"), dict)
            yield content_key(_unmarked(part)), reached if marked else None
        bare = {key: value for key, value in message.items() if key != "content" or not parts}
        yield content_key(bare), None if explicit else end - _END
        at = end


def _part_tokens(part: Any, family: Family, model: str) -> int:
    return message_tokens({"content": [part]}, family, model) - message_tokens({}, family, model)


def _unmarked(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    return {key: value for key, value in part.items() if key != "prompt_cache_breakpoint"}
