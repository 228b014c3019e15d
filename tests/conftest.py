"""What several test files share: the recorded traffic, where this machine has it."""

from __future__ import annotations

import csv
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest


class Traffic:
    """The folder of recorded exchanges: its index, and its files read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))

    @cache  # noqa: B019  (one object a session)
    def _read(self, file: str) -> Any:
        return json.loads((self.folder / file).read_text("utf-8"))

    def load(self, row: dict[str, str]) -> dict[str, Any]:
        """Return the recorded exchange of an index row. Shared: do not change it."""
        interaction: dict[str, Any] = self._read(row["file"])
        return interaction


@pytest.fixture(scope="session")
def traffic() -> Traffic:
    default = Path(__file__).parents[2] / "shared" / "traffic"
    folder = Path(os.environ.get("UNDERSTUDY_TRAFFIC", default))
    if not (folder / "index.csv").is_file():
        pytest.skip(f"no recorded traffic at {folder} (set UNDERSTUDY_TRAFFIC)")
    return Traffic(folder)
