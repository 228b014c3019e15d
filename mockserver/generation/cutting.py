"""Where a text ends before its time: at a limit of tokens, or before a stop sequence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from understudy.mockserver.tokens.bpe import count, split


class Text(NamedTuple):
    """A text, the pieces a stream sends it in, and whether it ended of its own accord."""

    whole: str
    pieces: Sequence[str]
    ended: bool = True


def cut(text: str, encoding: str) -> Text:
    """Return all of *text*, cut into tokens."""
    return Text(text, split(text, encoding))


def limited(text: Text, most: int, encoding: str) -> Text:
    """Return *text* cut to *most* tokens (below zero: whole)."""
    whole, pieces, _ = text
    if most < 0 or (len(pieces) <= most and (whole.isascii() or count(whole, encoding) <= most)):
        return text
    left = _most_of(pieces, most, encoding)
    return Text("".join(left), left, ended=False)


def stopped(text: Text, stop: Any, encoding: str) -> Text:
    """Return *text* up to the first of the sequences in *stop*, the ``stop`` of a request."""
    listed = stop if isinstance(stop, list) else [stop]
    stops = [re.escape(item) for item in listed if isinstance(item, str) and item]
    found = re.search("|".join(stops), text.whole) if stops else None
    return cut(text.whole[: found.start()], encoding) if found else text


def _most_of(pieces: Sequence[str], most: int, encoding: str) -> Sequence[str]:
    """Return as many of *pieces* as have *most* tokens: a piece may be several, that share a character."""
    left = pieces[:most]
    while left and (over := count("".join(left), encoding) - most) > 0:
        left = left[: -max(1, over // 4)]  # a character is at most four tokens
    return left
