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
    from understudy.mockserver.faults.rules import FaultRule
    from understudy.mockserver.limits.limit import Limit
    from understudy.mockserver.pacing.pace import Pace
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


def open_faults(specs: Sequence[str]) -> tuple[FaultRule, ...]:
    """Return the rules that *specs* of the command line say. Raises ValueError."""
    if not specs:
        return ()
    from understudy.mockserver.faults.rules import parse_fault

    return tuple(parse_fault(spec, "--fault") for spec in specs)


def open_limits(tier: str | None, **counts: Sequence[str]) -> tuple[Limit, ...]:
    """Return the limits of *counts* (``rpm``, ``tpm`` …), then those of *tier*. Raises ValueError."""
    if tier is None and not any(counts.values()):
        return ()
    from understudy.mockserver.limits.options import limits_from_options
    from understudy.mockserver.limits.tiers import limits_of_tier

    return (*limits_from_options(**counts), *(() if tier is None else limits_of_tier(tier)))


def open_pace(
    ttft: str | None, tps: float | None, jitter: str | None, prefill: float | None, seed: int
) -> Pace | None:
    """Return the pace that the options say, None for none. Raises ValueError."""
    if ttft is None and tps is None and jitter is None and prefill is None:
        return None
    from understudy.mockserver.pacing.pace import read_pace

    return read_pace(ttft, tps, jitter, prefill, seed)


def open_cassettes(folders: Sequence[Path]) -> Cassettes | None:
    """Return the recordings below *folders*, None for none. Raises ValueError for what cannot be read."""
    if not folders:
        return None
    from understudy.mockserver.cassettes import Cassettes

    return Cassettes(folders)
