"""trio's worker threads under a virtual clock. Knows trio by what it keeps, not by import."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from understudy.mockserver.virtual.scope import Scope


class TrioThreads:
    """Stands in for trio's *cache* of idle threads: one that was started outside of a scope would sleep for
    real in it. So each scope (the first of *here*) has threads of its own."""

    def __init__(self, cache: Any, here: Callable[[], Iterator[Scope]]) -> None:
        self._cache, self._here = cache, here
        self._own: WeakKeyDictionary[Scope, Any] = WeakKeyDictionary()

    def start_thread_soon(self, *job: Any, **named: Any) -> None:
        """Have a thread do what trio asks for."""
        scope = next(self._here(), None)
        cache = self._cache if scope is None else self._own.setdefault(scope, type(self._cache)())
        cache.start_thread_soon(*job, **named)
