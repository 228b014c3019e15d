"""Which handler serves a method and a path: a table, with and without the ``/v1`` prefix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

CHAT = "chat"
MODELS = "models"
MODEL = "model"
HEALTH = "health"
PREFLIGHT = "preflight"

ROUTES: Mapping[str, Mapping[str, str]] = {
    "/chat/completions": {"POST": CHAT},
    "/models": {"GET": MODELS, "HEAD": MODELS},
    "/healthz": {"GET": HEALTH, "HEAD": HEALTH},
}
_ONE_MODEL: Mapping[str, str] = {"GET": MODEL, "HEAD": MODEL}


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
    path = path[3:] if path.startswith("/v1/") else path
    methods, name = ROUTES.get(path.rstrip("/")), ""
    if methods is None and path.startswith("/models/"):
        methods, name = _ONE_MODEL, path.removeprefix("/models/")
    if methods is None:
        return Route(None)
    handler = PREFLIGHT if method == "OPTIONS" else methods.get(method)
    return Route(handler, ", ".join((*methods, "OPTIONS")), name)


# the way nearly every request takes
_USUAL: Mapping[tuple[str, str], Route] = {
    ("POST", path): _look_up("POST", path) for path in ("/v1/chat/completions", "/chat/completions")
}
