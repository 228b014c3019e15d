"""The text that whatever matches a pattern must contain: so patterns are filed like texts."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

# the parser of `re` moved in 3.11; no stubs know the new place
_parser: Any = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")


_ANY_CASE = "(?i)"


def literal(pattern: str) -> str:
    """Return the longest text that is surely in every text *pattern* is found in; "" where none is."""
    if _has_flags(pattern):
        return ""  # flags change what letters and spaces mean; better none than a wrong one
    return max(_runs(_tree(pattern)), key=len, default="")


def folded_literal(pattern: str) -> str:
    """Return the same of a pattern for any case, as ``casefold`` writes it; "" for any other pattern."""
    rest = pattern.removeprefix(_ANY_CASE)
    if rest == pattern or _has_flags(rest):
        return ""
    # in ASCII, case has no second meaning: what a letter matches is folded to that letter
    pieces = [piece for run in _runs(_tree(rest)) for piece in re.findall("[\0-\x7f]+", run)]
    return max(pieces, key=len, default="").casefold()


def _has_flags(pattern: str) -> bool:
    return re.search(r"\(\?(?!P<)[a-zA-Z-]", pattern) is not None


def _tree(pattern: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what Python may one day read otherwise
            return _parser.parse(re.sub(r"\(\?<(?![=!])", "(?P<", pattern))
    except (re.error, OverflowError, RecursionError):
        return ()  # ECMA-262 says more than Python reads


def _runs(nodes: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    """Yield the runs of letters that stand in every match, one after the other."""
    run: list[str] = []
    for kind, value in nodes:
        name = str(kind)
        if name == "LITERAL":
            run.append(chr(value))
            continue
        yield "".join(run)
        run = []
        if name == "SUBPATTERN" or (name in ("MAX_REPEAT", "MIN_REPEAT") and value[0] > 0):
            yield from _runs(value[-1])
    yield "".join(run)
