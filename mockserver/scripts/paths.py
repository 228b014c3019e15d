"""JSONPath (RFC 9535) over a request body.

Most paths only step down (``$.metadata.tenant``, ``$.messages[0].content``): those are walked here. The
others are for ``full_paths``, loaded when the first comes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

_Select: TypeAlias = Callable[[Any], Iterable[Any]]

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(0|[1-9][0-9]{0,9})\]|\['([^'\\]*)'\]|\[\"([^\"\\]*)\"\]")


class Query(NamedTuple):
    """A compiled path, and the *text* it was written as."""

    text: str
    run: _Select

    def select(self, document: Any, most: int) -> tuple[Any, ...]:
        """Return up to *most* of the values selected in *document*; none where it is nested too deep."""
        try:
            return tuple(islice(self.run(document), most))
        except RecursionError:
            return ()


@lru_cache(maxsize=1024)
def query(text: str) -> Query:
    """Return *text* compiled. Raises ValueError for what is no JSONPath."""
    steps = _plain(text)
    return Query(text, _full(text) if steps is None else _walk(steps))


def canonical(value: Any) -> str:
    """Return a text that is equal for equal JSON values: 1 is 1.0, and is not true."""
    return json.dumps(_whole(value), sort_keys=True, separators=(",", ":"))


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(member) for key, member in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


def _plain(text: str) -> tuple[str | int, ...] | None:
    """Return the steps of a path that only steps down, None for any other."""
    if not text.startswith("$"):
        return None
    at, steps = 1, []
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            return None
        name, number, *quoted = found.groups()
        word = name if name is not None else next((part for part in quoted if part is not None), None)
        steps.append(int(number) if word is None else word)
        at = found.end()
    return tuple(steps)


def _walk(steps: tuple[str | int, ...]) -> _Select:
    def select(value: Any) -> Iterable[Any]:
        for step in steps:
            if isinstance(step, str):
                if not isinstance(value, dict) or step not in value:
                    return ()
            elif not isinstance(value, list) or step >= len(value):
                return ()
            value = value[step]
        return (value,)

    return select


def _full(text: str) -> _Select:
    # loaded here: 90 ms, for the few scripts that need more than plain steps
    from understudy.mockserver.scripts.full_paths import full

    return full(text)
