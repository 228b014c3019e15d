"""``understudy journal``: what a running server has seen, by its admin API. Imports no server."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NoReturn, TypeAlias
from urllib.parse import SplitResult, urlsplit

import click

from understudy.contracts.wording import printable
from understudy.mockserver.backoff.attempts import backoff_of
from understudy.mockserver.backoff.exchanges import read_exchanges
from understudy.mockserver.backoff.summary import document_of
from understudy.mockserver.backoff.timeline import ASCII, BLOCKS, NARROWEST, timeline_of

PAGE = 200
LARGEST_PAGE = 64 * 1024 * 1024  # bytes
TIMEOUT = 10.0  # seconds for each page
_PATH = "/__understudy/journal"

Entry: TypeAlias = "Mapping[str, Any]"


class Unreachable(Exception):
    """No journal came; the message says from where, why, and what to do."""


@click.command()
@click.option(
    "--url", default="http://127.0.0.1:8000", show_default=True, help="The server; with or without /v1."
)
@click.option(
    "--token",
    envvar="UNDERSTUDY_ADMIN_TOKEN",
    help="The server's --admin-token. [env: UNDERSTUDY_ADMIN_TOKEN]",
)
@click.option(
    "--backoff", is_flag=True, help="Show calls instead: their attempts, what was advised, what was done."
)
@click.option("--retried", is_flag=True, help="With --backoff: only calls of more than one attempt.")
@click.option(
    "--ascii", "plain", is_flag=True, help="Draw with ASCII. Default: where the terminal has no more."
)
@click.option("--width", type=click.IntRange(NARROWEST), help="Columns. Default: those of the terminal.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def journal(
    url: str, token: str | None, backoff: bool, retried: bool, plain: bool, width: int | None, form: str
) -> None:
    """Show the journal of a running server: a line a request, or how clients retried."""
    if retried and not backoff:
        raise click.UsageError("--retried goes with --backoff")
    try:
        entries = tuple(entries_of(url, token))
        if not backoff:
            for entry in entries:
                click.echo(json.dumps(entry) if form == "json" else _line(entry))
            return
        calls = backoff_of(read_exchanges(entries))
    except (Unreachable, ValueError) as error:
        _give_up(str(error))
    if retried:
        calls = tuple(call for call in calls if call.count > 1)
    if form == "json":
        click.echo(json.dumps(document_of(calls), indent=2))
        return
    marks = ASCII if plain or not _draws("".join(BLOCKS)) else BLOCKS
    for line in timeline_of(calls, max(NARROWEST, width or shutil.get_terminal_size().columns), marks):
        click.echo(line)


def entries_of(url: str, token: str | None = None) -> Iterator[Entry]:
    """Yield the journal of the server at *url*, oldest first, as JSON; bodies are not asked for.

    Raises Unreachable where there is no server or no journal, and where *token* is not the one it takes.
    """
    parts = _root(url)
    after: int | None = None
    while True:
        asked = f"?limit={PAGE}" + ("" if after is None else f"&after={after}")
        page = _page(parts, asked, token)
        entries = page["data"]
        yield from entries
        last = entries[-1].get("number") if entries else None
        if not page.get("has_more") or not isinstance(last, int) or last == after:
            return
        after = last


def _root(url: str) -> SplitResult:
    try:
        parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        good = False
    if not good:
        raise Unreachable(f"{url!r} is no URL of a server; an example: http://127.0.0.1:8000")
    return parts._replace(path=parts.path.rstrip("/").removesuffix("/v1"))


def _page(parts: SplitResult, query: str, token: str | None) -> Any:
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    where = f"{parts.scheme}://{parts.netloc}{parts.path}"
    # as bytes: text would have to be Latin-1
    headers = {"authorization": f"Bearer {token}".encode("utf-8", "surrogateescape")} if token else {}
    try:
        connection.request("GET", f"{parts.path}{_PATH}{query}", headers=headers)
        with connection.getresponse() as answer:
            status, body = answer.status, answer.read(LARGEST_PAGE + 1)
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Unreachable(
            f"no server answers at {where}: {reason}; is it running? --url says where"
        ) from error
    finally:
        connection.close()
    return _read(status, body, where)


def _read(status: int, body: bytes, where: str) -> Any:
    if status in (401, 403):
        raise Unreachable(f"{where} does not show its journal ({status}): give its --admin-token as --token")
    if status == 404:
        raise Unreachable(
            f"{where} has no journal to show (404): its admin API is off, or it is no understudy"
        )
    try:
        page: Any = json.loads(body) if status == 200 and len(body) <= LARGEST_PAGE else None
    except (ValueError, RecursionError):
        page = None
    entries = page.get("data") if isinstance(page, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unreachable(
            f"{where} answered {status}, with {len(body)} bytes that are no journal of an understudy"
        )
    return page


def _line(entry: Entry) -> str:
    number, method, path = entry.get("number", "?"), entry.get("method", ""), entry.get("path", "")
    outcome = entry.get("outcome", "")
    words = [
        f"{number}",
        f"{method} {path} {entry.get('status') or 'no reply'}",
        str(entry.get("source") or ""),
        str(entry.get("model") or ""),
        "" if outcome == "sent" else str(outcome),
        str(entry.get("fault") or ""),
        str(entry.get("complaint") or ""),
    ]
    return printable("  ".join(word for word in words if word)[:2_000])


def _draws(text: str) -> bool:
    """Whether the standard output can say *text*."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _give_up(reason: str) -> NoReturn:
    click.echo(f"understudy: {printable(reason)}", err=True)
    raise SystemExit(2)
