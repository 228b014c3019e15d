"""``understudy faults``: the faults and errors that can be asked for. Imports no server."""

from __future__ import annotations

import json
from typing import Any

import click

from understudy.contracts.mistakes import nearest
from understudy.contracts.profiles.loading import profile
from understudy.mockserver.faults.catalogue import FAULTS, GROUPS
from understudy.mockserver.faults.error_words import BY_STATUS, NAMED
from understudy.mockserver.faults.wording import (
    document_of,
    error_document,
    markdown_of,
    markdown_of_error,
    text_of,
    text_of_error,
    text_of_one,
)


@click.command()
@click.argument("name", required=False)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True
)
def faults(name: str | None, form: str) -> None:
    """List what can go wrong with a reply on purpose, or say everything of the fault or error NAME."""
    if name is None:
        _list(form)
        return
    known = name.strip().replace("-", "_").lower()  # as --fault reads it
    known = {str(status): named for status, named in BY_STATUS.items()}.get(known, known)
    if known in NAMED:
        _show_error(known, form)
    elif known in FAULTS:
        _show(known, form)
    else:
        every = (*FAULTS, *NAMED)
        hint = nearest(known, every) or f"; there are: {', '.join(every)}"
        click.echo(f"understudy: no fault is named {name!r}{hint}", err=True)
        raise SystemExit(2)


def _list(form: str) -> None:
    if form == "json":
        openai = profile("openai")
        errors = [error_document(name, openai) for name in NAMED]
        _echo([*map(document_of, FAULTS.values()), *errors])
    elif form == "markdown":
        click.echo(markdown_of(GROUPS), nl=False)
    else:
        click.echo("\n".join(text_of(GROUPS)))


def _show(name: str, form: str) -> None:
    found = FAULTS[name]
    if form == "json":
        _echo(document_of(found))
    elif form == "markdown":
        click.echo(markdown_of({name: (found,)}), nl=False)
    else:
        click.echo("\n".join(text_of_one(found)))


def _show_error(name: str, form: str) -> None:
    openai = profile("openai")
    if form == "json":
        _echo(error_document(name, openai))
    elif form == "markdown":
        click.echo(markdown_of_error(name), nl=False)
    else:
        click.echo("\n".join(text_of_error(name, openai)))


def _echo(document: Any) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
