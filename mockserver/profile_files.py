"""The profile that a command is given: a built-in one by its name, or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from understudy.contracts.mistakes import nearest
from understudy.contracts.profiles.loading import names, profile, read_profile
from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.dialects.dialect import dialect_of

_Steps: TypeAlias = tuple[str | int, ...]


def open_profile(name: str) -> Profile:
    """Return the built-in profile *name*, or the one in the file of that name.

    Raises ValueError for what is neither, cannot be read, or has mistakes: a line for each.
    """
    path = Path(name)
    if name in names() or not name or not (path.suffix or path.exists()):
        try:
            return profile(name)
        except ValueError as error:
            raise ValueError(f"{error}{nearest(name, names())}") from None
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the profile {name} cannot be read: {error}") from error
    found = read_profile(text, name)
    try:
        dialect_of(found.reply)
    except ValueError as error:
        raise ValueError("\n".join(_located(text, name, found.reply)) or f"{name}: {error}") from None
    return found


def _located(text: str, where: str, reply: Mapping[str, Any]) -> Iterator[str]:
    """Yield the mistakes in the ``reply`` section of the file *text*, each with its line.

    *reply* is the section laid over what it extends, whose draws may be named too.
    """
    # loaded here: only for a file with mistakes
    from understudy.contracts.marked import read_marked

    marked = read_marked(text, where)
    draws = dict.fromkeys(reply.get("draws", {}), "")  # only their names: what they say is read by itself
    for path, value in _texts(marked.value.get("reply", {})):
        try:
            dialect_of({"draws": draws, **_alone(path, value)})
        except ValueError as error:
            # without the place that the reason starts with: the path says more
            yield marked.mistake(("reply", *path), str(error).partition(": ")[2])


def _texts(value: Any, path: _Steps = ()) -> Iterator[tuple[_Steps, str]]:
    if isinstance(value, str):
        yield path, value
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, member in inner:
        yield from _texts(member, (*path, part))


def _alone(path: _Steps, value: str) -> dict[str, Any]:
    """Return a ``reply`` section of nothing but *value* at *path*."""
    section: Any = value
    for part in reversed(path):
        section = [section] if isinstance(part, int) else {part: section}
    alone: dict[str, Any] = section
    return alone
