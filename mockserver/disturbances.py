"""What goes wrong, is limited, or takes its time on purpose: all that an engine without it never loads.

The order is that of the real API: limits before faults, faults before any source is asked. A fault that
spoils a reply comes last of all, after the pace, so that a cut cuts what is on its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from understudy.mockserver.chat import Verbatim
from understudy.mockserver.errors import ApiError
from understudy.mockserver.faults.decisions import Decider, Deciding, Decision
from understudy.mockserver.faults.match import Asked
from understudy.mockserver.faults.rules import parse_header
from understudy.mockserver.headers import limited
from understudy.mockserver.journal import Reply
from understudy.mockserver.limits.charge import Charge, Limits, reserved
from understudy.mockserver.limits.refusals import rate_headers, rate_limited
from understudy.mockserver.pacing.pace import paced
from understudy.mockserver.pacing.recorded import recorded_pace
from understudy.mockserver.plans import Answered, Fixed, Plan
from understudy.mockserver.scripts.facts import Facts
from understudy.mockserver.settings import Settings
from understudy.mockserver.state import Needs, Taken
from understudy.mockserver.steps import split_events
from understudy.mockserver.wire import Head, Request, Step

Instead: TypeAlias = "ApiError | Verbatim"

HEADER = b"x-understudy-fault"


class Pending(NamedTuple):
    """A request before it is counted in: as the rules see it, and what it needs first."""

    asked: Asked
    needs: Needs


class Disturbances:
    """The faults, limits and pace of *settings*. *deciding* replaces the rules: a tape of an earlier run."""

    def __init__(self, settings: Settings, deciding: Deciding | None = None) -> None:
        self._settings = settings
        self._deciding = deciding
        self._limits = Limits(settings.limits) if settings.limits else None

    def pending(self, request: Request, plan: Plan, key: str, now: float) -> Pending:
        """Return *request* as the rules see it, and what is to be counted before they decide."""
        chat = plan.chat
        facts = None if chat is None else Facts(chat, request.headers)
        asked = Asked(request.path, key, plan.needs.request, facts)
        charge = None if self._limits is None else self._charge(plan, key)
        return Pending(asked, Needs(plan.needs.request, (), None, self._decider(now).counters(asked), charge))

    def verdict(self, pending: Pending, taken: Taken, now: float) -> tuple[Instead | None, Decision | None]:
        """Return what is answered instead, None for nothing, and the decision that was taken."""
        if taken.charged is not None and (error := rate_limited(taken.charged)) is not None:
            return error, None
        try:
            decision = self._decide(pending, taken.attempt, taken.counts, now)
        except ValueError as error:
            return ApiError(
                400, f"{HEADER.decode()}: {error}", type="understudy_fault", voice="gateway"
            ), None
        return None if decision is None else decision.error, decision

    def _decide(self, pending: Pending, attempt: int, counts: tuple[int, ...], now: float) -> Decision | None:
        if self._settings.fault_header and (text := _asked_for(pending.asked)):
            own = Decider((parse_header(text),), self._settings.seed, self._settings.api, now)
            return own.decide(pending.asked, attempt, (), now)
        return self._decider(now).decide(pending.asked, attempt, counts, now)

    def steps(self, reply: Reply, decision: Decision | None, plan: Plan, taken: Taken) -> Iterable[Step]:
        """Return the steps of *reply*: its headers tell the limits, it keeps the pace that is set, and it is
        spoiled as was decided."""
        steps = reply.steps
        if taken.charged is not None and not self._settings.api.reply.get("headers"):
            steps = _told(steps, rate_headers(taken.charged))
        pace = self._settings.pace
        if pace is not None and isinstance(plan, Answered):
            told = reply.entry.usage or {}
            counts = [_count(told.get(name)) for name in ("prompt_tokens", "completion_tokens")]
            steps = paced(split_events(steps), pace, plan.needs.request, taken.attempt, *counts)
        if self._settings.recorded_pace is not None and reply.timing:
            steps = recorded_pace(reply.timing, self._settings.recorded_pace)(steps)
        if decision is not None and decision.rewrite is not None:
            steps = decision.rewrite(steps)
        return steps

    def _decider(self, now: float) -> Deciding:
        if self._deciding is None:  # with the first request: the core has no clock of its own
            self._deciding = Decider(self._settings.faults, self._settings.seed, self._settings.api, now)
        return self._deciding

    def _charge(self, plan: Plan, key: str) -> Charge | None:
        chat = plan.chat
        if chat is None or self._limits is None or (isinstance(plan, Fixed) and plan.status != 400):
            return None
        prompt = plan.prompt.total if isinstance(plan, Answered) and plan.prompt is not None else 0
        return self._limits.of(Charge(chat.model, reserved(chat.document, prompt)), key)


def _told(steps: Iterable[Step], limits: Mapping[bytes, bytes]) -> Iterator[Step]:
    for step in steps:
        yield Head(step.status, limited(list(step.headers), limits)) if isinstance(step, Head) else step


def _asked_for(asked: Asked) -> str:
    return "" if asked.facts is None else asked.facts.headers.get(HEADER.decode(), "")


def _count(value: Any) -> int:
    return value if type(value) is int else 0
