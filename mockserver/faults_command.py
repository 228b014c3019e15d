"""``understudy faults``: the fault catalogue. Imports no server."""

from __future__ import annotations

import json
from typing import Any

import click

from understudy.mockserver.faults.catalogue import FAULTS, GROUPS, find
from understudy.mockserver.faults.wording import document_of, markdown_of, text_of, text_of_one


@click.command()
@click.argument("name", required=False)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True
)
def faults(name: str | None, form: str) -> None:
    """List what can go wrong with a reply on purpose, or say everything of the fault NAME."""
    try:
        found = None if name is None else find(name)
    except ValueError as error:
        click.echo(f"understudy: {error}", err=True)
        raise SystemExit(2) from None
    if form == "json":
        data: Any = [document_of(one) for one in FAULTS.values()] if found is None else document_of(found)
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
    elif form == "markdown":
        click.echo(markdown_of(GROUPS if found is None else {found.name: (found,)}), nl=False)
    else:
        click.echo("\n".join(text_of(GROUPS) if found is None else text_of_one(found)))
