"""``understudy serve``."""

from __future__ import annotations

import gc
import socket
import threading
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from understudy.mockserver import reporting
from understudy.mockserver.app import App
from understudy.mockserver.build import (
    build,
    open_cassettes,
    open_faults,
    open_limits,
    open_pace,
    open_scripts,
)
from understudy.mockserver.generation.prose import prose
from understudy.mockserver.generation.styles import STYLES, Style
from understudy.mockserver.profile_files import open_profile
from understudy.mockserver.serve import CannotListen, base_url, listen, run
from understudy.mockserver.settings import Settings, Unmatched

if TYPE_CHECKING:
    from understudy.mockserver.cassettes import Cassettes

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SHOWN_BROKEN = 20


def _usd(text: str) -> Decimal:
    """Return an amount of money, exactly as written."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise click.BadParameter(f"{text!r} is no amount of USD; an example: 0.50") from None
    if not amount.is_finite() or amount < 0:
        raise click.BadParameter(f"{text} USD: expected 0 or more")
    return amount


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
    "--script",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Answer from the rules in this scenario file. Repeatable.",
)
@click.option(
    "--profile",
    default="openai",
    show_default=True,
    metavar="NAME|FILE",
    help="The API to be: a built-in one (see understudy profiles), or a file of your own.",
)
@click.option(
    "--on-unmatched",
    type=click.Choice(["generate", "fail"]),
    default="generate",
    show_default=True,
    help="What happens when no script and no recording matches.",
)
@click.option(
    "--style",
    type=click.Choice(STYLES),
    default="faker",
    show_default=True,
    help="What generated text is: made up, the prompt again, or lorem ipsum.",
)
@click.option(
    "--lenient", is_flag=True, help="Answer requests that break the contract, and only note what is wrong."
)
@click.option(
    "--credit", type=_usd, metavar="USD", help="What each key may spend, by the prices of the profile."
)
@click.option(
    "--fault",
    multiple=True,
    metavar="SPEC",
    help="What goes wrong on purpose: NAME[:k=v,...][@WHEN], as rate_limit@times=2. Repeatable.",
)
@click.option("--fault-header", is_flag=True, help="Let a request ask for a fault: x-understudy-fault: SPEC.")
@click.option("--rpm", multiple=True, metavar="[MODEL=]N", help="Requests a minute, each key. Repeatable.")
@click.option("--tpm", multiple=True, metavar="[MODEL=]N", help="Tokens a minute, each key. Repeatable.")
@click.option("--rpd", multiple=True, metavar="[MODEL=]N", help="Requests a day, each key. Repeatable.")
@click.option("--tpd", multiple=True, metavar="[MODEL=]N", help="Tokens a day, each key. Repeatable.")
@click.option("--concurrency", multiple=True, metavar="[MODEL=]N", help="Replies under way at once.")
@click.option("--tier", metavar="NAME", help="The limits of an account of this tier.")
@click.option("--ttft", metavar="SECONDS", help="Time to the first token: 0.3, or normal:0.3,0.1.")
@click.option("--tps", type=float, metavar="N", help="Events (or tokens) a second.")
@click.option("--jitter", metavar="X", help="How much gaps vary: 0.2, or lognormal:0,0.3.")
@click.option("--prefill", type=float, metavar="N", help="Prompt tokens read a second.")
@click.option("--timing", type=click.Choice(["recorded"]), help="Replay recordings as fast as they came.")
@click.option("--speed", type=float, default=1.0, show_default=True, help="With --timing: so much faster.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--access-log", is_flag=True, help="Report every request, not only what went wrong.")
def serve(
    host: str,
    port: int,
    replay: tuple[Path, ...],
    seed: int,
    api_key: tuple[str, ...],
    model: tuple[str, ...],
    script: tuple[Path, ...],
    profile: str,
    on_unmatched: Unmatched,
    style: Style,
    lenient: bool,
    credit: Decimal | None,
    fault: tuple[str, ...],
    fault_header: bool,
    rpm: tuple[str, ...],
    tpm: tuple[str, ...],
    rpd: tuple[str, ...],
    tpd: tuple[str, ...],
    concurrency: tuple[str, ...],
    tier: str | None,
    ttft: str | None,
    tps: float | None,
    jitter: str | None,
    prefill: float | None,
    timing: str | None,
    speed: float,
    log_format: reporting.Format,
    access_log: bool,
) -> None:
    """Answer /v1/chat/completions until interrupted.

    Prints OPENAI_BASE_URL=http://… once it listens. Point a client there, with any API key.
    """
    try:
        settings = Settings(
            seed=seed,
            profile=open_profile(profile),
            api_keys=api_key,
            models=model,
            on_unmatched=on_unmatched,
            lenient=lenient,
            style=style,
            credit=credit,
            admin=host in _LOOPBACK,
            faults=open_faults(fault),
            fault_header=fault_header,
            limits=open_limits(tier, rpm=rpm, tpm=tpm, rpd=rpd, tpd=tpd, concurrency=concurrency),
            pace=open_pace(ttft, tps, jitter, prefill, seed),
            recorded_pace=speed if timing else None,
        )
        scripts = open_scripts(script, seed)
        cassettes = open_cassettes(replay)
        engine = build(settings, cassettes, scripts)
        _announce(cassettes, log_format)
        listener = listen(host, port)
    except (ValueError, CannotListen) as error:
        reporting.give_up(str(error))
    if host not in _LOOPBACK:
        reporting.notice(f"listening beyond this machine, on {host}: anybody there can ask", log_format)
    app = App(engine, log=reporting.reporter(log_format, everything=access_log))
    run(app, listener, partial(_ready, listener, log_format))


def _ready(listener: socket.socket, form: reporting.Format) -> None:
    """Say where the server listens, load what the first generated answer needs, and calm the collector.

    What is loaded by now stays, and requests leave next to no cycles: looking through everything
    again and again took a quarter of the time of a request with a long list of tools.
    """
    reporting.listening(base_url(listener), form)
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
