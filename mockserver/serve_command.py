"""``understudy serve``."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import NoReturn

import click

from understudy.contracts.documents import PROFILES
from understudy.mockserver import reporting
from understudy.mockserver.app import App
from understudy.mockserver.build import build, open_cassettes
from understudy.mockserver.cassettes import Cassettes
from understudy.mockserver.generation.prose import prose
from understudy.mockserver.serve import CannotListen, base_url, listen, run
from understudy.mockserver.settings import Settings, Unmatched

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SHOWN_BROKEN = 20


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option(
    "--replay",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Answer from the recordings in this file or folder. Repeatable.",
)
@click.option("--seed", default=0, show_default=True, help="Same seed, same request: same answer.")
@click.option("--api-key", multiple=True, help="Take only this key. Repeatable. Default: any non-empty key.")
@click.option("--model", multiple=True, help="Know only this model. Repeatable. Default: any model.")
@click.option(
    "--profile", default="openai", show_default=True, metavar="NAME", help=f"One of: {', '.join(PROFILES)}."
)
@click.option(
    "--on-unmatched",
    type=click.Choice(["generate", "fail"]),
    default="generate",
    show_default=True,
    help="What happens when no recording matches.",
)
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--access-log", is_flag=True, help="Report every request, not only what went wrong.")
def serve(
    host: str,
    port: int,
    replay: tuple[Path, ...],
    seed: int,
    api_key: tuple[str, ...],
    model: tuple[str, ...],
    profile: str,
    on_unmatched: Unmatched,
    log_format: reporting.Format,
    access_log: bool,
) -> None:
    """Answer /v1/chat/completions until interrupted.

    Prints OPENAI_BASE_URL=http://… once it listens. Point a client there, with any API key.
    """
    try:
        settings = Settings(
            seed=seed, profile=profile, api_keys=api_key, models=model, on_unmatched=on_unmatched
        )
        cassettes = open_cassettes(replay)
        _announce(cassettes, log_format)
        listener = listen(host, port)
    except (ValueError, CannotListen) as error:
        _give_up(str(error))
    if host not in _LOOPBACK:
        reporting.notice(f"listening beyond this machine, on {host}: anybody there can ask", log_format)
    log = reporting.reporter(log_format, everything=access_log)
    app = App(build(settings, cassettes), log=log)

    def ready() -> None:
        reporting.listening(base_url(listener), log_format)
        _settle()

    run(app, listener, ready)


def _settle() -> None:
    """Load what the first generated answer needs, beside the first requests, and calm the collector.

    What is loaded by now stays, and requests leave next to no cycles: looking through everything
    again and again took a quarter of the time of a request with a long list of tools.
    """
    threading.Thread(target=prose, args=("o200k_base",), daemon=True).start()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _announce(cassettes: Cassettes | None, form: reporting.Format) -> None:
    """Read the index now, so that what is broken is named before anybody asks."""
    if cassettes is None:
        return
    count = len(cassettes.index())
    broken = cassettes.broken
    for one in broken[:_SHOWN_BROKEN]:
        reporting.notice(f"skipped {one}", form)
    more = f", {len(broken)} skipped" if broken else ""
    reporting.notice(f"{count} recordings{more}", form, recordings=count, skipped=len(broken))


def _give_up(reason: str) -> NoReturn:
    click.echo(f"understudy: {reason}", err=True)
    raise SystemExit(2)
