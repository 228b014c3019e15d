"""What ``understudy serve`` finds wrong with its options before anything is opened."""

from __future__ import annotations

from understudy.mockserver.serve_options import Chosen
from understudy.mockserver.wire import FASTEST, SLOWEST

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def check(chosen: Chosen) -> None:
    """Raise ValueError for options that cannot be, or say nothing together."""
    if chosen.speed is not None and chosen.timing is None:
        raise ValueError(
            "--speed goes with --timing recorded; for a clock that runs faster: --clock scaled=F"
        )
    if chosen.speed is not None and not SLOWEST <= chosen.speed <= FASTEST:
        raise ValueError(f"--speed is {chosen.speed:g}, expected {SLOWEST} to {FASTEST}")
    token = chosen.admin_token
    if token == "":
        raise ValueError("--admin-token is empty; leave it out to have none")
    if token is not None and not (token.isascii() and token.isprintable() and token == token.strip()):
        raise ValueError(
            "--admin-token has letters that no header carries; expected printable ASCII, no blank at its ends"
        )


def is_own(host: str) -> bool:
    """Return whether only this machine can ask who listens on *host*."""
    if host in _LOOPBACK:  # nearly always: nothing is loaded for it
        return True
    from understudy.mockserver.admin.access import is_loopback

    return is_loopback(host)
