"""What an exchange of chat completions must look like. Knows no server."""

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
