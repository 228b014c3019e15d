"""Tapes on disk: one that is written while a server runs, and one that is read back."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path

from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.faults.tape import HEAD, LONGEST, MOST, Tape, TapeDecider, read_tape


class TapeFile:
    """A tape in the file *path*, which must be new, or without a decision.

    A decision is in the file once it is made. *tell* hears, once, of a disk that fails; decisions after
    that are *lost*, and no reply suffers. Raises ValueError where there is something in the file already,
    or nothing can be written to it.
    """

    def __init__(self, path: Path, tell: Callable[[str], object], most: int = MOST) -> None:
        self.path = path
        self.lost = 0
        self.tape = Tape(self._write, most)
        self._tell = tell
        self._whole = 0  # bytes, of lines that are complete
        self._file: FileIO | None = _opened(path)
        try:
            self._append(self._file, HEAD)
        except OSError as error:
            self.close()
            raise ValueError(_reason(path, error)) from error

    def summary(self) -> str:
        """Return in words how many decisions are on the tape, and how many are not."""
        said = [f"tape {self.path}: {decisions(len(self.tape) - self.lost)}"]
        if self.lost:
            said.append(f"{self.lost} lost")
        if self.tape.missed:
            said.append(f"{self.tape.missed} left out: it was full")
        return ", ".join(said)

    def close(self) -> None:
        """End the tape; what is decided after that is lost."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None

    def _write(self, line: str) -> None:
        if self._file is not None:
            try:
                self._append(self._file, line)
            except (OSError, ValueError) as error:  # ValueError: closed just now, at the end
                self.close()
                self._tell(f"{_reason(self.path, error)}; decisions are not written down any more")
            else:
                return
        self.lost += 1

    def _append(self, file: FileIO, line: str) -> None:
        data = line.encode("ascii") + b"\n"
        written = file.write(data) or 0
        if written < len(data):  # a full disk takes a part, which would not be read again
            with suppress(OSError):
                os.ftruncate(file.fileno(), self._whole)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._whole += written


def open_tape(path: Path, seed: int, profile: Profile) -> TapeDecider:
    """Return what decides as the tape in the file *path* says. Raises ValueError for what is no tape."""
    try:
        with path.open("rb") as file:
            data = file.read(4 * LONGEST + 1)  # bytes: no more than those characters can take
    except OSError as error:
        raise ValueError(f"the tape {path} cannot be read: {error.strerror or error}") from error
    return read_tape(data.decode("utf-8", "replace"), str(path), seed, profile)


def decisions(count: int) -> str:
    """Return *count* in words, as what is said of a tape."""
    return f"{count} decision{'' if count == 1 else 's'}"


def _opened(path: Path) -> FileIO:
    """Return the file to append to; each write is one of the system's, so that no line is left behind."""
    try:
        file = FileIO(path, "a")
    except OSError as error:
        raise ValueError(_reason(path, error)) from error
    if os.fstat(file.fileno()).st_size:
        if not _is_bare(path):
            file.close()
            raise ValueError(
                f"there is something in {path} already: to follow that tape, --replay-tape {path}; "
                "to write a new one, name another file or remove this one"
            )
        file.truncate(0)
    return file


def _is_bare(path: Path) -> bool:
    """Return whether *path* holds a tape without a decision, from a server that nobody asked."""
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(HEAD) + 2) == HEAD.encode("ascii") + b"\n"
    return False


def _reason(path: Path, error: Exception) -> str:
    return f"the tape {path} cannot be written: {getattr(error, 'strerror', None) or error}"
