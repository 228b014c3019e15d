"""What an exchange of chat completions must look like. Knows no server.

Each name is loaded when it is first asked for: a server judges requests, and starts without what
judges replies.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from understudy.contracts.exchanges.check import check_exchange
    from understudy.contracts.families import Family, family_of, snapshot_of
    from understudy.contracts.replies.completions import check_completion, check_document
    from understudy.contracts.replies.errors import check_error
    from understudy.contracts.requests.check import check_request
    from understudy.contracts.streams.accumulation import accumulate, chunks_of
    from understudy.contracts.streams.check import StreamChecker, check_stream
    from understudy.contracts.violations import Tier, Violation

__all__ = [
    "Family",
    "StreamChecker",
    "Tier",
    "Violation",
    "accumulate",
    "check_completion",
    "check_document",
    "check_error",
    "check_exchange",
    "check_request",
    "check_stream",
    "chunks_of",
    "family_of",
    "snapshot_of",
]

_HOMES = {
    "exchanges.check": ("check_exchange",),
    "families": ("Family", "family_of", "snapshot_of"),
    "replies.completions": ("check_completion", "check_document"),
    "replies.errors": ("check_error",),
    "requests.check": ("check_request",),
    "streams.accumulation": ("accumulate", "chunks_of"),
    "streams.check": ("StreamChecker", "check_stream"),
    "violations": ("Tier", "Violation"),
}
_HOME = {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value
