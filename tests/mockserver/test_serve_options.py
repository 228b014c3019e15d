"""The options of ``understudy serve``: what is there, what is taken, how it is shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from understudy.mockserver.serve_options import TOPICS, ByTopic, Chosen

OPTIONS = [option for options in TOPICS.values() for option in options]


def parse(*arguments: str, env: dict[str, str] | None = None) -> tuple[Result, list[Chosen]]:
    chosen: list[Chosen] = []

    @click.command(cls=ByTopic, topics=TOPICS)
    def command(**given: Any) -> None:
        """A command."""
        chosen.append(Chosen(**given))

    return CliRunner().invoke(command, arguments, env=env), chosen


def test_each_option_has_its_field_in_order() -> None:
    assert list(Chosen._fields) == [option.name for option in OPTIONS]


def test_each_option_says_what_it_does() -> None:
    assert [option.name for option in OPTIONS if not option.help] == []


def test_help_shows_every_option_once_below_its_topic() -> None:
    result, _ = parse("--help")

    titles = [line[:-1] for line in result.output.splitlines() if line.endswith(":") and line[0] != " "]
    assert titles == [*TOPICS, "Help"]
    for option in OPTIONS:
        assert result.output.count(f"\n  {option.opts[0]} ") == 1


def test_what_is_not_said_has_a_default() -> None:
    _, (chosen,) = parse()

    assert (chosen.host, chosen.port, chosen.seed, chosen.clock) == ("127.0.0.1", 8000, 0, "real")
    assert (chosen.fault, chosen.rpm, chosen.script) == ((), (), ())
    assert (chosen.tape, chosen.credit, chosen.tier, chosen.speed, chosen.admin_token) == (None,) * 5


@pytest.mark.parametrize(("value", "token"), [("geheim", "geheim"), ("", None)])
def test_the_token_may_come_from_the_environment(value: str, token: str | None) -> None:
    _, (chosen,) = parse(env={"UNDERSTUDY_ADMIN_TOKEN": value})

    assert chosen.admin_token == token


def test_an_amount_of_money_is_exact() -> None:
    _, (chosen,) = parse("--credit", "0.10")

    assert chosen.credit == Decimal("0.10")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--credit", "ten"], "'ten' is no amount of USD; an example: 0.50"),
        (["--credit", "-1"], "-1 USD: expected 0 or more"),
        (["--credit", "inf"], "inf USD: expected 0 or more"),
        (["--tps", "fast"], "'fast' is not a valid float"),
        (["--seeds", "1"], "--seed"),
    ],
)
def test_mistakes_are_told(arguments: list[str], words: str) -> None:
    result, _ = parse(*arguments)

    assert result.exit_code == 2
    assert words in result.output
