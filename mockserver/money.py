"""What tokens cost: integers times decimals, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal, localcontext
from typing import Any, NamedTuple

from understudy.contracts.profiles.profile import Prices
from understudy.mockserver.usage import Counts

_EXACT = Context(prec=60)  # far beyond any product here: nothing is ever rounded
_MILLION = 6  # decimal places: prices are for 1,000,000 tokens


class Sums(NamedTuple):
    """Requests and tokens. *cached*, *cache_write* and *prompt_audio* are parts of *prompt*, *reasoning* and
    *completion_audio* of *completion*."""

    requests: int = 0
    prompt: int = 0
    cached: int = 0
    cache_write: int = 0
    prompt_audio: int = 0
    completion: int = 0
    reasoning: int = 0
    completion_audio: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt + self.completion

    def plus(self, other: Sums) -> Sums:
        return Sums(*map(int.__add__, self, other))

    def cost(self, prices: Prices) -> Decimal:
        """Return the price of these tokens in USD, exactly."""
        whole = (
            (self.prompt, prices.input),
            (self.cached, _above(prices.cached_input, prices.input)),
            (self.cache_write, _above(prices.cache_write, prices.input)),
            (self.prompt_audio, _above(prices.audio_input, prices.input)),
            (self.completion, prices.output),
            (self.completion_audio, _above(prices.audio_output, prices.output)),
        )
        with localcontext(_EXACT):
            return sum((tokens * price for tokens, price in whole), Decimal(0)).scaleb(-_MILLION)


NOTHING = Sums()


ONE = Sums(requests=1)


def sums_of(counts: Counts) -> Sums:
    """Return one request with the tokens of *counts*."""
    return Sums(
        1,
        counts.prompt,
        counts.cached,
        counts.cache_write,
        counts.audio_prompt,
        counts.completion,
        counts.reasoning,
        counts.audio_completion,
    )


def read_usage(usage: Mapping[str, Any] | None) -> Sums:
    """Return one request with the tokens of *usage*, as the API shapes it (FACTS C.2).

    What is malformed counts nothing. Parts are held below their whole, so that no price can come out
    below zero.
    """
    if usage is None:
        return ONE
    prompt, completion = _number(usage.get("prompt_tokens")), _number(usage.get("completion_tokens"))
    read, made = _details(usage, "prompt_tokens_details"), _details(usage, "completion_tokens_details")
    if not any(read.values()) and not any(made.values()):  # by far the most
        return Sums(1, prompt, 0, 0, 0, completion)
    cached = min(_number(read.get("cached_tokens")), prompt)
    written = min(_number(read.get("cache_write_tokens")), prompt - cached)
    heard = min(_number(read.get("audio_tokens")), prompt - cached - written)
    thought = min(_number(made.get("reasoning_tokens")), completion)
    spoken = min(_number(made.get("audio_tokens")), completion)
    return Sums(1, prompt, cached, written, heard, completion, thought, spoken)


def add_usd(one: Decimal, other: Decimal) -> Decimal:
    """Return the sum, whatever precision the caller's thread computes with."""
    return _EXACT.add(one, other)


def plain(usd: Decimal) -> str:
    """Return *usd* as digits, without exponent and without zeros that say nothing."""
    text = format(usd, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _details(usage: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = usage.get(key)
    return found if isinstance(found, dict) else {}


def _above(price: Decimal | None, usual: Decimal) -> Decimal:
    """Return what *price* is above the *usual* one (below: negative); nothing where it is not documented."""
    return Decimal(0) if price is None else _EXACT.subtract(price, usual)
