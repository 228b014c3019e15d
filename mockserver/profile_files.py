"""The profile that a command is given: a built-in one by its name, or a file."""

from __future__ import annotations

from pathlib import Path

from understudy.contracts.profiles.loading import names, profile, read_profile
from understudy.contracts.profiles.profile import Profile


def open_profile(name: str) -> Profile:
    """Return the built-in profile *name*, or the one in the file of that name.

    Raises ValueError for what is neither, cannot be read, or has mistakes: a line for each.
    """
    path = Path(name)
    if name in names() or not (path.suffix or path.exists()):
        return profile(name)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the profile {name} cannot be read: {error}") from error
    return read_profile(text, name)
