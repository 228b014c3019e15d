"""The command ``understudy``."""

from __future__ import annotations

import click

from understudy.mockserver.check_command import check
from understudy.mockserver.serve_command import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="understudy")  # asked for only when it is wanted
def main() -> None:
    """A fake /v1/chat/completions to test against, and contracts for both sides."""


main.add_command(serve)
main.add_command(check)
