"""The functions of other modules that ask a scope first. They are replaced while any scope is open.

Each replacement looks for the scope of its thread at each call, and does what the original does where
there is none: so whoever keeps a reference to it beyond the end keeps nothing but a detour.
"""

from __future__ import annotations

import asyncio
import asyncio.base_events
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import anyio
import anyio._backends._asyncio  # it keeps asyncio.sleep by name: before that is replaced

from understudy.mockserver.virtual.dates import virtual_datetime
from understudy.mockserver.virtual.loops import drives, release, take, take_running
from understudy.mockserver.virtual.replacements import Replacements, Row
from understudy.mockserver.virtual.scope import Scope, root
from understudy.mockserver.virtual.trio_clock import TrioClock
from understudy.mockserver.virtual.trio_threads import TrioThreads

# parts of Python that wait for the machine: deadlines of theirs would never come nearer on a clock that
# stands still, and the one that sleeps until something has happened would let hours pass
_MEASURE = frozenset(
    ("concurrent", "multiprocessing", "queue", "socket", "socketserver", "subprocess", "threading")
)
_POLL = frozenset(("subprocess",))

_lock = threading.Lock()
_scopes: list[Scope] = []  # the innermost last


@contextmanager
def installed(scope: Scope) -> Iterator[None]:
    """Let *scope* answer while the context is open."""
    with _lock:
        if not _scopes:
            _replacements.make()
        _scopes.append(scope)
    scope.clock.driven = partial(drives, scope.clock)  # beyond the end, too: it says no then
    try:
        if scope.modules is None:
            take_running(scope)
        yield
    finally:
        release(scope)
        with _lock:
            _scopes.remove(scope)
            if not _scopes:
                _replacements.undo()


def _scope(module: str) -> Scope | None:
    """Return the innermost scope that answers *module* (its top-level name) in this thread."""
    return next((scope for scope in _here() if scope.holds(module)), None) if _scopes else None


def _here() -> Iterator[Scope]:
    """Return the scopes of this thread, the innermost first."""
    thread = threading.current_thread()
    return (scope for scope in reversed(_scopes) if scope.has(thread))


def _whole() -> Scope | None:
    """Return the innermost scope of this thread that is for all modules."""
    scope = _scope("")
    return scope if scope is not None and scope.modules is None else None


def _now() -> float:
    """Return what ``time.time`` is to backoff."""
    scope = _scope("backoff")
    return time.time() if scope is None else scope.clock.now()


def _read(original: Callable[[], Any], virtual: Callable[[Scope], Any]) -> Callable[[], Any]:
    def read() -> Any:
        caller = root(sys._getframe(1))
        scope = None if caller in _MEASURE else _scope(caller)
        return original() if scope is None else virtual(scope)

    return read


def _sleep(original: Callable[[float], None]) -> Callable[[float], None]:
    def sleep(seconds: float, /) -> None:
        caller = sys._getframe(1)
        scope = _scope(root(caller)) if seconds > 0 and root(caller) not in _POLL else None
        if scope is None:
            original(seconds)
        else:
            scope.record(seconds, caller, "time.sleep")
            scope.clock.sleep(seconds)

    return sleep


def _asleep(original: Callable[..., Any], kind: str) -> Callable[..., Any]:
    async def sleep(delay: float, *result: Any, **named: Any) -> Any:
        caller = sys._getframe(1)
        scope = _scope(root(caller)) if delay > 0 else None
        if scope is None or scope.clock.driven():
            if scope is not None:
                scope.record(delay, caller, kind)
            return await original(delay, *result, **named)
        scope.record(delay, caller, kind)
        await scope.clock.asleep(delay)
        return result[0] if result else named.get("result")

    return sleep


def _start(original: Callable[..., None]) -> Callable[..., None]:
    def start(thread: threading.Thread) -> None:
        for scope in () if getattr(thread, "keeps_real_time", False) else _here():
            scope.adopt(thread)
        original(thread)

    return start


def _run_forever(original: Callable[..., None]) -> Callable[..., None]:
    def run_forever(loop: asyncio.BaseEventLoop) -> None:
        scope = _whole()
        if scope is not None:
            take(loop, scope)
        original(loop)

    return run_forever


def _run_trio(original: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, clock: Any = None, **options: Any) -> Any:
        scope = _whole()
        if scope is not None and clock is None:
            clock = TrioClock(scope)
        return original(*args, clock=clock, **options)

    return run


def _trio(trio: Any) -> list[Row]:
    return [
        (trio, "sleep", lambda original: _asleep(original, "trio.sleep")),
        (trio, "run", _run_trio),
        (trio._core._thread_cache, "THREAD_CACHE", lambda cache: TrioThreads(cache, _here)),
    ]


def _backoff(module: Any) -> list[Row]:
    return [(module, "datetime", lambda _: virtual_datetime(_now))]


_ROWS: list[Row] = [
    (time, "sleep", _sleep),
    (time, "time", lambda original: _read(original, lambda scope: scope.clock.now())),
    (time, "time_ns", lambda original: _read(original, lambda scope: int(scope.clock.now() * 1e9))),
    (time, "monotonic", lambda original: _read(original, lambda scope: scope.monotonic())),
    (time, "monotonic_ns", lambda original: _read(original, lambda scope: int(scope.monotonic() * 1e9))),
    (asyncio, "sleep", lambda original: _asleep(original, "asyncio.sleep")),
    (anyio, "sleep", lambda original: _asleep(original, "anyio.sleep")),
    (asyncio.base_events.BaseEventLoop, "run_forever", _run_forever),
    (threading.Thread, "start", _start),
]
_LATER: Mapping[str, Callable[[Any], Sequence[Row]]] = {
    "trio": _trio,
    "backoff._sync": _backoff,
    "backoff._async": _backoff,
}
_replacements = Replacements(_ROWS, _LATER)
