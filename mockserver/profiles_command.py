"""``understudy profiles``: what the profiles say, and who says so. Imports no server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from understudy.contracts.profiles.loading import names, profile
from understudy.contracts.profiles.profile import ErrorFact, Field, Model, Profile, Retry
from understudy.contracts.profiles.writing import document_of
from understudy.contracts.wording import printable
from understudy.mockserver import reporting
from understudy.mockserver.profile_files import open_profile

_WIDTH = 24  # of the first column

# bounds of a field, as they are said
_BOUNDS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("min_items", "at least {} items"),
    ("max_items", "at most {} items"),
    ("max_length", "at most {} characters"),
)
_BILLED = {True: "billed", False: "not billed", None: ""}
_PRICES = (
    ("input", "in"),
    ("cached_input", "cached"),
    ("cache_write", "cache written"),
    ("output", "out"),
    ("audio_input", "audio in"),
    ("audio_output", "audio out"),
)


@click.command()
@click.argument("name", required=False, metavar="[NAME|FILE]")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def profiles(name: str | None, form: str) -> None:
    """List the built-in profiles, or show one of them, or that in a FILE.

    As JSON it can be saved, edited and given to --profile. In [ ]: who says so.
    """
    known = [profile(one) for one in names()] if name is None else [_open(name)]
    if form == "json":
        documents = [document_of(one) for one in known]
        data: Any = documents if name is None else documents[0]
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return
    for line in _listed(known) if name is None else _shown(known[0]):
        click.echo(printable(line))


def _open(name: str) -> Profile:
    try:
        return open_profile(name)
    except ValueError as error:
        reporting.give_up(str(error))


def _listed(known: list[Profile]) -> Iterator[str]:
    for one in known:
        yield f"{one.name:<14}{one.title}" + (f", {one.base_url}" if one.base_url else "")
        if one.about:
            yield f"{'':<14}{one.about}"


def _shown(known: Profile) -> Iterator[str]:
    yield f"{known.name}: {known.title or known.name}"
    if known.about:
        yield known.about
    yield ""
    for label, text in _headlines(known):
        if text:
            yield f"  {label:<{_WIDTH}}{text}"
    for title, lines in _sections(known):
        if lines:
            yield ""
            yield title
            yield from lines


def _headlines(known: Profile) -> Iterator[tuple[str, str]]:
    yield "base URL", known.base_url
    yield "key", known.key_variable and f"${known.key_variable}"
    yield "contract", known.contract
    yield "contract of its replies", known.replies or ""
    yield "roles", ", ".join(known.roles) and _sourced(", ".join(known.roles), known.sources.get("roles"))
    waived = ", ".join(sorted(known.waived))
    yield "rules it does not have", waived and _sourced(waived, known.sources.get("waived"))
    yield "a spent credit", _sourced(known.quota, known.sources.get("quota"))
    reply = f"its own: {', '.join(known.reply)}" if known.reply else "as OpenAI's"
    yield "shape of replies", _sourced(reply, known.sources.get("reply"))
    yield "source", known.source


def _sections(known: Profile) -> Iterator[tuple[str, list[str]]]:
    yield "Fields of a request", [_line(one.name, _field(one), one.source) for one in known.fields]
    yield (
        "Models (USD for 1,000,000 tokens)",
        [_line(one.models, _model(one), one.source) for one in known.models],
    )
    yield "Errors", [line for one in known.errors.values() for line in _error(one)]
    yield (
        "Trying again",
        [_line(", ".join(one.statuses), _retry(one), one.source) for one in known.retry],
    )
    yield "Notes", [_line(topic, text, known.sources.get(topic)) for topic, text in known.notes.items()]


def _field(one: Field) -> str:
    parts = [" or ".join(one.types) or "anything"]
    if one.required:
        parts.append("required")
    if one.default is not None:
        parts.append(f"default {json.dumps(one.default, ensure_ascii=False)}")
    if one.values:
        parts.append(f"one of {', '.join(one.values)}")
    parts += [words.format(bound) for name, words in _BOUNDS if (bound := getattr(one, name)) is not None]
    return ", ".join(parts) + (f". {one.notes}" if one.notes else "")


def _model(one: Model) -> str:
    parts = [f"{one.context:,} tokens of context"] if one.context else []
    if one.output:
        parts.append(f"{one.output:,} of output")
    parts += one.capabilities
    if one.prices is not None:
        costs = [(getattr(one.prices, name), word) for name, word in _PRICES]
        parts += [f"${price} {word}" for price, word in costs if price is not None]
    else:
        parts.append("no prices")
    return ", ".join(parts)


def _error(one: ErrorFact) -> Iterator[str]:
    parts = [_named(one), _BILLED[one.billed], one.retry]
    yield _line(one.status, "; ".join(part for part in parts if part), one.source)
    for variant in one.variants:
        named = _named(variant)
        yield _line("", variant.when + (f": {named}" if named else ""), variant.source)


def _named(one: Any) -> str:
    return ", ".join(text for text in (one.type, one.code, one.message) if text)


def _retry(one: Retry) -> str:
    waits = ", ".join(f"{wait:g}" for wait in one.waits)
    parts = [f"{waits} s{' with jitter' if one.jitter else ''}" if waits else "", one.advice]
    return ". ".join(part for part in parts if part)


def _line(label: str, text: str, source: str | None) -> str:
    return (
        f"  {label:<{_WIDTH}}{_sourced(text, source)}"
        if len(label) < _WIDTH
        else (f"  {label}  {_sourced(text, source)}")
    )


def _sourced(text: str, source: str | None) -> str:
    return f"{text} [{source}]" if source else text
