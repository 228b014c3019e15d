"""The fake that the fixture ``understudy`` hands to a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.journal import Journal
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings


@dataclass(frozen=True, slots=True)
class Understudy:
    """Where the fake listens (*base_url* ends in ``/v1``), the key to use, and what it has seen."""

    base_url: str
    api_key: str
    journal: Journal


@contextmanager
def served() -> Iterator[Understudy]:
    """Serve a fake of its own while the context is open."""
    engine = build(Settings())
    with serving(App(engine)) as base_url:
        yield Understudy(base_url, "sk-understudy", engine.journal)
