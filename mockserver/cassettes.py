"""Recording files: found, indexed and read. Thousands of them cost little until they are asked for.

The index keeps fingerprints and names; the bodies are read on demand, and the latest are kept, up
to a number of bytes. A file that is no recording is named in ``broken``; the others serve.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from understudy.mockserver.recordings.recording import BrokenRecording, Recording, read_recording
from understudy.mockserver.recordings.source import Entry

MAX_DEPTH: Final = 16  # folders below the one that was given
MAX_FILE: Final = 64 * 2**20  # bytes
KEPT: Final = 32 * 2**20  # bytes of files, read and kept; in memory they take two to three times that


class Cassettes:
    """The recordings in *places*: folders, searched through for ``*.json``, and single files.

    Symbolic links below a folder are not followed: what they lead to in the folder is read under
    its own name, and what lies outside is not ours to read. Safe to share between threads.
    Raises ValueError at once for a place that is missing or cannot be read.
    """

    def __init__(self, places: Path | str | Sequence[Path | str], *, kept: int = KEPT) -> None:
        given = [places] if isinstance(places, str | Path) else places
        self.places = tuple(_checked(Path(place)) for place in given)
        self.broken: tuple[BrokenRecording, ...] = ()
        self._lock = Lock()
        self._index: tuple[Entry, ...] | None = None
        self._paths: dict[str, Path] = {}
        self._kept = _Kept(kept)

    def index(self) -> Sequence[Entry]:
        """Return an entry for each recording, by name. The first call reads every file once."""
        with self._lock:
            if self._index is None:
                self._index, self.broken = self._read_all()
            return self._index

    def load(self, entry: Entry) -> Recording:
        """Return the whole recording. Raises BrokenRecording where the file has gone bad or away."""
        with self._lock:
            found = self._kept.get(entry.name)
        if found is None:
            found, size = _read(self._paths[entry.name], entry.name)
            with self._lock:
                self._kept.put(entry.name, found, size)
        return found

    def _read_all(self) -> tuple[tuple[Entry, ...], tuple[BrokenRecording, ...]]:
        entries: list[Entry] = []
        broken: list[BrokenRecording] = []
        self._paths = self._named(broken)
        for name, path in sorted(self._paths.items()):
            try:
                recording, _ = _read(path, name)
            except BrokenRecording as error:
                broken.append(error)
            else:
                entries.append(Entry(name, recording.keys, recording.stream, recording.order))
        return tuple(entries), tuple(broken)

    def _named(self, broken: list[BrokenRecording]) -> dict[str, Path]:
        """Return each file once, under a short name that is unique."""
        found: dict[Path, str] = {}
        for place in self.places:
            for path in _files(place, broken):
                found.setdefault(path, _name(path, place, alone=len(self.places) == 1))
        names: dict[str, Path] = {}
        for path, name in found.items():
            names[str(path) if name in names else name] = path
        return names


class _Kept:
    """The recordings used last, as long as their files together are within *limit* bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._items: OrderedDict[str, tuple[Recording, int]] = OrderedDict()

    def get(self, name: str) -> Recording | None:
        if name not in self._items:
            return None
        self._items.move_to_end(name)
        return self._items[name][0]

    def put(self, name: str, recording: Recording, size: int) -> None:
        if name in self._items or size > self._limit:
            return
        self._items[name] = recording, size
        self._size += size
        while self._size > self._limit:
            _, (_, freed) = self._items.popitem(last=False)
            self._size -= freed


def _checked(place: Path) -> Path:
    """Return *place* in full, once it has shown that it can be read."""
    try:
        if place.is_dir():
            with os.scandir(place):
                return place.resolve()
        with place.open("rb"):
            return place.resolve()
    except FileNotFoundError:
        raise ValueError(f"no recordings at {place}: there is no such file or folder") from None
    except OSError as error:
        raise ValueError(f"cannot read recordings at {place}: {error.strerror}") from None


def _files(place: Path, broken: list[BrokenRecording], depth: int = 0) -> Iterator[Path]:
    """Yield the files of *place* in the order of their names, those of deeper folders among them."""
    if not place.is_dir():
        yield place
        return
    try:
        with os.scandir(place) as found:
            inside = sorted(found, key=lambda item: item.name)
    except OSError as error:
        broken.append(BrokenRecording(str(place), None, None, f"cannot be read: {error.strerror}"))
        return
    for item in inside:
        if item.is_dir(follow_symlinks=False):
            if depth >= MAX_DEPTH:
                reason = f"is more than {MAX_DEPTH} folders deep, and is left out"
                broken.append(BrokenRecording(item.path, None, None, reason))
            else:
                yield from _files(Path(item.path), broken, depth + 1)
        elif item.name.endswith(".json") and item.is_file(follow_symlinks=False):
            yield Path(item.path)


def _name(path: Path, place: Path, *, alone: bool) -> str:
    if path == place:
        return path.name
    inner = path.relative_to(place).as_posix()
    return inner if alone else f"{place.name}/{inner}"


def _read(path: Path, name: str) -> tuple[Recording, int]:
    try:
        if path.stat().st_size > MAX_FILE:
            raise BrokenRecording(name, None, None, f"is larger than {MAX_FILE} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise BrokenRecording(name, None, None, f"cannot be read: {error.strerror}") from None
    return read_recording(data, name), len(data)
