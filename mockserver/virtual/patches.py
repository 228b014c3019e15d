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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import anyio
import anyio._backends._asyncio  # it keeps asyncio.sleep by name: before that is replaced

from understudy.mockserver.virtual.dates import virtual_datetime
from understudy.mockserver.virtual.loops import Loops
from understudy.mockserver.virtual.scope import Scope, root
from understudy.mockserver.virtual.trio_clock import TrioClock
from understudy.mockserver.virtual.trio_threads import TrioThreads


class Patch(NamedTuple):
    owner: Any
    name: str
    original: Any
    replaced: Any


_lock = threading.Lock()
_scopes: list[Scope] = []  # the innermost last
_patches: list[Patch] = []


@contextmanager
def installed(scope: Scope) -> Iterator[None]:
    """Let *scope* answer while the context is open."""
    loops_of_scope = Loops(scope)
    before, scope.clock.driven = scope.clock.driven, loops_of_scope.drives
    with _lock:
        if not _scopes:
            _apply()
        _scopes.append(scope)
        _loops[scope] = loops_of_scope
    try:
        if scope.modules is None:
            loops_of_scope.take_running()
        yield
    finally:
        scope.clock.driven = before
        loops_of_scope.release()
        with _lock:
            _scopes.remove(scope)
            del _loops[scope]
            if not _scopes:
                _restore()


_loops: dict[Scope, Loops] = {}


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


def _apply() -> None:
    for owner, name, make in _table():
        original = getattr(owner, name)
        replaced = make(original)
        setattr(owner, name, replaced)
        _patches.append(Patch(owner, name, original, replaced))


def _restore() -> None:
    while _patches:
        owner, name, original, replaced = _patches.pop()
        if getattr(owner, name) is replaced:  # else somebody has replaced ours, and will put it back
            setattr(owner, name, original)


_Make = Callable[[Any], Any]


def _table() -> list[tuple[Any, str, _Make]]:
    rows: list[tuple[Any, str, _Make]] = [
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
    if "trio" in sys.modules:
        trio = sys.modules["trio"]
        rows += [
            (trio, "sleep", lambda original: _asleep(original, "trio.sleep")),
            (trio, "run", _run_trio),
            (trio._core._thread_cache, "THREAD_CACHE", lambda cache: TrioThreads(cache, _here)),
        ]
    for name in ("backoff._sync", "backoff._async"):
        if name in sys.modules:
            rows.append((sys.modules[name], "datetime", lambda _: virtual_datetime(_now)))
    return rows


def _now() -> float:
    """Return what ``time.time`` is to backoff."""
    scope = _scope("backoff")
    return time.time() if scope is None else scope.clock.now()


def _read(original: Callable[[], Any], virtual: Callable[[Scope], Any]) -> Callable[[], Any]:
    def read() -> Any:
        scope = _scope(root(sys._getframe(1)))
        return original() if scope is None else virtual(scope)

    return read


def _sleep(original: Callable[[float], None]) -> Callable[[float], None]:
    def sleep(seconds: float, /) -> None:
        caller = sys._getframe(1)
        scope = _scope(root(caller)) if seconds > 0 else None
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
        for scope in _here():
            scope.adopt(thread)
        original(thread)

    return start


def _run_forever(original: Callable[..., None]) -> Callable[..., None]:
    def run_forever(loop: asyncio.BaseEventLoop) -> None:
        scope = _whole()
        if scope is not None:
            _loops[scope].take(loop)
        original(loop)

    return run_forever


def _run_trio(original: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, clock: Any = None, **options: Any) -> Any:
        scope = _whole()
        if scope is not None and clock is None:
            clock = TrioClock(scope)
        return original(*args, clock=clock, **options)

    return run
