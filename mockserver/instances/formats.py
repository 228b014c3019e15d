"""Strings of a ``format``, each drawn from chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from random import Random
from uuid import UUID

_START = datetime(2020, 1, 1, tzinfo=timezone.utc)
_TEN_YEARS = 315_360_000  # seconds
_NAMES = ("alder", "birch", "cedar", "elm", "hazel", "juniper", "larch", "maple", "rowan", "willow")
_HOSTS = ("example.com", "example.org", "example.net")


def formatted(name: str, chance: Random) -> str | None:
    """Return a string of the format *name*, None for a format we do not know (which asks nothing)."""
    drawing = _FORMATS.get(name)
    return drawing(chance) if drawing else None


def _moment(chance: Random) -> str:
    return (_START + timedelta(seconds=int(chance.random() * _TEN_YEARS))).isoformat().replace("+00:00", "Z")


def _name(chance: Random) -> str:
    return _NAMES[int(chance.random() * len(_NAMES))]


def _host(chance: Random) -> str:
    return _HOSTS[int(chance.random() * len(_HOSTS))]


def _number(chance: Random, low: int, high: int) -> int:
    return low + int(chance.random() * (high - low + 1))


def _ipv4(chance: Random) -> str:
    return f"192.0.2.{_number(chance, 1, 254)}"


def _ipv6(chance: Random) -> str:
    return f"2001:db8::{_number(chance, 1, 0xFFFF):x}"


def _path(chance: Random) -> str:
    return f"/{_name(chance)}/{_number(chance, 1, 999)}"


def _url(chance: Random) -> str:
    return f"https://{_host(chance)}{_path(chance)}"


def _email(chance: Random) -> str:
    return f"{_name(chance)}.{_number(chance, 1, 99)}@{_host(chance)}"


def _hostname(chance: Random) -> str:
    return f"{_name(chance)}.{_host(chance)}"


_FORMATS: Mapping[str, Callable[[Random], str]] = {
    "date-time": _moment,
    "date": lambda chance: _moment(chance)[:10],
    "time": lambda chance: _moment(chance)[11:],
    "duration": lambda chance: f"P{_number(chance, 1, 30)}DT{_number(chance, 1, 23)}H",
    "email": _email,
    "idn-email": _email,
    "hostname": _hostname,
    "idn-hostname": _hostname,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "uuid": lambda chance: str(UUID(int=chance.getrandbits(128), version=4)),
    "uri": _url,
    "iri": _url,
    "uri-reference": _path,
    "iri-reference": _path,
    "uri-template": lambda chance: f"{_path(chance)}/{{id}}",
    "json-pointer": _path,
    "relative-json-pointer": lambda chance: f"{_number(chance, 0, 3)}{_path(chance)}",
    "regex": lambda chance: f"^{_name(chance)}[0-9]+$",
}
