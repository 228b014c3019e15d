"""JSONPath (RFC 9535) in full, asked of ``python-jsonpath``, with the nodes counted that a path visits.

Importing this takes 90 ms: ``paths`` does, when the first path comes that needs it. Filters may ask for
paths inside of paths, each of which goes over the whole body; so all that is visited is counted, by them
too, and a path ends where it has visited enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import local
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError, JSONPathMatch
from jsonpath.filter import BaseExpression, FilterQuery
from jsonpath.function_extensions import ExpressionType, FilterFunction

from understudy.mockserver.scripts.texts import LONGEST_SEARCHED, searching

_MOST_VISITED = 50_000  # nodes, filters' own among them: a few tenths of a second
_DEEPEST = 256  # levels a `..` goes down; request bodies have 128 by default


class _Visits(local):
    """How many nodes the path that runs in this thread may yet visit."""

    left = 0

    def take(self, number: int) -> None:
        self.left -= number
        if self.left < 0:
            raise JSONPathError("too many nodes")


_visits = _Visits()


class _Node(JSONPathMatch):
    __slots__ = ()

    def __init__(self, **members: Any) -> None:
        _visits.take(1)
        super().__init__(**members)


class _Path(JSONPath):
    """A path over nodes that are counted."""

    def finditer(self, data: Any, *, filter_context: Any = None) -> Iterable[JSONPathMatch]:
        around = filter_context or {}
        whole = _Node(filter_context=around, obj=data, parent=None, path="$", parts=(), root=data)
        nodes: Iterable[JSONPathMatch] = [whole]
        for segment in self.segments:
            nodes = segment.resolve(nodes)
        return nodes


class _Search(FilterFunction):
    """``match`` and ``search``, by the bounded engine; *frame* is what stands around the pattern."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012  (the library's own form)
    return_type = ExpressionType.LOGICAL

    def __init__(self, frame: str) -> None:
        self._frame = frame

    def __call__(self, value: object, pattern: object) -> bool:
        if not isinstance(value, str) or not isinstance(pattern, str):
            return False
        try:
            search = searching(self._frame % pattern)
        except ValueError:  # RFC 9535, 2.4.6: a pattern that is none is never found
            return False
        if not search.linear:  # a character of these takes about as long as a node
            _visits.take(min(len(value), LONGEST_SEARCHED))
        return search(value)


class _Environment(JSONPathEnvironment):
    max_recursion_depth = _DEEPEST

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = _Search("^(?:%s)$")
        self.function_extensions["search"] = _Search("%s")

    def is_truthy(self, obj: object) -> bool:
        _visits.take(1)  # once for each node that a filter is asked of
        return super().is_truthy(obj)


_ENVIRONMENT = _Environment(strict=True)


def full(text: str) -> Callable[[Any], Iterator[Any]]:
    """Return what yields the values that *text* selects in a document, those found in `_MOST_VISITED`
    visits. Raises ValueError for what is no JSONPath."""
    try:
        compiled = _ENVIRONMENT.compile(text)
    except (JSONPathError, RecursionError) as error:
        reason = str(error).split("\n")[0]
        raise ValueError(f"{text!r} is no JSONPath (RFC 9535): {reason}") from None
    if not isinstance(compiled, JSONPath):
        raise ValueError(f"{text!r} is no JSONPath (RFC 9535): it is several")
    path = _counted(compiled)

    def select(value: Any) -> Iterator[Any]:
        _visits.left = _MOST_VISITED
        try:
            for node in path.finditer(value):
                yield node.obj
        except JSONPathError:
            return

    return select


def _counted(path: JSONPath) -> _Path:
    """Return *path*, and the paths its filters ask for, over nodes that are counted."""
    for segment in path.segments:
        for selector in segment.selectors:
            _count_in(getattr(selector, "expression", None))
    return _Path(env=path.env, segments=path.segments)


def _count_in(expression: BaseExpression | None) -> None:
    if isinstance(expression, FilterQuery):
        expression.path = _counted(expression.path)
    elif expression is not None:
        for child in expression.children():
            _count_in(child)
