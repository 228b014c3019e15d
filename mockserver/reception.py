"""Who answers a request: its key is read and admitted, its path is looked up, its plan is made.

All that follows from the settings is made at once and never changed: an engine takes this reception, or
another one, but no request sees a part of each.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import traceback
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from understudy.mockserver import api, errors, headers
from understudy.mockserver.errors import ApiError, Refusal
from understudy.mockserver.forms import Form
from understudy.mockserver.identity import Stamp
from understudy.mockserver.ledger import NOT_ADMITTED, Ledger
from understudy.mockserver.pages import OPEN, Pages
from understudy.mockserver.planner import Planner
from understudy.mockserver.plans import Fixed, Plan, Spoken, refused
from understudy.mockserver.settings import Settings
from understudy.mockserver.state import Needs
from understudy.mockserver.wire import Head, Request

if TYPE_CHECKING:
    from understudy.mockserver.disturbances import Disturbances

_SECRET = frozenset((b"authorization", b"api-key", b"cookie", b"proxy-authorization", b"x-understudy-token"))


class Planned(NamedTuple):
    """A request, without its secrets, and its plan, made *by* this reception. *key* is what it came with,
    *chat* whether it is to be accounted; *crossing*: a page of another origin asks; *trace* is a traceback
    where planning broke."""

    by: Reception
    request: Request
    plan: Plan
    needs: Needs
    key: str
    chat: bool
    crossing: bool
    trace: str = ""


class Reception:
    """Plans requests by *settings*. Without *disturbances* nothing is spoiled, limited or slow on purpose."""

    def __init__(
        self, settings: Settings, form: Form, planner: Planner, pages: Pages, ledger: Ledger
    ) -> None:
        self.settings = settings
        self.seed = settings.seed
        self.profile = settings.api
        self.form = form
        self.disturbances: Disturbances | None = None
        self._planner = planner
        self._pages = pages
        self._ledger = ledger
        self._keys = tuple(key.encode("utf-8") for key in settings.api_keys)

    def disturbed(self, settings: Settings, disturbances: Disturbances | None) -> Reception:
        """Return this reception with *disturbances*, those of *settings*, which differ in nothing else."""
        other = copy.copy(self)
        other.settings, other.disturbances = settings, disturbances
        return other

    def plan(self, request: Request) -> Planned:
        """Return who answers, and what they need to know first. Never raises."""
        found = api.route(request.method, request.path)
        key, crossing, harmless = _read(request)
        trace = ""
        try:
            plan = self._decide(request, found, key)
        except Refusal as refusal:
            plan = refused(self.form, needs_of(request), refusal.error)
            key = NOT_ADMITTED if refusal.error.status == 401 else key
        except Exception as error:
            plan, trace = self.broken(request, error), traceback.format_exc()
        needs = plan.needs
        if needs.prefix is not None:
            needs = needs._replace(prefix=needs.prefix.of(key))
        return Planned(self, harmless, plan, needs, key, found.handler == api.CHAT, crossing, trace)

    def admits(self, request: Request) -> bool:
        """Return whether the key of *request* is one of ours, where there are any; else every one is."""
        try:
            if self._keys:
                self._admit(_read(request)[0])
        except Refusal:
            return False
        return True

    def refusal(self, request: Request, error: ApiError) -> Planned:
        """Return the plan that answers with *error*, whatever else there is to say about *request*."""
        chat = api.route(request.method, request.path).handler == api.CHAT
        key, crossing, harmless = _read(request)
        plan = refused(self.form, needs_of(request), error)
        return Planned(self, harmless, plan, plan.needs, key, chat, crossing)

    def broken(self, request: Request, error: Exception) -> Fixed:
        """Return the plan that owns up to an *error* of ours, or of a source that the user wrote."""
        kind = type(error).__name__
        told = errors.broke_down(f"the understudy failed to answer ({kind}); its journal has the traceback")
        return refused(self.form, needs_of(request), told, complaint=f"{kind}: {error}")

    def _decide(self, request: Request, found: api.Route, key: str) -> Plan:
        if found.handler == api.CHAT:
            self._admit(key)
            self._afford(key)
            return self._planner.plan(request, found.name)
        if found.handler is None:
            raise Refusal(_nowhere(request, found.allowed))
        if found.handler == api.PREFLIGHT:
            return Fixed(needs_of(request), _preflight)
        if found.handler not in OPEN:
            self._admit(key)
        return Fixed(needs_of(request), partial(self._page, found, request, key))

    def _page(self, found: api.Route, request: Request, key: str, mark: Stamp) -> Spoken:
        body = (json.dumps(self._pages.document(found, request, key), indent=2) + "\n").encode("ascii")
        return Spoken(Head(200, headers.plain(mark, len(body))), body, "server")

    def _admit(self, key: str) -> None:
        """Raise the 401 for a request without a key, or with one that is not ours."""
        if not key:
            raise Refusal(errors.missing_key())
        if self._keys:
            given = key.encode("utf-8", "replace")
            # every key is compared, each in constant time: how long it takes says nothing
            if not sum([hmac.compare_digest(given, known) for known in self._keys]):
                raise Refusal(errors.wrong_key(key))

    def _afford(self, key: str) -> None:
        """Raise the error of the profile for a key whose credit is spent."""
        credit = self.settings.credit
        if credit is not None and self._ledger.spent(key, self.profile.prices) >= credit:
            raise Refusal(errors.credit_spent(self.profile.quota))


def needs_of(request: Request) -> Needs:
    """Return what a request needs to know that no chat has part in."""
    text = f"{request.method} {request.path} ".encode("utf-8", "replace") + request.query + request.body
    return Needs(hashlib.blake2b(text, digest_size=16).digest())


def _read(request: Request) -> tuple[str, bool, Request]:
    """Return the key that came with *request* (Bearer, or Azure's ``api-key``), whether a page of another
    origin asks, and the request without the headers that hold secrets: so it may be kept and shown."""
    key, crossing, kept = "", False, []
    for pair in request.headers:
        name = pair[0]
        if name not in _SECRET:
            kept.append(pair)
            crossing = crossing or name == b"origin"
        elif name == b"authorization":
            scheme, _, given = pair[1].decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                key = given.strip()
        elif name == b"api-key":
            key = key or pair[1].decode("latin-1")
    method, path, _, body, query = request
    return key, crossing, Request(method, path, kept, body, query)


def _nowhere(request: Request, allowed: str) -> ApiError:
    if allowed:
        return errors.wrong_method(request.method, request.path, allowed)
    return errors.unknown_path(request.method, request.path)


def _preflight(mark: Stamp) -> Spoken:
    return Spoken(Head(200, headers.preflight(mark)), b"", "server")
