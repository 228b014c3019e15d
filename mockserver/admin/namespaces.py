"""An engine for each namespace, so that suites that run at once do not see one another.

A namespace is named by the path (``/ns/NAME/v1/…``, which a base URL carries) or by a header. It comes
into being when it is first asked for. Whoever has no namespace has the default engine, at no cost.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from understudy.mockserver.wire import RawHeaders

HEADER = b"x-understudy-namespace"
PREFIX = "/ns/"
DEFAULT = "default"
USUAL = frozenset(("/v1/chat/completions", "/chat/completions"))  # never in a namespace by their path
MOST = 64

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ALLOWED = "1 to 64 letters, digits, dots, hyphens and underscores, the first a letter or a digit"

E = TypeVar("E")


class BadNamespace(ValueError):
    """The request names no namespace that can be."""


class Full(Exception):
    """No namespace can be dropped, and there is no room for another."""


class Namespaces(Generic[E]):
    """*default* and at most *most* other engines, each from *make* (its argument is the name).

    Where there are too many, the one that was longest not asked for is dropped, of those that are not kept
    and for which *idle* holds. Safe for several threads. Raises ValueError for a bound below 1.
    """

    def __init__(
        self,
        default: E,
        make: Callable[[str], E],
        *,
        idle: Callable[[E], bool] = lambda engine: True,
        most: int = MOST,
    ) -> None:
        if most < 1:
            raise ValueError(f"most is {most}, expected 1 or more namespaces")
        self.default = default
        self.most = most
        self.dropped = 0
        self._make = make
        self._idle = idle
        self._lock = Lock()
        self._engines: OrderedDict[str, E] = OrderedDict()
        self._kept: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name == DEFAULT or name in self._engines

    def engine(self, name: str, *, keep: bool = False) -> E:
        """Return the engine of *name*; a new one where there is none, or Full where there is no room.

        *keep*: it is not dropped until it is released.
        """
        if name == DEFAULT:
            return self.default
        with self._lock:
            engine = self._engines.get(name)
            if engine is None:
                self._make_room()
                engine = self._engines[name] = self._make(name)
            self._engines.move_to_end(name)
            if keep:
                self._kept.add(name)
            return engine

    def release(self, name: str) -> None:
        """Let the namespace *name* be dropped again."""
        with self._lock:
            self._kept.discard(name)

    def names(self) -> tuple[str, ...]:
        """Return the namespaces there are beside the default one, the longest unused first."""
        with self._lock:
            return tuple(self._engines)

    def remove(self, name: str) -> bool:
        """Forget the namespace *name*; False where there is none. Replies on their way are still sent."""
        with self._lock:
            self._kept.discard(name)
            return self._engines.pop(name, None) is not None

    def _make_room(self) -> None:
        if len(self._engines) < self.most:
            return
        for name, engine in self._engines.items():
            if name not in self._kept and self._idle(engine):
                del self._engines[name]
                self.dropped += 1
                return
        raise Full(
            f"all {self.most} namespaces are set up, or have requests in work; "
            "DELETE /__understudy/namespaces/NAME makes room"
        )


def named(headers: RawHeaders) -> str:
    """Return the namespace that *headers* name, empty for none."""
    for name, value in headers:  # plain loop: on the way of every request
        if name == HEADER:
            return value.decode("latin-1").strip()
    return ""


def place(path: str, headers: RawHeaders) -> tuple[str, str]:
    """Return the namespace that *path* or one of *headers* names, and the path without it. Raises
    BadNamespace."""
    header = named(headers)
    if not header and not path.startswith(PREFIX):
        return DEFAULT, path
    name = header
    if path.startswith(PREFIX):
        name, slash, rest = path[len(PREFIX) :].partition("/")
        path = slash + rest or "/"
        if header and header != name:
            raise BadNamespace(
                f"the path names the namespace {name[:64]!r}, the header {HEADER.decode()} {header[:64]!r}; "
                "one of them is enough"
            )
    if not _NAME.fullmatch(name):
        raise BadNamespace(f"the namespace {name[:64]!r} cannot be: expected {_ALLOWED}")
    return name, path
