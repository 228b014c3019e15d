"""``virtual_time``: the way in, and the list of who is in."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.virtual.patches import installed
from understudy.mockserver.virtual.scope import Scope
from understudy.mockserver.virtual.timeline import TimeLine

RETRY_MODULES = ("openai", "tenacity", "backoff", "stamina", "urllib3")


@contextmanager
def virtual_time(
    clock: VirtualClock | None = None, *, modules: Collection[str] | None = None
) -> Iterator[TimeLine]:
    """Make the waits of this thread, and of threads started inside, move *clock* (default: a new one that
    begins now); yield the line of these waits.

    *modules* limits it to waits that are called from these (RETRY_MODULES: the known retry code); event
    loops and all other waits are then left alone, and the default clock lets real time pass as well.
    """
    if isinstance(modules, str):
        raise TypeError(f"modules is a collection of names, not the text {modules!r}")
    if clock is None:
        clock = VirtualClock(flowing=modules is not None)
    scope = Scope(clock, modules)
    with installed(scope):
        yield scope.line
