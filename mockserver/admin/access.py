"""Who may administer: this machine, or whoever knows the token; never a page of another site.

Three gates. The token, where there is one. The host that was asked for: a page whose name was made to
resolve to this machine (DNS rebinding) asks for its own. The origin: a page that is not ours tells its own.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from understudy.mockserver.admin.problems import Problem
from understudy.mockserver.wire import Request

TOKEN = b"x-understudy-token"
_LONGEST_HOST = 255
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104  (compared with, not bound)


@dataclass(frozen=True, slots=True)
class Access:
    """*host* is the address that was bound. *token* empty: only a server on loopback is administered."""

    host: str = "127.0.0.1"
    token: str = field(default="", repr=False)

    @property
    def is_open(self) -> bool:
        """Whether there is an admin API at all."""
        return bool(self.token) or is_loopback(self.host)

    def admits(self, request: Request) -> bool:
        """Return whether *request* may administer."""
        try:
            self.admit(request)
        except Problem:
            return False
        return True

    def admit(self, request: Request) -> None:
        """Raise the Problem of a *request* that may not administer: 404 where nobody may, 403 for a host
        or an origin that is not ours, 401 for a token that is missing or wrong."""
        if not self.is_open:
            raise Problem(
                404,
                "admin_off",
                f"the admin API is off: the server listens beyond this machine ({self.host}); "
                "--admin-token TOKEN turns it on",
            )
        hosts = _values(request, b"host")
        self._check_host(hosts)
        for origin in _values(request, b"origin"):
            if not _is_same(origin, hosts[0]):
                raise Problem(
                    403, "foreign_origin", f"a page of {origin[:100]!r} may not administer this server"
                )
        if self.token:
            self._check_token(request)

    def _check_host(self, hosts: list[str]) -> None:
        if len(hosts) != 1:
            raise Problem(403, "host_missing", f"the request has {len(hosts)} Host headers, expected one")
        name = _hostname(hosts[0])
        if name and (is_loopback(name) or name == self.host.lower()):
            return
        # bound to every address there is: no name can be told from ours, but the token is asked for
        if name and self.token and self.host in _EVERYWHERE:
            return
        raise Problem(
            403,
            "foreign_host",
            f"the Host {hosts[0][:100]!r} is not this server; it is administered as 127.0.0.1, ::1, localhost"
            + (f" or {self.host}" if self.host not in _EVERYWHERE else ""),
        )

    def _check_token(self, request: Request) -> None:
        given = secrets(request, TOKEN)
        if not is_among(given, (self.token.encode("utf-8"),)):
            raise Problem(
                401,
                "wrong_token" if given else "token_missing",
                "the admin API needs the token of --admin-token, as authorization: Bearer TOKEN or "
                f"{TOKEN.decode()}: TOKEN; " + ("the one that came is another" if given else "none came"),
                headers=(("www-authenticate", "Bearer"),),
            )


def secrets(request: Request, name: bytes) -> list[str]:
    """Return what *request* brings as Bearer, and in the header *name*."""
    bearers = [value.partition(" ") for value in _values(request, b"authorization")]
    given = [rest.strip() for scheme, _, rest in bearers if scheme.lower() == "bearer"]
    return [*_values(request, name), *given]


def is_among(given: Iterable[str], known: Iterable[bytes]) -> bool:
    """Return whether one of *given* (headers are latin-1) is one of *known*."""
    pairs = [(one.encode("latin-1", "replace"), other) for other in known for one in given]
    # all are compared, each in constant time: how long it takes says nothing
    return sum([hmac.compare_digest(one, other) for one, other in pairs]) > 0


def is_loopback(host: str) -> bool:
    """Return whether *host* (a name or an address, without port) is this machine's own."""
    name = host.lower().strip("[]")
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761, 6.3
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def _values(request: Request, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in request.headers if key == name]


def _hostname(host: str) -> str:
    """Return the name in a Host header, in lower case; empty for what is none."""
    if len(host) > _LONGEST_HOST or any(letter in host for letter in "/@?#\\ "):
        return ""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_same(origin: str, host: str) -> bool:
    """Return whether *origin* is a page that this server itself has served."""
    scheme, separator, authority = origin.partition("://")
    return bool(separator) and scheme in ("http", "https") and authority.lower() == host.lower()
