"""What is wrong with the options of ``understudy serve``."""

from __future__ import annotations

from typing import Any

import click
import pytest

from understudy.mockserver.serve_checks import check, is_own
from understudy.mockserver.serve_options import TOPICS, ByTopic, Chosen


def chosen(**values: Any) -> Chosen:
    command = ByTopic("serve", topics=TOPICS)
    with click.Context(command) as context:
        command.parse_args(context, [])
    return Chosen(**{**context.params, **values})


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"timing": "recorded"},
        {"timing": "recorded", "speed": 0.001},
        {"timing": "recorded", "speed": 1e6},
        {"admin_token": "geheim ~!"},
    ],
)
def test_what_can_be_is_taken(values: dict[str, Any]) -> None:
    check(chosen(**values))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"speed": 2.0}, "--speed goes with --timing recorded"),
        *(
            ({"timing": "recorded", "speed": speed}, f"--speed is {speed:g}, expected 0.001 to 1000000")
            for speed in (0.0, -1.0, 1e-300, 1e7, float("nan"), float("inf"))
        ),
        ({"admin_token": ""}, "--admin-token is empty"),
        *(
            ({"admin_token": token}, "--admin-token has letters that no header carries; expected")
            for token in ("gehe\U0001f98a", "geheim ", "ge\nheim", "gehäim")
        ),
    ],
)
def test_what_cannot_be_is_named(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError) as raised:
        check(chosen(**values))

    assert str(raised.value).startswith(reason)
    assert "hei" not in str(raised.value)  # the token


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.0.0.2", True), ("::1", True), ("localhost", True), ("10.0.0.1", False),
     ("::", False), ("192.168.0.1", False), ("example.org", False)],
)  # fmt: skip
def test_loopback_is_this_machine(host: str, own: bool) -> None:
    assert is_own(host) is own
