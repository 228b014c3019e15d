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
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BASE36 = "0123456789" + _LETTERS
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def formatted(name: str, chance: Random) -> str | None:
    """Return a string of the format *name*, None for a format we do not know (which asks nothing)."""
    drawing = _FORMATS.get(name)
    return drawing(chance) if drawing else None


def forms(name: str) -> tuple[Callable[[Random], str], ...]:
    """Return the ways to write the format *name*, the usual one first; none for one we do not know."""
    usual = _FORMATS.get(name)
    return (usual, *_FURTHER.get(name, ())) if usual else ()


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


def _signs(chance: Random, alphabet: str, size: int) -> str:
    return "".join([alphabet[int(chance.random() * len(alphabet))] for _ in range(size)])


def _fraction(chance: Random) -> str:
    return f"{_moment(chance)[:19]}.{_number(chance, 0, 999):03}Z"


def _offset(chance: Random) -> str:
    return f"{_moment(chance)[:19]}{_signs(chance, '+-', 1)}{_number(chance, 1, 11):02}:00"


def _short_email(chance: Random) -> str:
    return f"{_name(chance)[:3]}@{_signs(chance, _LETTERS, 1)}.co"


def _short_url(chance: Random) -> str:
    return f"https://{_name(chance)[:3]}.io/{_number(chance, 1, 99)}"


def _full_ipv6(chance: Random) -> str:
    return ":".join(["2001", "0db8", *(f"{_number(chance, 0, 0xFFFF):04x}" for _ in range(6))])


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
    # of no draft, but written by those who make schemas out of types (zod)
    "url": _url,
    "cuid": lambda chance: f"c{_signs(chance, _BASE36, 24)}",
    "cuid2": lambda chance: _signs(chance, _LETTERS, 1) + _signs(chance, _BASE36, 23),
    "nanoid": lambda chance: _signs(chance, f"{_BASE36}{_LETTERS.upper()}_-", 21),
    "ulid": lambda chance: f"01{_signs(chance, _CROCKFORD, 24)}",
}
_PATHS = (lambda chance: f"/{_name(chance)}", lambda chance: f"/{_signs(chance, _LETTERS, 1)}", lambda _: "/")
_URLS = (
    lambda chance: f"https://{_host(chance)}",
    _short_url,
    lambda chance: f"http://{_host(chance)}{_path(chance)}",
    lambda chance: f"http://{_signs(chance, _LETTERS, 1)}.io",
    lambda chance: f"urn:{_name(chance)}",
    lambda chance: f"x:{_signs(chance, _LETTERS, 1)}",
)
_EMAILS = (lambda chance: f"{_name(chance)}@{_host(chance)}", _short_email, lambda _: "a@b.co")
_HOSTNAMES = (_host, lambda chance: f"{_name(chance)}.io", lambda chance: _name(chance)[:3], lambda _: "a")
# further ways to write a format, for where a pattern or a length does not take the usual one
_FURTHER: Mapping[str, tuple[Callable[[Random], str], ...]] = {
    "date-time": (_fraction, _offset, lambda chance: f"{_moment(chance)[:19]}+00:00"),
    "time": (
        lambda chance: _fraction(chance)[11:],
        lambda chance: _offset(chance)[11:],
        lambda chance: f"{_moment(chance)[11:19]}+00:00",
    ),
    "duration": (
        lambda chance: f"P{_number(chance, 1, 30)}D",
        lambda chance: f"PT{_number(chance, 1, 59)}M",
        lambda chance: f"P{_number(chance, 1, 9)}W",
        lambda chance: f"PT{_number(chance, 1, 23)}H{_number(chance, 1, 59)}M{_number(chance, 1, 59)}S",
        lambda chance: f"P{_number(chance, 1, 9)}Y{_number(chance, 1, 11)}M{_number(chance, 1, 28)}DT1H1M1S",
    ),
    "email": _EMAILS,
    "idn-email": _EMAILS,
    "hostname": _HOSTNAMES,
    "idn-hostname": _HOSTNAMES,
    "ipv4": (
        lambda chance: f"10.0.{_number(chance, 0, 255)}.{_number(chance, 1, 254)}",
        lambda chance: f"198.51.100.{_number(chance, 100, 254)}",
        lambda chance: ".".join(_signs(chance, "123456789", 4)),
    ),
    "ipv6": (_full_ipv6, lambda chance: f"::{_number(chance, 1, 0xF):x}", lambda _: "::"),
    "uuid": (lambda chance: str(UUID(int=chance.getrandbits(128), version=4)).upper(),),
    "uri": _URLS,
    "iri": _URLS,
    "url": _URLS[:4],
    "uri-reference": _PATHS,
    "iri-reference": _PATHS,
    "uri-template": (lambda chance: f"/{_name(chance)}/{{id}}", lambda _: "{id}", lambda _: "/"),
    "json-pointer": _PATHS,
    "relative-json-pointer": (lambda chance: f"{_number(chance, 0, 3)}",),
    "regex": (lambda chance: f"^{_name(chance)}$", lambda chance: _name(chance)[:3], lambda _: "a"),
}
