"""``understudy check``: files against the contracts. Imports no server."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from understudy.contracts.judge import KINDS_OF_FILE, Unreadable, judge
from understudy.contracts.profiles.profile import Profile
from understudy.contracts.wording import Finding, as_annotation, as_record, as_text, printable
from understudy.mockserver.profile_files import open_profile

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes. Larger files are named, not judged."""

STDIN = "-"

Writer = Callable[[str, Sequence[Finding]], None]


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--profile",
    metavar="NAME|FILE",
    help="The API: see understudy profiles. Else the one a recording names, else openai.",
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(KINDS_OF_FILE),
    help="What the files are. Else told from their content.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True
)
def check(paths: tuple[str, ...], profile: str | None, kind: str | None, form: str) -> None:
    """Judge files against the contracts.

    A PATH is a file, a folder (all *.json below it; with --as stream also *.sse and *.txt), or -
    for the standard input. Exit status: 0 no errors, 1 errors, 2 something could not be read.

    In a recording whose request the API refused (400, 422), the request's breaches are told as
    info: they are why it was refused.
    """
    api = None if profile is None else _open(profile)
    write, tiers, files, unreadable = WRITERS[form], Counter[str](), 0, 0
    for name, read in _sources(paths, kind):
        try:
            findings = judge(read(), kind, profile=api)
        except Unreadable as error:
            unreadable += 1
            _complain(f"{name}:{error.line}:{error.column}: {error.reason}")
        except OSError as error:
            unreadable += 1
            _complain(f"{name}: {error.strerror or error}")
        else:
            files += 1
            tiers.update(finding.violation.tier for finding in findings)
            write(name, findings)
    if form == "text":
        click.echo(_summary(files, tiers, unreadable))
    sys.exit(2 if unreadable else 1 if tiers["error"] else 0)


def _open(name: str) -> Profile:
    try:
        return open_profile(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--profile") from None


def _sources(paths: Sequence[str], kind: str | None) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each file's name, and how to read it."""
    suffixes = (".json", ".sse", ".txt") if kind == "stream" else (".json",)
    for path in paths:
        if path == STDIN:
            yield "<stdin>", lambda: _bounded(sys.stdin.buffer.read(LARGEST_FILE + 1))
        elif Path(path).is_dir():
            below = list(_files(Path(path), suffixes))
            for file in below or [Path(path)]:
                yield str(file), _reader(file)
        else:
            yield path, _reader(Path(path))


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Yield the files below *folder*, in order. Links to folders are not followed."""
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(suffixes) and (file := Path(where, name)).is_file():  # a pipe never ends
                yield file


def _reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        if path.is_dir():
            raise Unreadable("a folder without files to judge; looked for *.json")
        with path.open("rb") as file:
            return _bounded(file.read(LARGEST_FILE + 1))

    return read


def _bounded(data: bytes) -> bytes:
    if len(data) > LARGEST_FILE:
        raise Unreadable(f"larger than {LARGEST_FILE} bytes")
    return data


def _write_text(name: str, findings: Sequence[Finding]) -> None:
    if findings:
        click.echo(printable(name))
    for finding in findings:
        click.echo("\n".join(f"  {line}" for line in as_text(finding).splitlines()))


def _write_json(name: str, findings: Sequence[Finding]) -> None:
    for finding in findings:
        click.echo(json.dumps(as_record(finding, name)))


def _write_github(name: str, findings: Sequence[Finding]) -> None:
    for finding in findings:
        click.echo(as_annotation(finding, name))


WRITERS: Mapping[str, Writer] = {"text": _write_text, "json": _write_json, "github": _write_github}


def _complain(text: str) -> None:
    click.echo(printable(text), err=True)


def _summary(files: int, tiers: Counter[str], unreadable: int) -> str:
    counts = [_counted(tiers["error"], "error"), _counted(tiers["warning"], "warning")]
    if tiers["info"]:
        counts.append(f"{tiers['info']} info")
    if unreadable:
        counts.append(f"{unreadable} unreadable")
    return f"{_counted(files, 'file')}: {', '.join(counts)}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
