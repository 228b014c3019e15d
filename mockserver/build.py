"""Settings to an engine: which sources there are, and in which order they are asked.

What only some servers need is imported where it is used: a server starts in a quarter of a second, and
that is most of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from understudy.mockserver.engine import Engine
from understudy.mockserver.generation.source import generated
from understudy.mockserver.settings import Settings

if TYPE_CHECKING:
    from understudy.mockserver.cassettes import Cassettes
    from understudy.mockserver.scripts.rule import Rule
    from understudy.mockserver.scripts.scripts import Scripts


def build(settings: Settings, cassettes: Cassettes | None = None, scripts: Scripts | None = None) -> Engine:
    """Return an engine that answers from *scripts* and *cassettes*, where given, and by invention."""
    recorded = None
    if cassettes is not None:
        from understudy.mockserver.recordings.source import Recorded

        recorded = Recorded(cassettes.index, cassettes.load)
    return Engine(settings, generated(settings.seed, settings.style), recorded, scripts)


def open_scripts(files: Sequence[Path], seed: int) -> Scripts | None:
    """Return the rules of the scenario *files*, None for none. Raises ValueError for what cannot be read."""
    if not files:
        return None
    from understudy.mockserver.scripts.scenario import read_scenario
    from understudy.mockserver.scripts.scripts import Scripts

    rules: list[Rule] = []
    for file in files:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise ValueError(f"the scenario {file} cannot be read: {error}") from error
        rules += read_scenario(data, str(file))
    return Scripts(rules, seed)


def open_cassettes(folders: Sequence[Path]) -> Cassettes | None:
    """Return the recordings below *folders*, None for none. Raises ValueError for what cannot be read."""
    if not folders:
        return None
    from understudy.mockserver.cassettes import Cassettes

    return Cassettes(folders)
