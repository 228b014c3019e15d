"""Log probabilities for the tokens of a generated text (FACTS B.1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Any

MOST_ALTERNATIVES = 20
# what else might have been said; more than are ever asked for, so that the token itself can be left out
_OTHERS = (
    " the", " a", " and", " of", " to", " in", " is", " for", " that", " with", " on", " as", " it",
    " this", " an", " by", " from", " at", " or", " was", " are", " be",
)  # fmt: skip


def token_logprobs(
    pieces: Sequence[str], alternatives: int, chance: Random, *, refused: bool = False
) -> dict[str, Any]:
    """Return the ``logprobs`` of a choice that says *pieces*, each the likeliest of its place.

    They are of its content, or of its refusal where it *refused*.
    """
    asked = min(max(alternatives, 0), MOST_ALTERNATIVES)
    tokens = [_token(piece, asked, chance) for piece in pieces]
    return {"content": None, "refusal": tokens} if refused else {"content": tokens, "refusal": None}


def _token(piece: str, alternatives: int, chance: Random) -> dict[str, Any]:
    # never quite certain: so much is left that rounding cannot make the sum more than one
    likely = 0.9999 - 0.45 * chance.random() ** 2
    top = [_entry(piece, likely)] if alternatives else []
    left = (1.0 - likely) * 0.98
    for other in _OTHERS:
        if len(top) >= alternatives:
            break
        if other != piece:
            left /= 2  # a geometric tail: all of them together stay below one
            top.append(_entry(other, left))
    return {**_entry(piece, likely), "top_logprobs": top}


def _entry(text: str, probability: float) -> dict[str, Any]:
    # the API's word for very unlikely is -9999.0
    logprob = round(math.log(probability), 8) if probability > 0 else -9999.0
    return {"token": text, "logprob": logprob, "bytes": list(text.encode("utf-8", "surrogatepass"))}
