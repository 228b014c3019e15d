"""The fault catalogue as text, as JSON and as the table in docs/faults.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any

from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.chat import Verbatim
from understudy.mockserver.faults.error_words import NAMED
from understudy.mockserver.faults.fault import Fault, Parameter, Seen
from understudy.mockserver.faults.named_errors import named_error

_WIDTH = 100
_LABEL = 14
_WAYS = {"json": "a document", "stream": "a stream", "helper": ".stream() helper"}

_INTRODUCTION = """\
# The fault catalogue

Made from the data by `understudy faults --format markdown`; a test holds that it is up to date.
`understudy faults NAME` shows one of them.

*Python* is what the official client does (openai 3.54.0, sync and async alike, over a socket and in
process), as `tests/clients/test_doors.py` sees it: the exception it raises, **unharmed** (you get what you
would have got without the fault), or **silent** (no exception, and what you get is not what the server
meant: the ones to fear). *retried*: it asks again by itself before it raises. *helper* is
`chat.completions.stream()`, where it differs.

A reply that lacks what a fault *needs* stays as it is. *Where* is the place of the reply that breaks. No
fault throws dice: equal replies break equally.

The doors differ in two things. A server cannot refuse a connection that it has to accept to know who asks:
`refuse_connection` is a reset there, and `ConnectError` in process; the client raises the same. And what of
a reply is still read before a reset is up to the kernel; in process it is all that was sent.

The journal has the fault of each exchange, and how its sending ended: `sent`, `cut` by the server, `client
left` (also by its own timeout), `timed out` where the server gave a stall up.
"""


def text_of(groups: Mapping[str, Iterable[Fault]]) -> Iterator[str]:
    """Return the lines of a list of all faults and errors, one a line."""
    for title, faults in groups.items():
        yield title
        for fault in faults:
            yield f"  {fault.name:<26}{fault.summary}"
        yield ""
    yield "Errors"
    for name, error in NAMED.items():
        yield f"  {name:<26}{error.status} {error.about}"
    yield ""
    yield "understudy faults NAME: its parameters, what clients do, what a good one does; an error's words"


def text_of_one(fault: Fault) -> Iterator[str]:
    """Return the lines that say everything of *fault*."""
    return _text(fault.name, fault.summary, _lines(fault))


def text_of_error(name: str, profile: Profile) -> Iterator[str]:
    """Return the lines that say everything of the error *name*, as *profile* words it."""
    told = error_document(name, profile)
    headers = "; ".join(f"{header}: {value}" for header, value in told.pop("headers").items())
    summary = told.pop("summary")
    lines = [(label, "null" if value is None else str(value)) for label, value in told.items()]
    return _text(name, summary, [*lines[1:], *([("headers", headers)] if headers else [])])


def _text(name: str, summary: str, lines: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from wrap(f"{name}: {summary}", _WIDTH)
    yield ""
    for label, text in lines:
        yield from wrap(
            text,
            _WIDTH,
            initial_indent=f"  {label:<{_LABEL}}",
            subsequent_indent=" " * (_LABEL + 2),
            break_on_hyphens=False,
        )


def document_of(fault: Fault) -> dict[str, Any]:
    """Return *fault* as JSON says it."""
    return {
        "name": fault.name,
        "summary": fault.summary,
        "where": fault.where,
        "applies": fault.applies,
        "needs": fault.needs,
        "parameters": {name: _parameter_document(one) for name, one in fault.parameters.items()},
        "clients": {way: seen._asdict() for way, seen in fault.clients.items()},
        "good": fault.good,
        "rules": list(fault.rules),
        "source": fault.source,
    }


def error_document(name: str, profile: Profile) -> dict[str, Any]:
    """Return the error *name* as JSON says it, in the words of *profile*; a page has a body instead."""
    error = named_error(name, profile)
    if isinstance(error, Verbatim):
        said: dict[str, Any] = {"body": error.body.decode("utf-8")}
    else:
        said = {"message": error.message, "type": error.type, "code": error.code, "param": error.param}
    known = {"name": name, "summary": NAMED[name].about, "status": error.status, "profile": profile.name}
    return {**known, **said, "headers": dict(error.headers)}


def markdown_of_error(name: str) -> str:
    """Return a table of the error *name* alone."""
    error = NAMED[name]
    head = "| name | status | when it comes |\n| --- | --- | --- |\n"
    return f"{head}| `{name}` | {error.status} | {error.about} |\n"


def markdown_of(groups: Mapping[str, Iterable[Fault]]) -> str:
    """Return docs/faults.md."""
    parts = [_INTRODUCTION]
    for title, faults in groups.items():
        rows = [_row(fault) for fault in faults]
        parts.append(
            f"\n## {title}\n\n| fault | what the wire does | where | parameters | Python | a good client |\n"
            "| --- | --- | --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"
        )
    return "".join(parts)


def _parameter_document(parameter: Parameter) -> dict[str, Any]:
    return {
        "type": {int: "integer", float: "number", str: "string", bool: "boolean"}[parameter.type],
        "default": parameter.default,
        "unit": parameter.unit,
        "meaning": parameter.meaning,
        **({} if parameter.type is bool else {"minimum": parameter.minimum, "maximum": parameter.maximum}),
    }


def _lines(fault: Fault) -> Iterator[tuple[str, str]]:
    applies = {"json": "documents", "stream": "streams", "both": "documents and streams"}[fault.applies]
    yield "breaks", f"{applies}; {_place(fault)}"
    if fault.needs:
        yield "needs", f"{fault.needs}; a reply without it stays as it is"
    for name, parameter in fault.parameters.items():
        yield name, f"{parameter.meaning} ({parameter.allowed}; {_default(parameter)})"
    for way, seen in fault.clients.items():
        yield _WAYS[way].removeprefix("a "), f"openai-python: {_seen(seen)}"
    yield "a good client", fault.good
    if fault.rules:
        yield "contracts say", ", ".join(fault.rules)
    yield "source", f"FACTS {fault.source}"


def _place(fault: Fault) -> str:
    return fault.where if fault.where == "before the head" else f"at the {fault.where}"


def _default(parameter: Parameter) -> str:
    if parameter.default is None:
        return "not set"
    shown = str(parameter.default).lower() if parameter.type is bool else parameter.default
    return f"default {shown:,}" if parameter.type in (int, float) else f"default {shown}"


def _seen(seen: Seen) -> str:
    outcome = f"{seen.outcome}, retried" if seen.retried else seen.outcome
    return f"{outcome}: {seen.note}" if seen.note else outcome


def _row(fault: Fault) -> str:
    parameters = [
        f"`{name}` {one.unit and f'({one.unit}) '}{one.meaning}; {_default(one)}"
        for name, one in fault.parameters.items()
    ]
    seen = {way: _seen(one) for way, one in fault.clients.items()}
    if len(set(seen.values())) == 1:
        shown = [next(iter(seen.values()))]
    else:
        shown = [f"*{_WAYS[way].removeprefix('a ')}*: {text}" for way, text in seen.items()]
    needs = f" Needs {fault.needs}." if fault.needs else ""
    only = {"json": " Documents only.", "stream": " Streams only.", "both": ""}[fault.applies]
    cells = (
        f"`{fault.name}`",
        f"{fault.summary}.{only}{needs}",
        fault.where,
        "<br>".join(parameters),
        "<br>".join(shown),
        fault.good,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
