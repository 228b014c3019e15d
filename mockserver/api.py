"""Which handler serves a method and a path: a table, with and without the ``/v1`` prefix.

Azure's paths are served too: ``/openai/v1/…``, and ``/openai/deployments/{name}/…``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

CHAT = "chat"
MODELS = "models"
MODEL = "model"
STORED_LIST = "stored list"
STORED_GET = "stored get"
STORED_UPDATE = "stored update"
STORED_DELETE = "stored delete"
STORED_MESSAGES = "stored messages"
HEALTH = "health"
PREFLIGHT = "preflight"

ROUTES: Mapping[str, Mapping[str, str]] = {
    "/chat/completions": {"POST": CHAT, "GET": STORED_LIST},
    "/models": {"GET": MODELS, "HEAD": MODELS},
    "/healthz": {"GET": HEALTH, "HEAD": HEALTH},
}
# paths that hold a name: a model's id may hold any letter
_NAMED: tuple[tuple[re.Pattern[str], Mapping[str, str]], ...] = (
    (re.compile(r"/models/(.+)", re.DOTALL), {"GET": MODEL, "HEAD": MODEL}),
    (re.compile(r"/chat/completions/([^/]+)/messages/?"), {"GET": STORED_MESSAGES}),
    (
        re.compile(r"/chat/completions/([^/]+)/?"),
        {"GET": STORED_GET, "POST": STORED_UPDATE, "DELETE": STORED_DELETE},
    ),
    (re.compile(r"/openai/deployments/([^/]+)/chat/completions/?"), {"POST": CHAT}),
)
_PREFIX = re.compile(r"(?:/openai)?/v1(?=/)")


class Route(NamedTuple):
    """The handler's name, None where there is none; *allowed* methods; the *name* in the path."""

    handler: str | None
    allowed: str = ""
    name: str = ""


def route(method: str, path: str) -> Route:
    """Return what serves *method* on *path*: ``allowed`` is empty for a path that does not exist.

    *path* is decoded already (a shell hands it over so): a model's id may hold ``/``, ``:`` and ``%``.
    """
    return _USUAL.get((method, path)) or _look_up(method, path)


def _look_up(method: str, path: str) -> Route:
    if prefix := _PREFIX.match(path):
        path = path[prefix.end() :]
    methods, name = ROUTES.get(path.rstrip("/")), ""
    if methods is None:
        methods, name = _named(path)
    if methods is None:
        return Route(None)
    handler = PREFLIGHT if method == "OPTIONS" else methods.get(method)
    return Route(handler, ", ".join((*methods, "OPTIONS")), name)


def _named(path: str) -> tuple[Mapping[str, str] | None, str]:
    for pattern, methods in _NAMED:
        if found := pattern.fullmatch(path):
            return methods, found[1]
    return None, ""


# the way nearly every request takes
_USUAL: Mapping[tuple[str, str], Route] = {
    ("POST", path): _look_up("POST", path) for path in ("/v1/chat/completions", "/chat/completions")
}
