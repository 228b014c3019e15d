"""The journal: paged, filtered, one exchange with its bodies, cleared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any, TypeAlias, get_args

from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.admin.masking import masked, masked_header, masked_query
from understudy.mockserver.admin.operation import Call, Parameter
from understudy.mockserver.admin.problems import invalid, missing, shortened
from understudy.mockserver.backoff.exchanges import members_of
from understudy.mockserver.journal import Entry, Outcome
from understudy.mockserver.wire import RawHeaders

OUTCOMES: tuple[str, ...] = get_args(Outcome)
PAGE = 100

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)")
Fits: TypeAlias = Callable[[Entry], bool]

FILTERS = (
    Parameter(
        "after",
        "the number of an exchange: the page begins behind it, in the order asked for",
        "integer",
        maximum=2**53,
    ),
    Parameter("limit", "how many at most", "integer", PAGE, 1, 1_000),
    Parameter("order", "asc: the oldest first; desc: the newest", choices=("asc", "desc")),
    Parameter("status", "a status or a class, or several: 429,5xx"),
    Parameter("model", "name or glob of the model"),
    Parameter("source", "who answered, or several: scripted,generated"),
    Parameter("outcome", "how the sending ended, or several", choices=OUTCOMES),
    Parameter("violations", "true, false, or the id of a rule that was broken"),
    Parameter("since", "seconds since 1970", "number"),
)


def listed(desk: Desk, call: Call) -> Mapping[str, Any]:
    """Return a page of the exchanges that fit, each without bodies."""
    query, journal = call.query, desk.controls.journal
    tests = [_FILTERS[name](value) for name, value in query.items() if name in _FILTERS]
    fitting = (entry for entry in _behind(list(journal), query) if all(fits(entry) for fits in tests))
    limit = query.get("limit", PAGE)
    page = list(islice(fitting, limit + 1))
    keys = desk.controls.settings.api_keys
    return {
        "object": "list",
        "data": [masked(_summary(entry), keys) for entry in page[:limit]],
        "has_more": len(page) > limit,
        "dropped": journal.dropped,
    }


def one(desk: Desk, call: Call) -> Mapping[str, Any]:
    """Return one exchange with its bodies."""
    for entry in reversed(list(desk.controls.journal)):
        if str(entry.number) == call.name:
            return whole(entry, desk.controls.settings.api_keys)
    raise missing(
        "exchange", call.name, f"the journal holds {len(desk.controls.journal)}, older ones were dropped"
    )


def clear(desk: Desk, call: Call) -> Mapping[str, Any]:
    with desk.lock:
        count = len(desk.controls.journal)
        desk.controls.reset(("journal",))
    return {"removed": count}


def whole(entry: Entry, keys: Sequence[str] = ()) -> dict[str, Any]:
    """Return *entry* with headers and bodies as JSON values, without *keys* and what looks like one."""
    request = _message(entry.request.headers, entry.request.body)
    reply = _message(entry.headers, entry.reply)
    return masked({**_summary(entry), "request": request, "reply": reply}, keys)


def _summary(entry: Entry) -> dict[str, Any]:
    """Return *entry* without bodies and headers, as JSON values. Its traceback stays here."""
    request = entry.request
    return {
        "object": "understudy.exchange",
        "number": entry.number,
        "at": entry.at,
        "method": request.method,
        "path": request.path,
        "query": masked_query(request.query.decode("latin-1")),
        "status": entry.status,
        "source": entry.source,
        "model": entry.model,
        "outcome": entry.outcome,
        "usage": None if entry.usage is None else dict(entry.usage),
        "violations": [
            {
                "rule": found.rule,
                "tier": found.tier,
                "path": found.path,
                "message": found.message,
                "source": found.source,
                "advice": found.advice,
            }
            for found in entry.violations
        ],
        "complaint": entry.complaint,
        "note": entry.note,
        "fault": entry.fault,
        "key": entry.key,
        **members_of(entry),
        "request_bytes": len(request.body),
        "reply_bytes": len(entry.reply),
    }


def _message(headers: RawHeaders, body: bytes) -> dict[str, Any]:
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    return {
        "headers": [[name, masked_header(name, value)] for name, value in pairs],
        "body": body.decode("utf-8", "replace"),
    }


def _behind(entries: list[Entry], query: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield the entries behind the one that ``after`` names.

    By place, not by number: of two requests at once, the one that was counted later may be entered first,
    and who has read that one must still get the other.
    """
    falling = "desc" in query.get("order", ())
    if falling:
        entries.reverse()
    after = query.get("after")
    if after is None:
        yield from entries
        return
    places = [place for place, entry in enumerate(entries) if entry.number == after]
    if places:
        yield from entries[(places[0] if falling else places[-1]) + 1 :]
        return
    for entry in entries:  # it was dropped
        if (entry.number < after) if falling else (entry.number > after):
            yield entry


def _statuses(text: str) -> Fits:
    several = _several(text)
    for one_of in several:
        if not _STATUS.fullmatch(one_of):
            raise invalid(
                f"status is {shortened(one_of)!r}, expected a status or a class: 200, 429, 5xx", "status"
            )
    return lambda entry: str(entry.status) in several or f"{entry.status // 100}xx" in several


def _sources(text: str) -> Fits:
    several = _several(text)
    return lambda entry: entry.source in several


def _violations(text: str) -> Fits:
    if text in ("true", "false"):
        return lambda entry: bool(entry.violations) is (text == "true")
    return lambda entry: any(found.rule == text for found in entry.violations)


def _several(text: str) -> Sequence[str]:
    return [part.strip() for part in text.split(",")]


_FILTERS: Mapping[str, Callable[[Any], Fits]] = {
    "status": _statuses,
    "model": lambda text: lambda entry: fnmatchcase(entry.model, text),
    "source": _sources,
    "outcome": lambda several: lambda entry: entry.outcome in several,
    "violations": _violations,
    "since": lambda moment: lambda entry: entry.at >= moment,
}
