"""The way of a request through the house. Read ``handle`` first.

``Reception.plan`` decides who will answer, ``state.take`` counts the request in, ``_answer`` says the rest.
Only the state, the journal, the ledger and the stored completions remember, and only the shell waits.
Nothing here reads a clock or throws dice.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from understudy.mockserver import errors
from understudy.mockserver.chat import Verbatim
from understudy.mockserver.errors import ApiError, Refusal
from understudy.mockserver.forms import form_of
from understudy.mockserver.generation.source import Generate
from understudy.mockserver.identity import Stamp, stamp
from understudy.mockserver.journal import Entry, Journal, Outcome, Reply
from understudy.mockserver.ledger import Ledger, shown
from understudy.mockserver.pages import Pages
from understudy.mockserver.planner import Planner, Recorded, Scripts
from understudy.mockserver.plans import Fixed, Plan, Spoken, kept, prompt_only, refused
from understudy.mockserver.reception import Planned, Reception
from understudy.mockserver.settings import Settings
from understudy.mockserver.state import MemoryState, Needs, State, Taken
from understudy.mockserver.stored.memory import Stored
from understudy.mockserver.wire import Head, Request, Send

if TYPE_CHECKING:
    from understudy.mockserver.disturbances import Disturbances, Wrap

_ALLOW_ORIGIN = b"access-control-allow-origin"


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
        self._begun: float | None = None
        self.arrange(settings, scripts)

    @property
    def settings(self) -> Settings:
        return self._reception.settings

    def arrange(self, settings: Settings, scripts: Scripts | None) -> None:
        """Answer by *settings* and *scripts* from the next request on. What is remembered stays."""
        form = form_of(settings.api)
        planner = Planner(settings, form, self._generator(settings), self._recorded, scripts)
        reception = Reception(settings, form, planner, Pages(settings, self.stored), self.ledger)
        self.scripts = scripts
        self._reception = reception.disturbed(settings, self._disturbances(settings))

    def disturb(self, settings: Settings) -> None:
        """Let the faults, limits and pace of *settings*, which differ in nothing else, hold from the next
        request on."""
        self._reception = self._reception.disturbed(settings, self._disturbances(settings))

    def begin(self) -> None:
        """Let the next request be the first again: windows of time count from there."""
        self._begun = None
        self.disturb(self.settings)

    def handle(self, request: Request, now: float) -> Reply:
        """Decide the whole reply to *request* at *now* (seconds since 1970). Never raises."""
        if self._begun is None:
            self._begun = now
        planned = self._reception.plan(request)
        disturbances = planned.by.disturbances
        if disturbances is None:
            return self._answer(planned, self.state.take(planned.needs, now), now)
        try:
            return self._disturbed(disturbances, planned, now)
        except Exception as error:
            plan = planned.by.broken(request, error)
            broken = planned._replace(plan=plan, trace=traceback.format_exc())
            return self._answer(broken, self.state.take(plan.needs, now), now)

    def admits(self, request: Request) -> bool:
        """Return whether *request* has a key of ours; any is, where none were named."""
        return self._reception.admits(request)

    def refuse(self, request: Request, error: ApiError, now: float) -> Reply:
        """Return *error* as the reply to a *request* that the shell could not read to its end."""
        planned = self._reception.refusal(request, error)
        return self._answer(planned, self.state.take(planned.needs, now), now)

    def close(self, reply: Reply, outcome: Outcome, now: float) -> Entry:
        """Write down how the sending of *reply* ended at *now*, give back what it held, and return its
        entry."""
        entry = reply.entry
        if reply.receipt is not None and entry.ended is None:
            spent = None if entry.usage is None else entry.usage.get("total_tokens")
            self.state.settle(reply.receipt, spent if isinstance(spent, int) else None, now)
        entry.outcome, entry.ended = outcome, now
        return entry

    def _answer(self, planned: Planned, taken: Taken, now: float) -> Reply:
        """Say what was *planned*, and open the journal's entry. Never raises."""
        by, request, plan, _, key, chat, crossing, trace = planned
        mark = stamp(by.seed, plan.needs.request, taken.attempt, now)
        try:
            spoken = plan.speak(taken, mark)
        except Refusal as refusal:
            plan = _refused_late(planned, refusal)
            spoken = plan.speak(taken, mark)
        except Exception as error:
            plan, trace = by.broken(request, error), traceback.format_exc()
            spoken = plan.speak(taken, mark)
        if chat:
            self._account(planned, plan, spoken, mark)
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
            shown(key) if chat else "",
        )
        self.journal.add(entry)
        return Reply(entry, (head, Send(spoken.body)), taken.charged, spoken.timing)

    def _disturbed(self, disturbances: Disturbances, planned: Planned, now: float) -> Reply:
        """Decide the reply to what is *planned*, with all that happens to it on purpose."""
        _, request, plan, needs, key, _, _, _ = planned
        _, first, judge = disturbances.bound(request, plan, key, now)
        if judge is None and needs.prefix is not None:
            first = first._replace(prefix=needs.prefix)  # of this key
        taken = self.state.take(first, now)
        receipt, decision = taken.charged, None
        if judge is not None or (receipt is not None and receipt.shortage is not None):
            instead, decision = disturbances.verdict(judge, taken, now)
            if instead is not None:
                planned = planned._replace(plan=_instead(planned, instead))
            elif needs.turns or needs.prefix is not None:
                taken = self._drawn(needs, taken, now)
        reply = self._answer(planned, taken, now)
        if receipt is not None:
            disturbances.tell(reply.entry, receipt, decision)
        if decision is None and not disturbances.paced:
            return reply
        return disturbances.performed(reply, plan, taken, decision)

    def _drawn(self, needs: Needs, taken: Taken, now: float) -> Taken:
        """Return *taken* with the turn that was left until no error was decided."""
        turn, position, cached = self.state.draw(needs.turns, needs.prefix, now)
        return taken._replace(turn=turn, position=position, cached=cached)

    def _account(self, planned: Planned, plan: Plan, spoken: Spoken, mark: Stamp) -> None:
        """Write the exchange into the ledger, and keep the completion where that was asked."""
        chat, status, key = plan.chat, spoken.head.status, planned.key
        if status < 400:
            self.ledger.add(key, plan.model, status, spoken.sums)
            if chat is not None and chat.document.get("store") is True:
                body, request_id, usage = spoken.body, mark.request_id, spoken.usage
                self.stored.keep(key, chat.document, body, chat.stream, request_id=request_id, usage=usage)
            return
        fact = planned.by.profile.error(status)
        billed = fact is not None and fact.billed is True
        sums = prompt_only(chat) if billed and chat is not None else spoken.sums
        self.ledger.add(key, plan.model, status, sums, billed)

    def _disturbances(self, settings: Settings) -> Disturbances | None:
        if not settings.disturbed and self._deciding is None:
            return None
        from understudy.mockserver.disturbances import Disturbances  # here: most servers disturb nobody

        return Disturbances(settings, self._deciding, self._begun)


def _instead(planned: Planned, reply: ApiError | Verbatim) -> Fixed:
    """Return the plan that answers with *reply* where that of *planned* would have answered."""
    plan = planned.plan
    if isinstance(reply, Verbatim):
        return kept(plan.needs, reply, model=plan.model, chat=plan.chat)
    return refused(planned.by.form, plan.needs, reply, model=plan.model, chat=plan.chat)


def _refused_late(planned: Planned, refusal: Refusal) -> Fixed:
    """Return the plan for what turned out to have no answer."""
    plan = planned.plan
    return refused(
        planned.by.form,
        plan.needs,
        refusal.error,
        model=plan.model,
        violations=plan.violations,
        complaint=str(refusal) if refusal.error.type in (errors.UNMATCHED, errors.BROKEN) else "",
        chat=plan.chat,
    )


def _for_browsers(head: Head) -> Head:
    """A page of another origin may read this reply, as it may the API's."""
    own = [pair for pair in head.headers if pair[0] != _ALLOW_ORIGIN]  # told twice, browsers refuse it
    return Head(head.status, [*own, (_ALLOW_ORIGIN, b"*")])
