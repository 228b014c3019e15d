"""Which of many short texts are in a long one, without asking one by one.

Each needle is filed under a few bytes of its own, where as few others are as can be. A text is cut into
pieces of as many bytes, at the speed of ``memoryview``, and only the needles filed under one of these
are looked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

_CROWD = 8  # needles under one gram, beyond which a dearer way of filing is better


class _Level(NamedTuple):
    """Grams of *width* bytes (a *code* of ``memoryview``), cut from a text at each of *offsets*.

    Needles of at least *shortest* bytes. *aligned*: the text is cut once only, so a needle is filed once
    for each place a cut can fall in it.
    """

    shortest: int
    width: int
    code: Literal["I", "H", "B"]
    offsets: tuple[int, ...]
    aligned: bool = False


_LEVELS = (
    _Level(7, 4, "I", (0,), aligned=True),
    _Level(4, 4, "I", (0, 1, 2, 3)),
    _Level(2, 2, "H", (0, 1)),
    _Level(1, 1, "B", (0,)),
)


class Grams:
    """An index of needles. Each is known by the number it was added with."""

    def __init__(self) -> None:
        self._filed: tuple[defaultdict[int, list[int]], ...] = tuple(defaultdict(list) for _ in _LEVELS)
        self._needles: list[bytes] = []
        self._owners: list[list[int]] = []
        self._known: dict[bytes, int] = {}

    def add(self, needle: str, owner: int) -> None:
        """File *needle*, which must not be empty; *owner* is what ``found`` gives for it."""
        data = _bytes(needle)
        number = self._known.get(data)
        if number is None:
            number = self._known[data] = len(self._needles)
            self._needles.append(data)
            self._owners.append([])
            self._file(data, number)
        self._owners[number].append(owner)

    def found(self, text: str) -> Iterator[int]:
        """Yield the owners of all needles that are in *text*."""
        if not self._needles:
            return
        data = _bytes(text)
        seen: set[int] = set()
        for level, filed in zip(_LEVELS, self._filed, strict=True):
            if filed:
                for gram in _known(data, level, filed):
                    seen.update(filed[gram])
        for number in seen:
            if self._needles[number] in data:
                yield from self._owners[number]

    def _file(self, data: bytes, number: int) -> None:
        for level, filed in zip(_LEVELS, self._filed, strict=True):
            if len(data) < level.shortest:
                continue
            windows = _windows(data, level)
            groups = (
                [windows[rest :: level.width] for rest in range(level.width)] if level.aligned else [windows]
            )
            chosen = [min(group, key=lambda gram: len(filed.get(gram, ()))) for group in groups]
            if level.aligned and max(len(filed.get(gram, ())) for gram in chosen) >= _CROWD:
                continue  # the telling bytes stand at one end, where a cut may miss them
            for gram in set(chosen):
                filed[gram].append(number)
            return


def _known(data: bytes, level: _Level, filed: Mapping[int, object]) -> set[int]:
    """Return the grams of *data* under which something is filed."""
    grams: set[int] = set()
    is_known: Callable[[int], bool] = filed.__contains__
    for offset in level.offsets:
        part = data[offset : offset + (len(data) - offset) // level.width * level.width]
        # no loop of ours: a text of 10 kB has 10,000 grams, and each is looked up in C
        grams.update(filter(is_known, memoryview(part).cast(level.code).tolist()))
    return grams


def _windows(data: bytes, level: _Level) -> Sequence[int]:
    width = level.width
    return [memoryview(data[at : at + width]).cast(level.code)[0] for at in range(len(data) - width + 1)]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
