"""The way of a request through the house. Read ``handle`` first.

``plan`` decides who will answer, ``state.take`` counts the request in, ``answer`` says the rest.
Only the state, the journal, the ledger and the stored completions remember, and only the shell waits.
Nothing here reads a clock or throws dice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import traceback
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from understudy.mockserver import api, errors, headers
from understudy.mockserver.chat import Verbatim
from understudy.mockserver.errors import Refusal
from understudy.mockserver.forms import form_of
from understudy.mockserver.generation.source import Generate
from understudy.mockserver.identity import Stamp, stamp
from understudy.mockserver.journal import Entry, Journal, Outcome, Reply
from understudy.mockserver.ledger import NOT_ADMITTED, Ledger, shown
from understudy.mockserver.pages import OPEN, Pages
from understudy.mockserver.planner import Planner, Recorded, Scripts
from understudy.mockserver.plans import Fixed, Plan, Spoken, kept, prompt_only, refused
from understudy.mockserver.settings import Settings
from understudy.mockserver.state import MemoryState, Needs, State, Taken
from understudy.mockserver.stored.memory import Stored
from understudy.mockserver.wire import Head, Request, Send

if TYPE_CHECKING:
    from understudy.mockserver.disturbances import Disturbances, Wrap

_SECRET = frozenset((b"authorization", b"api-key", b"cookie", b"proxy-authorization", b"x-understudy-token"))
_ALLOW_ORIGIN = b"access-control-allow-origin"


class Planned(NamedTuple):
    """A request, without its secrets, and its plan. *account* is the key of a chat request, None for any
    other request; *crossing*: a page of another origin asks; *trace* is a traceback where planning broke."""

    request: Request
    plan: Plan
    needs: Needs
    account: str | None
    crossing: bool
    trace: str = ""


class Engine:
    """Everything a reply is decided by. Safe for several threads; two engines never meet."""

    def __init__(
        self,
        settings: Settings,
        generator: Callable[[Settings], Generate],
        recorded: Recorded | None = None,
        scripts: Scripts | None = None,
        state: State | None = None,
        deciding: Wrap | None = None,
    ) -> None:
        self.journal = Journal(settings.journal_entries, settings.journal_bytes)
        self.ledger = Ledger()
        self.stored = Stored(settings.stored_entries, settings.stored_bytes)
        self.state = MemoryState() if state is None else state
        self._generator, self._recorded = generator, recorded
        self._deciding = deciding
        self._disturbances: Disturbances | None = None
        self.arrange(settings, scripts)

    def arrange(self, settings: Settings, scripts: Scripts | None) -> None:
        """Answer by *settings* and *scripts* from the next request on. What is remembered stays."""
        self.settings = settings
        self.scripts = scripts
        self._profile = settings.api
        self._form = form_of(self._profile)
        self._planner = Planner(settings, self._form, self._generator(settings), self._recorded, scripts)
        self._pages = Pages(settings, self.stored)
        self._keys = tuple(key.encode("utf-8") for key in settings.api_keys)
        self.disturb(settings)

    def disturb(self, settings: Settings) -> None:
        """Let the faults, limits and pace of *settings* hold from the next request on."""
        self.settings = settings
        before = self._disturbances
        started = None if before is None else before.started
        disturbed = settings.disturbed or self._deciding is not None
        self._disturbances = _disturbances(settings, self._deciding, started) if disturbed else None

    def handle(self, request: Request, now: float) -> Reply:
        """Decide the whole reply to *request* at *now* (seconds since 1970). Never raises."""
        planned = self.plan(request)
        disturbances = self._disturbances
        if disturbances is not None:
            return self._disturbed(disturbances, planned, now)
        return self.answer(planned, self.state.take(planned.needs, now), now)

    def plan(self, request: Request) -> Planned:
        """Return who answers, and what they need to know first. Never raises."""
        found = api.route(request.method, request.path)
        key, crossing, harmless = _read(request)
        trace = ""
        try:
            plan = self._decide(request, found, key)
        except Refusal as refusal:
            plan = refused(self._form, _needs(request), refusal.error)
            key = NOT_ADMITTED if refusal.error.status == 401 else key
        except Exception as error:
            plan, trace = self._broken(request, error), traceback.format_exc()
        needs = plan.needs
        if needs.prefix is not None:
            needs = needs._replace(prefix=needs.prefix.of(key))
        return Planned(harmless, plan, needs, key if found.handler == api.CHAT else None, crossing, trace)

    def answer(self, planned: Planned, taken: Taken, now: float) -> Reply:
        """Say what was *planned*, and open the journal's entry. Never raises."""
        request, plan, _, account, crossing, trace = planned
        mark = stamp(self.settings.seed, plan.needs.request, taken.attempt, now)
        try:
            spoken = plan.speak(taken, mark)
        except Refusal as refusal:
            plan = self._refused_late(plan, refusal)
            spoken = plan.speak(taken, mark)
        except Exception as error:
            plan, trace = self._broken(request, error), traceback.format_exc()
            spoken = plan.speak(taken, mark)
        if account is not None:
            self._account(account, plan, spoken, mark)
        head = _for_browsers(spoken.head) if crossing else spoken.head
        # by place: a call by name costs as much again as the entry itself
        entry = Entry(
            taken.number,
            now,
            request,
            spoken.head.status,
            spoken.source,
            spoken.body,
            plan.model,
            spoken.usage,
            plan.violations,
            plan.complaint,
            spoken.note,
            trace,
            head.headers,
            "" if account is None else shown(account),
        )
        self.journal.add(entry)
        return Reply(entry, (head, Send(spoken.body)), taken.charged, spoken.timing)

    def refuse(self, request: Request, error: errors.ApiError, now: float) -> Reply:
        """Return *error* as the reply to a *request* that the shell could not read to its end."""
        plan = refused(self._form, _needs(request), error)
        chat = api.route(request.method, request.path).handler == api.CHAT
        key, crossing, harmless = _read(request)
        planned = Planned(harmless, plan, plan.needs, key if chat else None, crossing)
        return self.answer(planned, self.state.take(plan.needs, now), now)

    def close(self, reply: Reply, outcome: Outcome, now: float) -> Entry:
        """Write down how the sending of *reply* ended at *now*, give back what it held, and return its
        entry."""
        entry = reply.entry
        if reply.receipt is not None and entry.ended is None:
            spent = None if entry.usage is None or entry.status >= 400 else entry.usage.get("total_tokens")
            self.state.settle(reply.receipt, spent if isinstance(spent, int) else None, now)
        entry.outcome, entry.ended = outcome, now
        return entry

    def _disturbed(self, disturbances: Disturbances, planned: Planned, now: float) -> Reply:
        """Decide the reply to what is *planned*, with all that happens to it on purpose."""
        request, plan, needs, account, _, _ = planned
        _, first, judge = disturbances.bound(request, plan, account or "", now)
        if judge is None and needs.prefix is not None:
            first = first._replace(prefix=needs.prefix)  # of this key
        taken = self.state.take(first, now)
        receipt, decision = taken.charged, None
        if judge is not None or (receipt is not None and receipt.shortage is not None):
            instead, decision = disturbances.verdict(judge, taken, now)
            if instead is not None:
                planned = planned._replace(plan=self._instead(plan, instead))
            elif needs.turns or needs.prefix is not None:
                turn, position, cached = self.state.draw(needs.turns, needs.prefix, now)
                taken = taken._replace(turn=turn, position=position, cached=cached)
        reply = self.answer(planned, taken, now)
        if receipt is not None:
            disturbances.tell(reply.entry, receipt, decision)
        if decision is None and not disturbances.paced:
            return reply
        return disturbances.performed(reply, plan, taken, decision)

    def _instead(self, plan: Plan, reply: errors.ApiError | Verbatim) -> Fixed:
        """Return the plan that answers with *reply* where *plan* would have answered."""
        if isinstance(reply, Verbatim):
            return kept(plan.needs, reply, model=plan.model, chat=plan.chat)
        return refused(self._form, plan.needs, reply, model=plan.model, chat=plan.chat)

    def _decide(self, request: Request, found: api.Route, key: str) -> Plan:
        if found.handler == api.CHAT:
            self._admit(key)
            self._afford(key)
            return self._planner.plan(request, found.name)
        if found.handler is None:
            raise Refusal(_nowhere(request, found.allowed))
        if found.handler == api.PREFLIGHT:
            return Fixed(_needs(request), _preflight)
        if found.handler not in OPEN:
            self._admit(key)
        return Fixed(_needs(request), partial(self._page, found, request, key))

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
        if credit is not None and self.ledger.spent(key, self._profile.prices) >= credit:
            raise Refusal(errors.credit_spent(self._profile.quota))

    def _account(self, account: str, plan: Plan, spoken: Spoken, mark: Stamp) -> None:
        """Write the exchange into the ledger, and keep the completion where that was asked."""
        chat, status = plan.chat, spoken.head.status
        if status < 400:
            self.ledger.add(account, plan.model, status, spoken.sums)
            if chat is not None and chat.document.get("store") is True:
                body, request_id, usage = spoken.body, mark.request_id, spoken.usage
                self.stored.keep(
                    account, chat.document, body, chat.stream, request_id=request_id, usage=usage
                )
            return
        fact = self._profile.error(status)
        billed = fact is not None and fact.billed is True
        sums = prompt_only(chat) if billed and chat is not None else spoken.sums
        self.ledger.add(account, plan.model, status, sums, billed)

    def _refused_late(self, plan: Plan, refusal: Refusal) -> Fixed:
        """Return the plan for what turned out to have no answer."""
        return refused(
            self._form,
            plan.needs,
            refusal.error,
            model=plan.model,
            violations=plan.violations,
            complaint=str(refusal) if refusal.error.type in (errors.UNMATCHED, errors.BROKEN) else "",
            chat=plan.chat,
        )

    def _broken(self, request: Request, error: Exception) -> Fixed:
        kind = type(error).__name__
        shown = errors.broke_down(f"the understudy failed to answer ({kind}); its journal has the traceback")
        return refused(self._form, _needs(request), shown, complaint=f"{kind}: {error}")


def _disturbances(settings: Settings, deciding: Wrap | None, started: float | None) -> Disturbances:
    from understudy.mockserver.disturbances import Disturbances  # here: most servers disturb nobody

    return Disturbances(settings, deciding, started)


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


def _for_browsers(head: Head) -> Head:
    """A page of another origin may read this reply, as it may the API's."""
    own = [pair for pair in head.headers if pair[0] != _ALLOW_ORIGIN]  # told twice, browsers refuse it
    return Head(head.status, [*own, (_ALLOW_ORIGIN, b"*")])


def _needs(request: Request) -> Needs:
    text = f"{request.method} {request.path} ".encode("utf-8", "replace") + request.query + request.body
    return Needs(hashlib.blake2b(text, digest_size=16).digest())


def _nowhere(request: Request, allowed: str) -> errors.ApiError:
    if allowed:
        return errors.wrong_method(request.method, request.path, allowed)
    return errors.unknown_path(request.method, request.path)


def _preflight(mark: Stamp) -> Spoken:
    return Spoken(Head(200, headers.preflight(mark)), b"", "server")
