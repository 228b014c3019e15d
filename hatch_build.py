"""Editable installs: give the import system and type checkers one plain directory to look in.

The four folders at the top of the checkout are sub-packages of ``understudy``. A wheel maps
them there; an editable install cannot, so this hook links them below ``.editable/understudy``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = ("mockserver", "fixtures", "contracts", "pytest_plugin")


class EditableView(BuildHookInterface):  # type: ignore[type-arg]
    """Lay the links out before an editable wheel is made; leave every other build alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version != "editable":
            return
        root = Path(self.root)
        view = root / ".editable" / "understudy"
        view.mkdir(parents=True, exist_ok=True)
        for package in PACKAGES:
            link(root / package, view / package)


def link(target: Path, at: Path) -> None:
    if at.is_symlink() or at.exists():
        return
    try:
        at.symlink_to(os.path.relpath(target, at.parent), target_is_directory=True)
    except OSError:  # Windows without developer mode: a junction needs no privilege
        import _winapi

        _winapi.CreateJunction(str(target), str(at))  # type: ignore[attr-defined]
