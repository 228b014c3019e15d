"""What a user chose to what does it: an engine and its sources, the faults, limits, pace and clock.

What only some servers need is imported where it is used: a server starts in a quarter of a second, and
that is most of it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from understudy.mockserver.admin.clockface import Clockface
from understudy.mockserver.engine import Engine
from understudy.mockserver.generation.source import Generate, generated
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import FASTEST, SLOWEST

if TYPE_CHECKING:
    from understudy.contracts.profiles.profile import Profile
    from understudy.mockserver.cassettes import Cassettes
    from understudy.mockserver.disturbances import Wrap
    from understudy.mockserver.faults.rules import FaultRule
    from understudy.mockserver.limits.limit import Limit
    from understudy.mockserver.pacing.pace import Pace
    from understudy.mockserver.scripts.rule import Rule
    from understudy.mockserver.scripts.scripts import Scripts


def build(
    settings: Settings,
    cassettes: Cassettes | None = None,
    scripts: Scripts | None = None,
    deciding: Wrap | None = None,
) -> Engine:
    """Return an engine that answers from *scripts* and *cassettes*, where given, and by invention.

    *deciding* makes of what decides about faults what shall decide: see ``Disturbances``.
    """
    recorded = None
    if cassettes is not None:
        from understudy.mockserver.recordings.source import Recorded

        recorded = Recorded(cassettes.index, cassettes.load)
    return Engine(settings, _generator, recorded, scripts, deciding=deciding)


def of_namespaces(settings: Settings) -> Settings:
    """Return *settings* as each namespace has them: there are many, so each holds a quarter of the bytes."""
    return replace(
        settings,
        journal_bytes=max(1, settings.journal_bytes // 4),
        stored_bytes=max(1, settings.stored_bytes // 4),
    )


def _generator(settings: Settings) -> Generate:
    return generated(settings.seed, settings.style)


def open_scenarios(files: Sequence[Path], settings: Settings) -> tuple[Settings, tuple[Rule, ...]]:
    """Return *settings* with the faults and limits of the scenario *files* behind its own, and their rules.

    Raises ValueError for what cannot be read.
    """
    if not files:
        return settings, ()
    from understudy.mockserver.scripts.scenario import read_whole

    rules: list[Rule] = []
    faults, limits = list(settings.faults), list(settings.limits)
    for file in files:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise ValueError(f"the scenario {file} cannot be read: {error}") from error
        whole = read_whole(data, str(file), settings.api)
        rules += whole.rules
        faults += whole.faults
        limits += whole.limits
    return replace(settings, faults=tuple(faults), limits=tuple(limits)), tuple(rules)


def scripts_of(rules: Sequence[Rule], seed: int) -> Scripts | None:
    """Return the source that answers by *rules*, None for none."""
    if not rules:
        return None
    from understudy.mockserver.scripts.scripts import Scripts

    return Scripts(rules, seed)


def open_faults(specs: Sequence[str]) -> tuple[FaultRule, ...]:
    """Return the rules that *specs* of the command line say. Raises ValueError."""
    if not specs:
        return ()
    from understudy.mockserver.faults.rules import parse_fault

    return tuple(parse_fault(spec, "--fault") for spec in specs)


def open_limits(
    tier: str | None, profile: Profile | None = None, **counts: Sequence[str]
) -> tuple[Limit, ...]:
    """Return the limits of *counts* (``rpm``, ``tpm`` …), then those of *tier*, which has to be one of
    *profile* (None: not asked). Raises ValueError."""
    if tier is None and not any(counts.values()):
        return ()
    from understudy.mockserver.limits.options import limits_from_options
    from understudy.mockserver.limits.tiers import limits_of_tier

    return (*limits_from_options(**counts), *(() if tier is None else limits_of_tier(tier, profile)))


def open_pace(ttft: str | None, tps: float | None, jitter: str | None, prefill: float | None) -> Pace | None:
    """Return the pace that the options say, None for none. Raises ValueError."""
    if ttft is None and tps is None and jitter is None and prefill is None:
        return None
    from understudy.mockserver.pacing.pace import read_pace

    return read_pace(ttft, tps, jitter, prefill)


def open_cassettes(folders: Sequence[Path]) -> Cassettes | None:
    """Return the recordings below *folders*, None for none. Raises ValueError for what cannot be read."""
    if not folders:
        return None
    from understudy.mockserver.cassettes import Cassettes

    return Cassettes(folders)


def open_clock(said: str) -> Clockface:
    """Return the clock that *said* names: ``real``, or ``scaled=F``. Raises ValueError for any other."""
    if said == "real":
        return Clockface("real", time.time)
    from understudy.mockserver.clock import ScaledClock  # here: it brings anyio

    kind, _, text = said.partition("=")
    try:
        factor = float(text) if kind == "scaled" else 0.0
        return Clockface("scaled", ScaledClock(factor).now, factor)
    except ValueError:
        bounds = f"from {SLOWEST} to {FASTEST}"
        raise ValueError(
            f"--clock {said}: expected real, or scaled=F with F {bounds}, as scaled=100"
        ) from None
