"""What a shell asks instead of an engine, where there is an admin API and there are namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.mockserver.admin.namespaces import (
    DEFAULT,
    USUAL,
    BadNamespace,
    Full,
    Namespaces,
    named,
)
from understudy.mockserver.controls import Controls
from understudy.mockserver.engine import Engine
from understudy.mockserver.errors import ApiError
from understudy.mockserver.journal import Entry, Outcome, Reply
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request

if TYPE_CHECKING:  # few servers are ever administered
    from understudy.mockserver.admin.clockface import Clockface
    from understudy.mockserver.admin.desk import Desk

_ROOT = "/__understudy"


class Front:
    """The engines of *namespaces*, each administered from this machine, or by who has the *token*
    (``Access``). *host* is the address that was bound; None: served in process, where nobody else is.

    Requests of the admin API are not in the journal, and count nowhere.
    """

    def __init__(
        self,
        namespaces: Namespaces[Engine],
        host: str | None = "127.0.0.1",
        token: str = "",
        clock: Clockface | None = None,
    ) -> None:
        self._namespaces = namespaces
        self._host, self._token = host, token
        self._clock = clock
        self._default = namespaces.default
        self._controls = Controls(self._default)
        self._desks: dict[str, Desk] = {}

    @property
    def settings(self) -> Settings:
        """Those of the default engine."""
        return self._default.settings

    def handle(self, request: Request, now: float) -> Reply:
        """Decide the whole reply to *request* at *now* (seconds since 1970). Never raises."""
        if request.path in USUAL and not named(request.headers):  # nearly all requests
            return self._default.handle(request, now)
        try:
            engine, path, name = self._namespaces.choose(request.path, request.headers)
        except BadNamespace as error:
            return self._default.refuse(request, _refusal(400, error), now)
        except Full as error:
            return self._default.refuse(request, _refusal(503, error), now)
        if path.startswith(_ROOT):
            return self._administer(engine, name, request._replace(path=path), now)
        if name == DEFAULT:
            return engine.handle(request if path is request.path else request._replace(path=path), now)
        return _addressed(engine.handle(request._replace(path=path), now), engine)

    def refuse(self, request: Request, error: ApiError, now: float) -> Reply:
        """Return *error* as the reply to a *request* that the shell could not read to its end."""
        try:
            engine, path, name = self._namespaces.choose(request.path, request.headers)
        except (BadNamespace, Full):
            return self._default.refuse(request, error, now)
        reply = engine.refuse(request._replace(path=path), error, now)
        return reply if name == DEFAULT else _addressed(reply, engine)

    def close(self, reply: Reply, outcome: Outcome, now: float) -> Entry:
        """Write down how the sending of *reply* ended at *now*, and return its entry."""
        engine = reply.engine if isinstance(reply, _Addressed) else self._default
        if engine is not None:
            return engine.close(reply, outcome, now)
        reply.entry.outcome = outcome
        reply.entry.ended = now
        return reply.entry

    def _administer(self, engine: Engine, name: str, request: Request, now: float) -> Reply:
        # here: few servers are ever administered, and schemas and rules take their time to load
        from understudy.mockserver.admin.access import Access
        from understudy.mockserver.admin.desk import Desk
        from understudy.mockserver.admin.door import steps

        desk = self._desks.get(name)
        if desk is None or desk.controls.engine is not engine:  # removed, and made anew
            there = {DEFAULT, *self._namespaces.names()}
            self._desks = {one: known for one, known in self._desks.items() if one in there}
            access = None if self._host is None else Access(self._host, self._token)
            controls = self._controls if engine is self._default else Controls(engine)
            desk = Desk(controls, access, self._clock, self._namespaces, name)
            self._desks[name] = desk
        head, send = steps(desk, request, now)
        bare = request._replace(headers=(), query=b"", body=b"")  # what a log hears holds no token
        entry = Entry(-1, now, bare, head.status, source="admin", reply=send.data)
        return _addressed(Reply(entry, (head, send)), None)


def is_idle(engine: Engine) -> bool:
    """Return whether no reply of *engine* is on its way, as far as its journal goes back."""
    return all(entry.outcome != "open" for entry in engine.journal)


class _Addressed(Reply):
    """A reply that is not the default engine's: *engine* is to hear of its end, None: nobody."""

    engine: Engine | None


def _addressed(reply: Reply, engine: Engine | None) -> Reply:
    addressed = _Addressed(*reply)
    addressed.engine = engine
    return addressed


def _refusal(status: int, error: Exception) -> ApiError:
    code = "bad_namespace" if status == 400 else "too_many_namespaces"
    headers = (("x-should-retry", "false"),)
    return ApiError(
        status, str(error), type="understudy_namespace", code=code, voice="gateway", headers=headers
    )
