"""``understudy scenario-schema``: what a scenario file may hold, for editors that complete it."""

from __future__ import annotations

import click

from understudy.mockserver.scripts.scenario import schema_text


@click.command("scenario-schema")
def scenario_schema() -> None:
    """Print the JSON Schema of scenario files.

    An editor completes a scenario whose first line names the saved schema:

        # yaml-language-server: $schema=scenario.schema.json
    """
    click.echo(schema_text(), nl=False)
