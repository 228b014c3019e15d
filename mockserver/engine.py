"""The way of a request through the house. Read ``handle`` first.

``plan`` decides who will answer, ``state.take`` counts the request in, ``answer`` says the rest.
Only the state remembers, and only the shell waits. Nothing here reads a clock or throws dice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import traceback
from collections.abc import Mapping
from functools import partial
from typing import Any

from understudy.mockserver import api, errors, headers, models
from understudy.mockserver.errors import Refusal
from understudy.mockserver.identity import Stamp, stamp
from understudy.mockserver.journal import Entry, Journal, Outcome, Reply
from understudy.mockserver.plans import Fixed, Generate, Plan, Planner, Recorded, Spoken, refused
from understudy.mockserver.settings import Settings
from understudy.mockserver.state import MemoryState, Needs, State, Taken
from understudy.mockserver.wire import Head, Request, Send

_SECRET = frozenset((b"authorization", b"api-key", b"cookie", b"proxy-authorization"))
_ALLOW_ORIGIN = b"access-control-allow-origin"


class Engine:
    """Everything a reply is decided by. Safe for several threads; two engines never meet."""

    def __init__(
        self,
        settings: Settings,
        generate: Generate,
        recorded: Recorded | None = None,
        state: State | None = None,
    ) -> None:
        self.settings = settings
        self.journal = Journal(settings.journal_entries, settings.journal_bytes)
        self._state = MemoryState() if state is None else state
        self._planner = Planner(settings, generate, recorded)
        self._keys = tuple(key.encode("utf-8") for key in settings.api_keys)

    def handle(self, request: Request, now: float) -> Reply:
        """Decide the whole reply to *request* at *now* (seconds since 1970). Never raises."""
        plan, trace = self.plan(request)
        return self.answer(request, plan, self._state.take(plan.needs), now, trace)

    def plan(self, request: Request) -> tuple[Plan, str]:
        """Return who answers and what they need to know first, and a traceback if that broke."""
        try:
            return self._route(request), ""
        except Refusal as refusal:
            return refused(_needs(request), refusal.error), ""
        except Exception as error:
            return _broken(request, error), traceback.format_exc()

    def answer(self, request: Request, plan: Plan, taken: Taken, now: float, trace: str = "") -> Reply:
        """Say what *plan* planned, and open the journal's entry. Never raises."""
        mark = stamp(self.settings.seed, plan.needs.request, taken.attempt, now)
        try:
            spoken = plan.speak(taken, mark)
        except Refusal as refusal:
            plan = refused(
                plan.needs,
                refusal.error,
                model=plan.model,
                violations=plan.violations,
                complaint=str(refusal),
            )
            spoken = plan.speak(taken, mark)
        except Exception as error:
            trace, plan = traceback.format_exc(), _broken(request, error)
            spoken = plan.speak(taken, mark)
        entry = Entry(
            number=taken.number,
            at=now,
            request=_harmless(request),
            status=spoken.head.status,
            source=spoken.source,
            reply=spoken.body,
            model=plan.model,
            usage=spoken.usage,
            violations=plan.violations,
            complaint=plan.complaint,
            note=plan.note,
            trace=trace,
        )
        self.journal.add(entry)
        head = spoken.head if request.header(b"origin") is None else _for_browsers(spoken.head)
        return Reply(entry, (head, Send(spoken.body)))

    def refuse(self, request: Request, error: errors.ApiError, now: float) -> Reply:
        """Return *error* as the reply to a *request* that the shell could not read to its end."""
        plan = refused(_needs(request), error)
        return self.answer(request, plan, self._state.take(plan.needs), now)

    def close(self, reply: Reply, outcome: Outcome) -> Entry:
        """Write down how the sending of *reply* ended, and return its entry."""
        reply.entry.outcome = outcome
        return reply.entry

    def _route(self, request: Request) -> Plan:
        found = api.route(request.method, request.path)
        if found.handler == api.CHAT:
            self._admit(request)
            return self._planner.plan(request.body)
        if found.handler is None:
            raise Refusal(_nowhere(request, found.allowed))
        if found.handler == api.PREFLIGHT:
            return Fixed(_needs(request), _preflight)
        if found.handler == api.HEALTH:
            return Fixed(_needs(request), partial(_page, {"status": "ok"}))
        self._admit(request)
        return Fixed(_needs(request), partial(_page, self._models(found)))

    def _models(self, found: api.Route) -> Mapping[str, Any]:
        if found.handler == api.MODELS:
            return models.listing(self.settings.models)
        document = models.model(found.name, self.settings.models)
        if document is None:
            raise Refusal(models.unknown(found.name))
        return document

    def _admit(self, request: Request) -> None:
        """Raise the 401 for a request without a key, or with one that is not ours."""
        key = _key(request)
        if not key:
            raise Refusal(errors.missing_key())
        if not self._keys:
            return
        given = key.encode("utf-8", "replace")
        # every key is compared, each in constant time: how long it takes says nothing
        if not sum([hmac.compare_digest(given, known) for known in self._keys]):
            raise Refusal(errors.wrong_key(key))


def _key(request: Request) -> str:
    """Return the key of a Bearer authorization, or that of Azure's ``api-key`` header."""
    scheme, _, key = (request.header(b"authorization") or "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else request.header(b"api-key") or ""


def _harmless(request: Request) -> Request:
    """Return *request* without the headers that hold secrets: so it may be kept and shown."""
    method, path, pairs, body = request
    return Request(method, path, [pair for pair in pairs if pair[0] not in _SECRET], body)


def _for_browsers(head: Head) -> Head:
    """A page of another origin may read this reply, as it may the API's."""
    own = [pair for pair in head.headers if pair[0] != _ALLOW_ORIGIN]  # told twice, browsers refuse it
    return Head(head.status, [*own, (_ALLOW_ORIGIN, b"*")])


def _needs(request: Request) -> Needs:
    text = f"{request.method} {request.path} ".encode("utf-8", "replace") + request.body
    return Needs(hashlib.blake2b(text, digest_size=16).digest())


def _nowhere(request: Request, allowed: str) -> errors.ApiError:
    if allowed:
        return errors.wrong_method(request.method, request.path, allowed)
    return errors.unknown_path(request.method, request.path)


def _broken(request: Request, error: Exception) -> Fixed:
    kind = type(error).__name__
    shown = errors.broke_down(f"the understudy failed to answer ({kind}); its journal has the traceback")
    return refused(_needs(request), shown, complaint=f"{kind}: {error}")


def _page(document: Mapping[str, Any], mark: Stamp) -> Spoken:
    body = (json.dumps(document, indent=2) + "\n").encode("ascii")
    return Spoken(Head(200, headers.plain(mark, len(body))), body, "server")


def _preflight(mark: Stamp) -> Spoken:
    return Spoken(Head(200, headers.preflight(mark)), b"", "server")
