"""Names of modules that are replaced for a while: at once, or when the module is imported meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec
from threading import Lock
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

Row: TypeAlias = tuple[Any, str, Callable[[Any], Any]]
"""An owner, a name of it, and what makes the replacement of the original."""


class _Done(NamedTuple):
    owner: Any
    name: str
    original: Any
    replaced: Any


class Replacements:
    """*rows* are replaced at once, *later* gives the rows of modules (by full name) that need not be there.

    In force, it is a finder on ``sys.meta_path``, and so hears of imports.
    """

    def __init__(self, rows: Sequence[Row], later: Mapping[str, Callable[[Any], Sequence[Row]]]) -> None:
        self._rows, self._later = rows, later
        self._lock = Lock()
        self._done: list[_Done] = []

    def make(self) -> None:
        """Replace all that is there; nothing where that raises: AttributeError for a name that is not."""
        with self._lock:
            try:
                self._replace(self._rows)
                for name, rows in self._later.items():
                    if name in sys.modules:
                        self._replace(rows(sys.modules[name]))
            except BaseException:
                self._put_back()
                raise
            sys.meta_path.insert(0, self)

    def undo(self) -> None:
        """Put the originals back, but where somebody has replaced ours: they will."""
        with self._lock:
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            self._put_back()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what the other finders find; None for modules that nothing is to be replaced in."""
        if name not in self._later:
            return None
        spec = next(self._specs(name, path, target), None)
        if spec is not None and spec.loader is not None:
            self._follow(spec.loader, name)
        return spec

    def _specs(self, *asked: Any) -> Iterator[ModuleSpec]:
        for finder in list(sys.meta_path):
            spec = None if finder is self else finder.find_spec(*asked)
            if spec is not None:
                yield spec

    def _follow(self, loader: Any, name: str) -> None:
        run = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            with self._lock:
                if module.__name__ == name and self in sys.meta_path:  # a zip file has one loader for all
                    self._replace(self._later[name](module))

        loader.exec_module = exec_module

    def _replace(self, rows: Sequence[Row]) -> None:
        for owner, name, make in rows:
            original = getattr(owner, name)
            replaced = make(original)
            setattr(owner, name, replaced)
            self._done.append(_Done(owner, name, original, replaced))

    def _put_back(self) -> None:
        while self._done:
            owner, name, original, replaced = self._done.pop()
            if getattr(owner, name) is replaced:
                setattr(owner, name, original)
