"""What a shell asks instead of an engine, where there is an admin API and there are namespaces."""

from __future__ import annotations

from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from understudy.mockserver.admin.namespaces import (
    DEFAULT,
    HEADER,
    USUAL,
    BadNamespace,
    Full,
    Namespaces,
    place,
)
from understudy.mockserver.controls import Controls
from understudy.mockserver.engine import Engine
from understudy.mockserver.errors import ApiError
from understudy.mockserver.journal import Entry, Outcome, Reply
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request

if TYPE_CHECKING:  # few servers are ever administered
    from understudy.mockserver.admin.access import Access
    from understudy.mockserver.admin.clockface import Clockface
    from understudy.mockserver.admin.desk import Desk
    from understudy.mockserver.scripts.rule import Rule

SetUp: TypeAlias = "tuple[Settings, tuple[Rule, ...]]"
_ROOT = "/__understudy"


class Front:
    """The engines of *namespaces*, each administered from this machine, or by who has the *token*
    (``Access``). *host* is the address that was bound; None: served in process, where nobody else is.

    A namespace with rules, faults, limits or a seed of its own is kept. Requests of the admin API are not
    in the journal, and count nowhere.
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
        self._desks: dict[str, tuple[Desk, SetUp]] = {}
        self._lock = Lock()

    @property
    def settings(self) -> Settings:
        """Those of the default engine."""
        return self._default.settings

    def handle(self, request: Request, now: float) -> Reply:
        """Decide the whole reply to *request* at *now* (seconds since 1970). Never raises."""
        if request.path in USUAL:  # nearly all requests: no call more than there has to be
            for pair in request.headers:
                if pair[0] == HEADER:
                    break
            else:
                return self._default.handle(request, now)
        try:
            name, path = place(request.path, request.headers)
            here = request._replace(path=path)
            if path.startswith(_ROOT):
                return self._administer(name, here, now)
            engine = self._answering(name, here)
        except BadNamespace as error:
            return self._default.refuse(request, _refusal(400, error), now)
        except Full as error:
            return self._default.refuse(request, _refusal(503, error), now)
        return _addressed(engine.handle(here, now), engine)

    def refuse(self, request: Request, error: ApiError, now: float) -> Reply:
        """Return *error* as the reply to a *request* that the shell could not read to its end."""
        try:
            name, path = place(request.path, request.headers)
            here = request._replace(path=path)
            engine = self._answering(name, here)
        except (BadNamespace, Full):
            return self._default.refuse(request, error, now)
        return _addressed(engine.refuse(here, error, now), engine)

    def close(self, reply: Reply, outcome: Outcome, now: float) -> Entry:
        """Write down how the sending of *reply* ended at *now*, and return its entry."""
        engine = reply.engine if isinstance(reply, _Addressed) else self._default
        if engine is not None:
            return engine.close(reply, outcome, now)
        reply.entry.outcome = outcome
        reply.entry.ended = now
        return reply.entry

    def _answering(self, name: str, request: Request) -> Engine:
        """Return who answers. A key that is not ours makes no namespace: the default one refuses it."""
        if name in self._namespaces or self._default.admits(request):
            return self._namespaces.engine(name)
        return self._default

    def _administer(self, name: str, request: Request, now: float) -> Reply:
        # here: few servers are ever administered, and schemas and rules take their time to load
        from understudy.mockserver.admin.door import steps

        access = self._access
        if access is not None and not access.admits(request):
            name = DEFAULT  # whose gate refuses it, too; nobody else's namespace has to go
        changes = request.method not in ("GET", "HEAD")
        desk, first = self._desk(name, self._namespaces.engine(name, keep=changes))
        head, send = steps(desk, request, now)
        if changes:
            self._keep(name, desk.controls, first)
        bare = request._replace(headers=(), query=b"", body=b"")  # what a log hears holds no token
        entry = Entry(-1, now, bare, head.status, source="admin", reply=send.data)
        return _addressed(Reply(entry, (head, send)), None)

    def _keep(self, name: str, controls: Controls, first: SetUp) -> None:
        """Keep a namespace with which something would be lost. After each change: others make some, too."""
        with self._lock:
            if _set_up(controls) == first:
                self._namespaces.release(name)
            else:
                self._namespaces.engine(name, keep=True)

    @cached_property
    def _access(self) -> Access | None:
        from understudy.mockserver.admin.access import Access

        return None if self._host is None else Access(self._host, self._token)

    def _desk(self, name: str, engine: Engine) -> tuple[Desk, SetUp]:
        """Return the desk of *engine*, and what was set up there when it was made."""
        from understudy.mockserver.admin.desk import Desk

        with self._lock:  # two who administer at once share the desk's own lock
            there = self._desks.get(name)
            if there is None or there[0].controls.engine is not engine:  # removed, and made anew
                self._desks = {one: kept for one, kept in self._desks.items() if one in self._namespaces}
                controls = self._controls if engine is self._default else Controls(engine)
                desk = Desk(controls, self._access, self._clock, self._namespaces, name)
                there = self._desks[name] = desk, _set_up(controls)
            return there


def _set_up(controls: Controls) -> SetUp:
    """Return what a test that sets up its server changes."""
    return controls.settings, controls.rules


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
