"""What is asked of the journal's entries to see retries in them; from the journal itself, or as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from understudy.mockserver.backoff.advice import Advice, advice_of, should_retry
from understudy.mockserver.wire import RawHeaders, Request

_RETRY_COUNT = b"x-stainless-retry-count"
_ADVISING = frozenset((b"retry-after", b"retry-after-ms", b"x-should-retry"))


class Exchange(NamedTuple):
    """A request and how it ended. *at* and *ended* (None: not yet) are seconds since 1970.

    *fingerprint* is equal for equal requests. *retry_count* is what the official SDKs send (0, 1, 2 …),
    None for other clients. *advice* and *should_retry* are what the reply said about asking again.
    """

    number: int
    at: float
    ended: float | None
    fingerprint: str
    status: int
    outcome: str = "sent"
    key: str = ""
    model: str = ""
    retry_count: int | None = None
    advice: Advice | None = None
    should_retry: bool | None = None

    @property
    def over(self) -> float:
        """When it ended; while it has not, when it began."""
        return self.at if self.ended is None else self.ended

    @property
    def failed(self) -> bool:
        """Whether a client may have had a reason to ask again."""
        return self.status >= 400 or self.outcome not in ("open", "sent")


class Noted(Protocol):
    """An entry of the journal, as far as retries go. *headers* are those of the reply, *key* tells the
    clients apart."""

    @property
    def number(self) -> int: ...
    @property
    def at(self) -> float: ...
    @property
    def ended(self) -> float | None: ...
    @property
    def request(self) -> Request: ...
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> RawHeaders: ...
    @property
    def key(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def outcome(self) -> str: ...


def exchanges_of(entries: Iterable[Noted]) -> tuple[Exchange, ...]:
    """Return the exchanges that *entries* (of a journal, in any order) stand for."""
    return tuple(
        _exchange(
            Exchange(
                number=entry.number,
                at=entry.at,
                ended=entry.ended,
                fingerprint=fingerprint_of(entry.request),
                status=entry.status,
                outcome=entry.outcome,
                key=entry.key,
                model=entry.model,
                retry_count=_count(entry.request.header(_RETRY_COUNT)),
            ),
            {name.decode("latin-1"): value.decode("latin-1") for name, value in entry.headers},
        )
        for entry in entries
    )


def members_of(entry: Noted) -> dict[str, Any]:
    """Return what ``read_exchanges`` needs of *entry* beside what every journal in JSON has: ``ended``,
    ``fingerprint``, ``retry_count`` and, of the ``headers``, those that advise. ``key`` is not among them."""
    told = {
        name.decode("latin-1"): value.decode("latin-1") for name, value in entry.headers if name in _ADVISING
    }
    return {
        "ended": entry.ended,
        "fingerprint": fingerprint_of(entry.request),
        "retry_count": _count(entry.request.header(_RETRY_COUNT)),
        "headers": told,
    }


def read_exchanges(documents: Iterable[Mapping[str, Any]]) -> tuple[Exchange, ...]:
    """Return the exchanges of a journal in JSON, as the admin API gives it.

    Raises ValueError that names the entry and the member that is missing or of another type.
    """
    return tuple(_read(document) for document in documents)


def fingerprint_of(request: Request) -> str:
    """Return 32 hex digits that equal requests share, whatever their headers."""
    start = f"{request.method} {request.path} ".encode("utf-8", "replace")
    return hashlib.blake2b(start + request.query + b"\n" + request.body, digest_size=16).hexdigest()


def _exchange(bare: Exchange, headers: Mapping[str, str]) -> Exchange:
    return bare._replace(advice=advice_of(headers, bare.over), should_retry=should_retry(headers))


_NUMBER = (int, float)
# name -> what it may be, and what it is where it is missing (...: it must be there)
_MEMBERS: Mapping[str, tuple[tuple[type, ...], Any]] = {
    "number": ((int,), ...),
    "at": (_NUMBER, ...),
    "ended": ((*_NUMBER, type(None)), None),
    "fingerprint": ((str,), ...),
    "status": ((int,), ...),
    "outcome": ((str,), "sent"),
    "key": ((str, type(None)), ""),
    "model": ((str, type(None)), ""),
    "retry_count": ((int, type(None)), None),
}


def _read(document: Mapping[str, Any]) -> Exchange:
    where = f"entry {document.get('number', '?')} of the journal"
    values: dict[str, Any] = {}
    for name, (kinds, default) in _MEMBERS.items():
        value = document.get(name, default)
        if value is ...:
            raise ValueError(f"{where} has no {name}")
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(f"{where}: {name} is {type(value).__name__}, expected {kinds[0].__name__}")
        values[name] = "" if value is None and kinds[0] is str else value
    headers = document.get("headers") or {}
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    try:
        named = {str(name).lower(): str(value) for name, value in pairs}
    except (TypeError, ValueError):
        raise ValueError(f"{where}: headers are neither an object nor a list of pairs") from None
    return _exchange(Exchange(**values), named)


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None
