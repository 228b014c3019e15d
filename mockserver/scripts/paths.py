"""JSONPath (RFC 9535) over a request body.

Most paths only step down (``$.metadata.tenant``, ``$.messages[0].content``): those are walked here. The
others are asked of ``python-jsonpath``, loaded when the first comes, with the patterns of ``match`` and
``search`` searched by the bounded engine (``texts.searching``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from understudy.mockserver.scripts.texts import searching

_Select: TypeAlias = Callable[[Any], Iterable[Any]]

_DEEPEST = 256  # levels a `..` goes down; request bodies have 128 by default
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
    environment, broken = _environment()
    try:
        compiled = environment.compile(text)
    except (broken, RecursionError) as error:
        reason = str(error).split("\n")[0]
        raise ValueError(f"{text!r} is no JSONPath (RFC 9535): {reason}") from None

    def select(value: Any) -> Iterable[Any]:
        try:
            for node in compiled.finditer(value):
                yield node.obj
        except broken:
            return

    return select


@lru_cache(maxsize=1)
def _environment() -> tuple[Any, type[Exception]]:
    # loaded here: 90 ms, for the few scripts that need more than plain steps
    from jsonpath import JSONPathEnvironment, JSONPathError
    from jsonpath.function_extensions import ExpressionType, FilterFunction

    class Bounded(FilterFunction):
        arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012  (the library's own form)
        return_type = ExpressionType.LOGICAL

        def __init__(self, frame: str) -> None:
            self._frame = frame

        def __call__(self, value: object, pattern: object) -> bool:
            if not isinstance(value, str) or not isinstance(pattern, str):
                return False
            try:
                return searching(self._frame % pattern)(value)
            except ValueError:  # RFC 9535, 2.4.6: a pattern that is none is never found
                return False

    class Environment(JSONPathEnvironment):
        max_recursion_depth = _DEEPEST

        def setup_function_extensions(self) -> None:
            super().setup_function_extensions()
            self.function_extensions["match"] = Bounded("^(?:%s)$")
            self.function_extensions["search"] = Bounded("%s")

    return Environment(strict=True), JSONPathError
