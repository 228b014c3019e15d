"""What the server says while it runs: one line an event, for people or for programs.

Standard output holds one line only: where the server listens. The rest goes to standard error.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal, NoReturn, TypeAlias

import click

from understudy.mockserver.journal import Entry

Format: TypeAlias = Literal["text", "json"]


def listening(base_url: str, form: Format) -> None:
    """Say where the server listens: ``OPENAI_BASE_URL=…`` as a shell reads it, or a JSON object."""
    if form == "json":
        click.echo(json.dumps({"event": "listening", "base_url": base_url}))
    else:
        click.echo(f"OPENAI_BASE_URL={base_url}")


def notice(text: str, form: Format, **facts: Any) -> None:
    """Say *text*; in JSON with its *facts* as members."""
    click.echo(
        json.dumps({"event": "notice", "message": text, **facts}) if form == "json" else text, err=True
    )


def give_up(reason: str) -> NoReturn:
    """Say why the command cannot go on, and end with status 2."""
    click.echo(f"understudy: {reason}", err=True)
    raise SystemExit(2)


def reporter(form: Format, *, everything: bool) -> Callable[[Entry], None]:
    """Return what hears of every entry: it reports what is worth it, or, on request, *everything*."""

    def report(entry: Entry) -> None:
        if everything or entry.complaint or entry.note or entry.status >= 400 or entry.outcome != "sent":
            click.echo(_as_json(entry) if form == "json" else _as_text(entry), err=True)

    return report


def _as_text(entry: Entry) -> str:
    words = [
        f"{entry.request.method} {_printable(entry.request.path)} {entry.status or 'no reply'}",
        entry.source,
        _printable(entry.model),
        "" if entry.outcome == "sent" else entry.outcome,
    ]
    lines = ["  ".join(word for word in words if word)]
    lines += [f"    {_printable(str(violation))}" for violation in entry.violations]
    lines += [f"    {_printable(text)}" for text in (entry.complaint, entry.note) if text]
    lines += [f"    {_printable(line)}" for line in entry.trace.splitlines()]
    return "\n".join(lines)


def _as_json(entry: Entry) -> str:
    usage = entry.usage or {}
    document = {
        "event": "request",
        "number": entry.number,
        "at": entry.at,
        "method": entry.request.method,
        "path": entry.request.path,
        "status": entry.status,
        "source": entry.source,
        "model": entry.model,
        "outcome": entry.outcome,
        "total_tokens": usage.get("total_tokens"),
        "violations": [f"{violation.rule} at {violation.path}" for violation in entry.violations],
        "complaint": entry.complaint,
        "note": entry.note,
        "trace": entry.trace,
    }
    return json.dumps({key: value for key, value in document.items() if value not in (None, "", [])})


def _printable(text: str) -> str:
    """Return *text* without control characters: what a client sends must not drive a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:2_000])
