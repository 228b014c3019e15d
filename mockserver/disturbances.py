"""What goes wrong, is limited, or takes its time on purpose: all that an engine without it never loads.

The order is that of the real API: limits before faults, faults before any source is asked. A fault that
spoils a reply comes last of all, after the pace, so that a cut cuts what is on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

from understudy.contracts import family_of
from understudy.mockserver.chat import Verbatim
from understudy.mockserver.errors import ApiError
from understudy.mockserver.faults.decisions import Decider, Deciding, Decision, counters_of
from understudy.mockserver.faults.match import Asked
from understudy.mockserver.faults.rules import parse_header
from understudy.mockserver.headers import limit
from understudy.mockserver.journal import Entry, Reply
from understudy.mockserver.limits.charge import Charge, Limits, Receipt, reserved
from understudy.mockserver.limits.refusals import rate_limited
from understudy.mockserver.limits.telling import telling_of
from understudy.mockserver.pacing.pace import paced
from understudy.mockserver.pacing.recorded import recorded_pace
from understudy.mockserver.plans import Answered, Fixed, Plan
from understudy.mockserver.scripts.facts import Facts
from understudy.mockserver.settings import Settings
from understudy.mockserver.state import Needs, Taken
from understudy.mockserver.steps import split_events
from understudy.mockserver.tokens.counting import prompt_tokens
from understudy.mockserver.wire import Request, Step

Instead: TypeAlias = "ApiError | Verbatim"
Judge: TypeAlias = Callable[[int, Sequence[int], float, int], "Decision | None"]
Wrap: TypeAlias = Callable[[Deciding], Deciding]

HEADER = b"x-understudy-fault"
_KEPT = 512
_KEPT_BODY = 32 * 1024  # bytes; plans of larger ones are not kept either


class Bound(NamedTuple):
    """What is known of a plan and a key together. *free* are the needs of the plan, *needs* what is to be
    taken first. *judge* decides, by attempt, counts and time; None: nothing ever will."""

    free: Needs
    needs: Needs
    judge: Judge | None


class Disturbances:
    """The faults, limits and pace of *settings*. *deciding* makes what decides of what the rules are: to
    write a tape of it, or to follow a tape instead. *started*, in seconds since 1970, is what windows of time
    count from; None: the first request."""

    def __init__(
        self, settings: Settings, deciding: Wrap | None = None, started: float | None = None
    ) -> None:
        self.started = started
        self._settings = settings
        self._wrap = deciding
        self._deciding: Deciding | None = None
        self._wishes = settings.fault_header
        self.paced = settings.pace is not None or settings.recorded_pace is not None
        self._limits = Limits(settings.limits) if settings.limits else None
        self._telling = telling_of(settings.api)
        self._bound: dict[tuple[int, str], Bound] = {}

    def bound(self, request: Request, plan: Plan, key: str, now: float) -> Bound:
        """Return what is to be taken and asked for *request*. Equal requests of a key share a plan, and
        with it mostly this, too."""
        wish = _wish(request) if self._wishes and plan.chat is not None else ""
        if not wish:
            # an id is not given again to anything while what has it is kept
            known = self._bound.get((id(plan.needs), key))
            if known is not None:
                return known
        charge = None if self._limits is None else _charge(self._limits, plan, key)
        judge, counters, lasting = self._judge(request, plan, key, now)
        if wish:
            asked = _asked(request, plan, key)
            judge, counters, lasting = partial(self._granted, wish, asked), (_wished(wish, asked),), False
        free = plan.needs
        if judge is not None:  # no turn yet: an error leaves it to the next attempt
            needs = Needs(free.request, (), None, counters, charge)
        else:
            needs = free if charge is None else free._replace(charge=charge)
        bound = Bound(free, needs, judge)
        if lasting and plan.chat is not None and len(request.body) <= _KEPT_BODY:
            if len(self._bound) >= _KEPT:
                self._bound = {}
            self._bound[id(free), key] = bound
        return bound

    def verdict(
        self, judge: Judge | None, taken: Taken, now: float
    ) -> tuple[Instead | None, Decision | None]:
        """Return what is answered instead, None for nothing, and the decision that was taken."""
        receipt = taken.charged
        if receipt is not None and receipt.shortage is not None:
            return rate_limited(receipt, self._telling), None
        if judge is None:
            return None, None
        try:
            decision = judge(taken.tries, taken.counts, now, taken.attempt)
        except ValueError as error:
            return ApiError(400, str(error), type="understudy_fault", voice="gateway"), None
        return None if decision is None else decision.error, decision

    def _judge(
        self, request: Request, plan: Plan, key: str, now: float
    ) -> tuple[Judge | None, tuple[bytes, ...], bool]:
        """Return who decides about *request*, what is to be counted for that, and whether all this is so for
        every request of this plan and key."""
        if not self._settings.faults and self._wrap is None:
            return None, (), True
        asked, decider = _asked(request, plan, key), self._decider(now)
        if not isinstance(decider, Decider):  # a tape wants to see every request
            return partial(decider.decide, asked), decider.counters(asked), False
        fitting = decider.fitting(asked)
        judge = partial(decider.decide_by, fitting, asked) if fitting else None
        return judge, counters_of(fitting), not decider.personal

    def _granted(
        self, wish: str, asked: Asked, attempt: int, counts: Sequence[int], now: float, mark: int
    ) -> Decision | None:
        """Return what a request decides for itself by its header. Raises ValueError for what it cannot."""
        decider = Decider((parse_header(wish),), self._settings.seed, self._settings.api, now)
        own: Deciding = _Wished(decider, counts[0])
        if self._wrap is not None:  # a tape holds what a header decided, too, or decides instead
            own = self._wrap(own)
        return own.decide(asked, attempt, (), now, mark)

    def tell(self, entry: Entry, receipt: Receipt, decision: Decision | None) -> None:
        """Let the headers of the reply say what *receipt* does of the limits; but an error that was decided
        may make up its own."""
        pairs = entry.headers  # the very list that is in the head of this reply, and of no other
        if isinstance(pairs, list) and (decision is None or not _tells_itself(decision)):
            limit(pairs, self._telling.pairs(receipt.requests, receipt.tokens))

    def performed(self, reply: Reply, plan: Plan, taken: Taken, decision: Decision | None) -> Reply:
        """Return *reply* at the pace that is set, and spoiled as was decided."""
        steps = self._in_time(reply, plan, taken) if self.paced else reply.steps
        if decision is not None:
            reply.entry.fault = str(decision.trouble)
            if decision.rewrite is not None:
                steps = decision.rewrite(steps)
        if steps is not reply.steps:  # it may end before its head is sent: who sends that fills them in
            reply.entry.status, reply.entry.headers = 0, ()
        return Reply(reply.entry, steps, reply.receipt)

    def _in_time(self, reply: Reply, plan: Plan, taken: Taken) -> Iterable[Step]:
        entry, steps, _, timing = reply
        pace, recorded = self._settings.pace, self._settings.recorded_pace
        if pace is not None and isinstance(plan, Answered):
            told = entry.usage or {}
            counts = [_count(told.get(name)) for name in ("prompt_tokens", "completion_tokens")]
            request, seed = plan.needs.request, self._settings.seed
            steps = paced(split_events(steps), pace, seed, request, taken.attempt, *counts)
        if recorded is not None and timing:
            steps = recorded_pace(timing, recorded)(steps)
        return steps

    def _decider(self, now: float) -> Deciding:
        if self._deciding is None:  # with the first request: the core has no clock of its own
            settings = self._settings
            self.started = now if self.started is None else self.started
            decider = Decider(settings.faults, settings.seed, settings.api, self.started)
            self._deciding = decider if self._wrap is None else self._wrap(decider)
        return self._deciding


def _charge(limits: Limits, plan: Plan, key: str) -> Charge | None:
    chat = plan.chat
    if chat is None or (isinstance(plan, Fixed) and plan.status != 400):
        return None
    known = plan.prompt if isinstance(plan, Answered) else None
    prompt = prompt_tokens(chat.document, family_of(chat.model)) if known is None else known.total
    return limits.of(Charge(chat.model, reserved(chat.document, prompt)), key)


def _tells_itself(decision: Decision) -> bool:
    """Return whether *decision* is an error that makes up its own limits."""
    told = () if decision.error is None else decision.error.headers
    return any(name.lower().startswith("x-ratelimit-") for name, _ in told)


def _asked(request: Request, plan: Plan, key: str) -> Asked:
    facts = None if plan.chat is None else Facts(plan.chat, request.headers)
    return Asked(request.path, key, plan.needs.request, facts)


def _wish(request: Request) -> str:
    """Return the fault that *request* asks for itself, "" for none."""
    told = [value for name, value in request.headers if name == HEADER]
    return b", ".join(told).decode("latin-1") if told else ""


def _wished(wish: str, asked: Asked) -> bytes:
    """Return the key by which the attempts are counted that asked for *wish*."""
    return b"wish:" + blake2b(wish.encode("utf-8") + asked.fingerprint, digest_size=16).digest()


class _Wished:
    """What decides by a header: *tries* says how often the same request had the same header before."""

    def __init__(self, decider: Decider, tries: int) -> None:
        self._decider, self._tries = decider, tries

    def counters(self, asked: Asked) -> tuple[bytes, ...]:
        return ()

    def decide(
        self, asked: Asked, attempt: int, counts: Sequence[int], now: float, mark: int | None = None
    ) -> Decision | None:
        return self._decider.decide(asked, self._tries, counts, now, attempt if mark is None else mark)


def _count(value: Any) -> int:
    return value if type(value) is int else 0
