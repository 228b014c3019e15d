"""Settings to an engine: which sources there are, and in which order they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from understudy.mockserver.cassettes import Cassettes
from understudy.mockserver.engine import Engine
from understudy.mockserver.generation.source import generated
from understudy.mockserver.recordings.source import Recorded
from understudy.mockserver.settings import Settings


def build(settings: Settings, cassettes: Cassettes | None = None) -> Engine:
    """Return an engine that answers from *cassettes*, where given, and by invention."""
    recorded = None if cassettes is None else Recorded(cassettes.index, cassettes.load)
    return Engine(settings, generated(settings.seed), recorded)


def open_cassettes(folders: Sequence[Path]) -> Cassettes | None:
    """Return the recordings below *folders*, None for none. Raises ValueError for what cannot be read."""
    return Cassettes(folders) if folders else None
