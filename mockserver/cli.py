"""The command ``understudy``."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

# name -> the module that has the command of this name
_COMMANDS: Mapping[str, str] = {
    "check": "understudy.mockserver.check_command",
    "faults": "understudy.mockserver.faults_command",
    "journal": "understudy.mockserver.journal_command",
    "profiles": "understudy.mockserver.profiles_command",
    "scenario-schema": "understudy.mockserver.schema_command",
    "serve": "understudy.mockserver.serve_command",
}


class _Commands(click.Group):
    """A group that loads the one command that is asked for: ``serve`` starts without the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(_COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="understudy")  # asked for only when it is wanted
def main() -> None:
    """A fake /v1/chat/completions to test against, and contracts for both sides."""
