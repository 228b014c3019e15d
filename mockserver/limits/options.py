"""Limits from the command line: ``--rpm 60 --tpm 30k --rpm gpt-4o=10``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from understudy.mockserver.limits.limit import MOST, Limit

_COUNT = re.compile(r"([1-9][0-9]{0,2}(?:[_,][0-9]{3})+|[0-9]+)(\.[0-9]+)?([kKmM]?)")
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000}


def limits_from_options(
    *,
    rpm: Sequence[str] = (),
    tpm: Sequence[str] = (),
    rpd: Sequence[str] = (),
    tpd: Sequence[str] = (),
    concurrency: Sequence[str] = (),
) -> tuple[Limit, ...]:
    """Return the limits that options of these values ask for: one for each model they name.

    A value is ``[MODEL=]COUNT``. Raises ValueError that names the option and what it may be.
    """
    given = {
        ("--rpm", "requests_per_minute"): rpm,
        ("--tpm", "tokens_per_minute"): tpm,
        ("--rpd", "requests_per_day"): rpd,
        ("--tpd", "tokens_per_day"): tpd,
        ("--concurrency", "concurrency"): concurrency,
    }
    models: dict[str, dict[str, Any]] = {}
    for (option, field), values in given.items():
        for value in values:
            model, found, text = value.rpartition("=")
            model = model.strip()
            if found and not model:
                raise ValueError(f"{option} {value}: no model stands before the equals sign")
            counts = models.setdefault(model or "*", {})
            if field in counts:
                raise ValueError(f"{option} {value}: there is one for {model or 'every model'} already")
            try:
                counts[field] = parse_count(text)
            except ValueError as error:
                raise ValueError(f"{option} {value}: {error}") from None
    return tuple(Limit(model=model, **counts) for model, counts in models.items())


def parse_count(text: str) -> int:
    """Return the number that *text* (``60``, ``30_000``, ``30,000``, ``30k``, ``1.5M``) says."""
    match = _COUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no count; examples: 60, 30_000, 30k, 1.5M")
    whole, fraction, suffix = match.groups()
    if fraction and not suffix:
        raise ValueError(f"{text!r} is not whole; examples: 60, 30_000, 30k, 1.5M")
    if len(whole) + len(fraction or "") > 30:
        raise ValueError(f"{text[:40]!r} is too large, expected 1 to {MOST}")
    digits = (fraction or ".")[1:]
    scaled = int(re.sub("[_,]", "", whole) + digits) * _FACTORS[suffix.lower()]
    unit: int = 10 ** len(digits)
    count, rest = divmod(scaled, unit)
    if rest:
        raise ValueError(f"{text!r} is not whole; examples: 60, 30_000, 30k, 1.5M")
    if not 1 <= count <= MOST:
        raise ValueError(f"{text!r} is out of range, expected 1 to {MOST}")
    return count
