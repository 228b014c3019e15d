"""The options of ``understudy serve``, by topic, and what was chosen of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import click

from understudy.mockserver.generation.styles import STYLES, Style
from understudy.mockserver.reporting import Format
from understudy.mockserver.settings import Unmatched

Topics: TypeAlias = Mapping[str, Sequence[click.Option]]

_FILE = click.Path(path_type=Path)


class Chosen(NamedTuple):
    """What was chosen on the command line, in the order of TOPICS; each is named as its option is."""

    script: tuple[Path, ...]
    replay: tuple[Path, ...]
    on_unmatched: Unmatched
    style: Style
    seed: int
    profile: str
    api_key: tuple[str, ...]
    model: tuple[str, ...]
    lenient: bool
    credit: Decimal | None
    fault: tuple[str, ...]
    fault_header: bool
    tape: Path | None
    replay_tape: Path | None
    rpm: tuple[str, ...]
    tpm: tuple[str, ...]
    rpd: tuple[str, ...]
    tpd: tuple[str, ...]
    concurrency: tuple[str, ...]
    tier: str | None
    ttft: str | None
    tps: float | None
    jitter: str | None
    prefill: float | None
    timing: str | None
    speed: float | None
    clock: str
    host: str
    port: int
    admin_token: str | None
    log_format: Format
    access_log: bool


class ByTopic(click.Command):
    """A command whose options stand below the topics that they belong to."""

    def __init__(self, *args: Any, topics: Topics, **rest: Any) -> None:
        rest["params"] = [option for options in topics.values() for option in options]
        super().__init__(*args, **rest)
        self._topics = topics

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, and last what every command has."""
        own = {option for several in self._topics.values() for option in several}
        rest = [option for option in self.get_params(ctx) if option not in own]
        for title, options in (*self._topics.items(), ("Help", rest)):
            rows = [option.get_help_record(ctx) for option in options]
            with formatter.section(title):
                formatter.write_dl([row for row in rows if row is not None])


def _option(name: str, about: str, **how: Any) -> click.Option:
    return click.Option([name], help=about, **how)


def _usd(text: str) -> Decimal:
    """Return an amount of money, exactly as written."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise click.BadParameter(f"{text!r} is no amount of USD; an example: 0.50") from None
    if not amount.is_finite() or amount < 0:
        raise click.BadParameter(f"{text} USD: expected 0 or more")
    return amount


def _limit(name: str, about: str) -> click.Option:
    return _option(name, about, multiple=True, metavar="[MODEL=]N")


TOPICS: Topics = {
    "Answers": (
        _option(
            "--script",
            "Answer as this scenario file says, with its faults and limits. Repeatable.",
            multiple=True,
            type=_FILE,
            metavar="FILE",
        ),
        _option(
            "--replay",
            "Answer from the recordings in this file or folder. Repeatable.",
            multiple=True,
            type=_FILE,
        ),
        _option(
            "--on-unmatched",
            "What happens when no script and no recording matches.",
            type=click.Choice(["generate", "fail"]),
            default="generate",
            show_default=True,
        ),
        _option(
            "--style",
            "What generated text is: made up, the prompt again, or lorem ipsum.",
            type=click.Choice(STYLES),
            default="faker",
            show_default=True,
        ),
        _option("--seed", "Same seed, same request: same answer.", default=0, show_default=True),
    ),
    "The API": (
        _option(
            "--profile",
            "The API to be: a built-in one (see understudy profiles), or a file of your own.",
            default="openai",
            show_default=True,
            metavar="NAME|FILE",
        ),
        _option("--api-key", "Take only this key. Repeatable. Default: any non-empty key.", multiple=True),
        _option("--model", "Know only this model. Repeatable. Default: any model.", multiple=True),
        _option(
            "--lenient", "Answer requests that break the contract, and only note what is wrong.", is_flag=True
        ),
        _option(
            "--credit", "What each key may spend, by the prices of the profile.", type=_usd, metavar="USD"
        ),
    ),
    "Trouble": (
        _option(
            "--fault",
            "What goes wrong on purpose: NAME[:k=v,...][@WHEN], as rate_limit@times=2. Repeatable.",
            multiple=True,
            metavar="SPEC",
        ),
        _option("--fault-header", "Let a request ask for a fault: x-understudy-fault: SPEC.", is_flag=True),
        _option(
            "--tape", "Write what is decided about each request to this new file.", type=_FILE, metavar="FILE"
        ),
        _option("--replay-tape", "Let this tape decide, in place of all faults.", type=_FILE, metavar="FILE"),
    ),
    "Limits": (
        _limit("--rpm", "Requests a minute, each key and model. Repeatable."),
        _limit("--tpm", "Tokens a minute, each key and model. Repeatable."),
        _limit("--rpd", "Requests a day, each key and model. Repeatable."),
        _limit("--tpd", "Tokens a day, each key and model. Repeatable."),
        _limit("--concurrency", "Replies under way at once, each key and model. Repeatable."),
        _option("--tier", "What OpenAI gives accounts of this tier: free, tier1 to tier5.", metavar="NAME"),
    ),
    "Time": (
        _option("--ttft", "Time to the first token: 0.3, or normal:0.3,0.1.", metavar="SECONDS"),
        _option("--tps", "Events (or tokens) a second.", type=float, metavar="N"),
        _option("--jitter", "How much gaps vary: 0.2, or lognormal:1,0.3.", metavar="X"),
        _option("--prefill", "Prompt tokens read a second.", type=float, metavar="N"),
        _option("--timing", "Replay recordings as fast as they came.", type=click.Choice(["recorded"])),
        _option("--speed", "With --timing: so many times as fast.", type=float, metavar="F"),
        _option(
            "--clock",
            "real, or scaled=F: F seconds pass in one (scaled=100: a minute in 0.6 s).",
            default="real",
            show_default=True,
            metavar="CLOCK",
        ),
    ),
    "Server": (
        _option("--host", "Address to listen on.", default="127.0.0.1", show_default=True),
        _option("--port", "0: any free one.", default=8000, show_default=True, type=click.IntRange(0, 65535)),
        _option(
            "--admin-token",
            "What the admin API asks for; on loopback it is open without one, elsewhere off.",
            envvar="UNDERSTUDY_ADMIN_TOKEN",
            show_envvar=True,
            metavar="TOKEN",
        ),
        _option(
            "--log-format",
            "How to report.",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
        ),
        _option("--access-log", "Report every request, not only what went wrong.", is_flag=True),
    ),
}
