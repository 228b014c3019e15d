"""The fault catalogue: every way a reply can go wrong, by name. Read ``fault.py`` for what an entry says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any

from understudy.contracts.mistakes import nearest
from understudy.mockserver.faults.choices import CHOICE_FAULTS
from understudy.mockserver.faults.connections import CONNECTION_FAULTS
from understudy.mockserver.faults.events import EVENT_FAULTS
from understudy.mockserver.faults.fault import Fault
from understudy.mockserver.faults.framing import FRAMING_FAULTS
from understudy.mockserver.faults.huge import HUGE_FAULTS
from understudy.mockserver.faults.pages import PAGE_FAULTS
from understudy.mockserver.faults.tool_calls import TOOL_CALL_FAULTS
from understudy.mockserver.steps import Rewrite, is_stream, split_events
from understudy.mockserver.wire import Head, Step

GROUPS: Mapping[str, tuple[Fault, ...]] = MappingProxyType(
    {
        "Connections": CONNECTION_FAULTS,
        "The whole reply": PAGE_FAULTS,
        "The form of a stream": FRAMING_FAULTS,
        "Events": EVENT_FAULTS,
        "What is said": (*CHOICE_FAULTS, *HUGE_FAULTS),
        "Tool calls": TOOL_CALL_FAULTS,
    }
)

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {fault.name: fault for group in GROUPS.values() for fault in group}
)


def find(name: str) -> Fault:
    """Return the fault of this *name*. Raises ValueError that says which is nearest, or all there are."""
    fault = FAULTS.get(name)
    if fault is None:
        hint = nearest(name, FAULTS) or f"; there are: {', '.join(FAULTS)}"
        raise ValueError(f"no fault is named {name!r}{hint}")
    return fault


def rewrite(name: str, parameters: Mapping[str, Any]) -> Rewrite:
    """Return what the fault *name* makes of the steps of a reply; they need not be split yet.

    Raises ValueError for a name or parameter that does not exist, and for a value that is not allowed.
    """
    fault = find(name)
    changed = fault.rewrite(fault.values(parameters))
    if fault.applies != "both":
        changed = _only(fault.applies == "stream", changed)

    def rewritten(steps: Iterable[Step]) -> Iterator[Step]:
        return changed(split_events(steps))

    return rewritten


def _only(streams: bool, changed: Rewrite) -> Rewrite:
    """Return *changed* for streams alone, or for all other replies alone."""

    def rewritten(steps: Iterable[Step]) -> Iterator[Step]:
        left = iter(steps)
        for step in left:
            if isinstance(step, Head):
                whole = chain((step,), left)
                yield from changed(whole) if is_stream(step) is streams else whole
                return
            yield step

    return rewritten
