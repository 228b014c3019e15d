"""What happened: one entry a request, bounded in number and in bytes.

An entry opens when the request has come and closes when the shell has said how the sending ended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

from understudy.contracts import Violation
from understudy.mockserver.wire import RawHeaders, Request, Step

if TYPE_CHECKING:
    from understudy.mockserver.errors import ApiError
    from understudy.mockserver.limits.charge import Receipt
    from understudy.mockserver.settings import Settings

Outcome: TypeAlias = Literal["open", "sent", "cut", "client left", "timed out", "failed"]


@dataclass(slots=True)
class Entry:
    """One exchange. *source* says who answered: ``scripted``, ``recorded``, ``generated``, ``refused``,
    ``server``.

    *fault* is what was done to it on purpose. *complaint* is what the owner of the test must hear of (an
    unmatched request, a source that raised), *note* what they may like to know; *trace* never leaves over
    the wire. *status* and *headers* are those of the reply as it was sent (0 and none: no head was sent),
    *reply* its body before any fault. *key* is what may be seen of a chat request's. *at* and *ended*
    (None: not yet) are seconds since 1970.
    """

    number: int
    at: float
    request: Request
    status: int = 0
    source: str = ""
    reply: bytes = b""
    model: str = ""
    usage: Mapping[str, Any] | None = None
    violations: tuple[Violation, ...] = ()
    complaint: str = ""
    note: str = ""
    trace: str = ""
    headers: RawHeaders = ()
    key: str = ""
    outcome: Outcome = "open"
    fault: str = ""
    ended: float | None = None

    @property
    def size(self) -> int:
        """Bytes that this entry holds, bodies above all; the rest is estimated at 1 KiB."""
        return 1024 + len(self.request.body) + len(self.reply)


class Reply(NamedTuple):
    """What a shell performs: *steps*, and the entry that learns how it went. *receipt* is for what the
    limits lent, *timing* how a recorded body came."""

    entry: Entry
    steps: Iterable[Step]
    receipt: Receipt | None = None
    timing: Sequence[tuple[float, int]] = ()


class Handler(Protocol):
    """What a shell asks: an engine, or several behind one front. Times are seconds since 1970."""

    @property
    def settings(self) -> Settings: ...

    def handle(self, request: Request, now: float) -> Reply:
        """Decide the whole reply to *request*. Never raises."""

    def refuse(self, request: Request, error: ApiError, now: float) -> Reply:
        """Return *error* as the reply to a *request* that could not be read to its end."""

    def close(self, reply: Reply, outcome: Outcome, now: float) -> Entry:
        """Write down how the sending of *reply* ended, and return its entry."""


@dataclass(slots=True)
class Journal:
    """The latest entries: at most *entries* of them, and at most *limit* bytes."""

    entries: int = 1_000
    limit: int = 32 * 1024 * 1024
    dropped: int = 0
    _kept: deque[Entry] = field(default_factory=deque)
    _bytes: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, entry: Entry) -> None:
        """Keep *entry*, and let the oldest go where there is no room."""
        with self._lock:
            kept = self._kept
            kept.append(entry)
            held = self._bytes + 1024 + len(entry.request.body) + len(entry.reply)  # entry.size, at once
            while kept and (len(kept) > self.entries or held > self.limit):
                held -= kept.popleft().size
                self.dropped += 1
            self._bytes = held

    def clear(self) -> None:
        """Forget all entries. Those on their way still learn how they end."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0
            self.dropped = 0

    def complaints(self) -> tuple[str, ...]:
        """Return what went wrong on the client's side, or for want of an answer, in order."""
        return tuple(_complaint(entry) for entry in self if entry.complaint or _breaches(entry))

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes held now."""
        return self._bytes


def _breaches(entry: Entry) -> list[Violation]:
    return [violation for violation in entry.violations if violation.tier == "error"]


def _complaint(entry: Entry) -> str:
    words = [entry.complaint] if entry.complaint else []
    words += [str(violation) for violation in _breaches(entry)]
    return f"request {entry.number}: " + "; ".join(words)
