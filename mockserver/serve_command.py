"""``understudy serve``."""

from __future__ import annotations

import gc
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import click

from understudy.mockserver import reporting
from understudy.mockserver.admin.front import Front, is_idle
from understudy.mockserver.admin.namespaces import Namespaces
from understudy.mockserver.app import App
from understudy.mockserver.build import (
    build,
    of_namespaces,
    open_cassettes,
    open_clock,
    open_faults,
    open_limits,
    open_pace,
    open_scenarios,
    scripts_of,
)
from understudy.mockserver.engine import Engine
from understudy.mockserver.generation.prose import prose
from understudy.mockserver.profile_files import open_profile
from understudy.mockserver.serve import CannotListen, base_url, listen, run
from understudy.mockserver.serve_checks import check, is_own
from understudy.mockserver.serve_options import TOPICS, ByTopic, Chosen
from understudy.mockserver.settings import Settings

if TYPE_CHECKING:
    from understudy.mockserver.cassettes import Cassettes
    from understudy.mockserver.disturbances import Wrap
    from understudy.mockserver.faults.decisions import Deciding
    from understudy.mockserver.faults.tape import TapeDecider
    from understudy.mockserver.scripts.rule import Rule
    from understudy.mockserver.tape_files import TapeFile

    Make: TypeAlias = Callable[[Wrap | None], Engine]

_SHOWN_BROKEN = 20


@click.command(cls=ByTopic, topics=TOPICS)
def serve(**given: Any) -> None:
    """Answer /v1/chat/completions until interrupted.

    Prints OPENAI_BASE_URL=http://… once it listens. Point a client there, with any API key.
    """
    chosen = Chosen(**given)
    form = chosen.log_format
    try:
        check(chosen)
        settings, rules = open_scenarios(chosen.script, _settings(chosen))
        clock = open_clock(chosen.clock)
        cassettes = open_cassettes(chosen.replay)
        _announce(cassettes, form)
        replayed = _replayed(chosen, settings)
        listener = listen(chosen.host, chosen.port)
        tape = _tape(chosen, listener)  # last: what fails before leaves no file
    except (ValueError, CannotListen) as error:
        reporting.give_up(str(error))
    if not is_own(chosen.host):
        reporting.notice(f"listening beyond this machine, on {chosen.host}: anybody there can ask", form)
    make = partial(_engine, rules, cassettes)
    engines = _engines(partial(make, settings), partial(make, of_namespaces(settings)), replayed, tape)
    front = Front(engines, chosen.host, chosen.admin_token or "", clock)
    log = reporting.reporter(form, everything=chosen.access_log)
    app = App(front, clock=clock.now, speed=clock.factor, log=log)
    _run(app, listener, tape, form)


def _settings(chosen: Chosen) -> Settings:
    counts = {name: getattr(chosen, name) for name in ("rpm", "tpm", "rpd", "tpd", "concurrency")}
    profile = open_profile(chosen.profile)
    return Settings(
        seed=chosen.seed,
        profile=profile,
        api_keys=chosen.api_key,
        models=chosen.model,
        on_unmatched=chosen.on_unmatched,
        lenient=chosen.lenient,
        style=chosen.style,
        credit=chosen.credit,
        faults=open_faults(chosen.fault),
        fault_header=chosen.fault_header,
        limits=open_limits(chosen.tier, profile, **counts),
        pace=open_pace(chosen.ttft, chosen.tps, chosen.jitter, chosen.prefill),
        recorded_pace=None if chosen.timing is None else 1.0 if chosen.speed is None else chosen.speed,
    )


def _engine(
    rules: Sequence[Rule], cassettes: Cassettes | None, settings: Settings, deciding: Wrap | None
) -> Engine:
    return build(settings, cassettes, scripts_of(rules, settings.seed), deciding)


def _engines(
    make: Make, others: Make, replayed: TapeDecider | None, tape: TapeFile | None
) -> Namespaces[Engine]:
    """Return the engine, and *others*, those of namespaces to come. Each follows the tape that is replayed;
    the tape that is written is of the first alone, for attempts are counted in each."""

    def follow(rules: Deciding) -> Deciding:
        return rules if replayed is None else replayed

    deciding: Wrap | None = None if replayed is None else follow
    if tape is None:
        engine = make(deciding)
    else:
        from understudy.mockserver.faults.tape import Recording

        on_tape = tape.tape
        engine = make(lambda rules: Recording(follow(rules), on_tape))
    return Namespaces(engine, lambda name: others(deciding), idle=is_idle)


def _replayed(chosen: Chosen, settings: Settings) -> TapeDecider | None:
    """Return what decides by the tape of an earlier run, and say how much there is of it."""
    if chosen.replay_tape is None:
        return None
    from understudy.mockserver.tape_files import decisions, open_tape

    found = open_tape(chosen.replay_tape, settings.seed, settings.api)
    passed = ", in place of the faults that were given" if settings.faults else ""
    reporting.notice(f"tape {chosen.replay_tape}: {decisions(len(found))}{passed}", chosen.log_format)
    return found


def _tape(chosen: Chosen, listener: socket.socket) -> TapeFile | None:
    if chosen.tape is None:
        return None
    from understudy.mockserver.tape_files import TapeFile

    try:
        return TapeFile(chosen.tape, partial(reporting.notice, form=chosen.log_format))
    except ValueError:
        listener.close()
        raise


def _run(app: App, listener: socket.socket, tape: TapeFile | None, form: reporting.Format) -> None:
    ready = partial(_ready, listener, form)
    if tape is None:
        run(app, listener, ready)
        return
    signal.signal(signal.SIGTERM, _terminated)  # handed on when the server has ended, as an interrupt is
    try:
        run(app, listener, ready)
    finally:
        tape.close()
        reporting.notice(tape.summary(), form)


def _terminated(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


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
