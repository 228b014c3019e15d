"""From a request to a plan. Sources are asked in order: scripts, recordings, invention.

Planning is pure and remembers nothing that matters: an equal body has an equal plan, so plans of
recent bodies are kept, within bounds, and with them all that is expensive about a request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from threading import Lock
from typing import Protocol

from understudy.contracts import Family, Violation, check_request, family_of
from understudy.contracts.profiles.profile import Profile
from understudy.mockserver import errors
from understudy.mockserver.availability import unavailable
from understudy.mockserver.bodies import read_document
from understudy.mockserver.chat import Answer, ChatRequest, Verbatim, read_chat
from understudy.mockserver.errors import ApiError, Refusal
from understudy.mockserver.forms import Form
from understudy.mockserver.generation.source import Generate
from understudy.mockserver.instances.instance import Unsatisfiable
from understudy.mockserver.overflow import may_overflow, overflow
from understudy.mockserver.plans import Answered, Plan, Speaker, refused
from understudy.mockserver.prompt_cache import prefix_of
from understudy.mockserver.settings import Settings
from understudy.mockserver.state import Needs, Turn
from understudy.mockserver.tokens.counting import PromptCounts, prompt_counts
from understudy.mockserver.wire import RawHeaders, Request, raw

_KEPT_PLANS = 512
_KEPT_BODY = 32 * 1024
_LONGEST_MODEL = 256  # characters


class Series(Protocol):
    """What a recording offers: answers for one *key*, by position."""

    @property
    def key(self) -> bytes: ...

    def settled(self, position: int) -> int: ...

    def speak(self, position: int) -> Answer | Verbatim: ...


class Recorded(Protocol):
    """Recordings as a source."""

    def offer(self, chat: ChatRequest) -> Series | None: ...

    def nearest(self, chat: ChatRequest) -> str | None: ...


class Scripted(Protocol):
    """A rule that matches."""

    @property
    def turn(self) -> Turn: ...

    @property
    def name(self) -> str: ...

    def settled(self, position: int) -> int: ...

    def say(self, position: int) -> Answer | Verbatim: ...


class Scripts(Protocol):
    """Rules as a source. *version* grows with every change; *personal*: what is offered may differ
    for equal bodies."""

    @property
    def version(self) -> int: ...

    @property
    def personal(self) -> bool: ...

    def offer(self, chat: ChatRequest, headers: RawHeaders) -> Sequence[Scripted]: ...

    def nearest(self, chat: ChatRequest, headers: RawHeaders) -> str | None: ...


class Planner:
    """Decides who answers a chat request."""

    def __init__(
        self,
        settings: Settings,
        form: Form,
        generate: Generate,
        recorded: Recorded | None = None,
        scripts: Scripts | None = None,
    ) -> None:
        self._settings = settings
        self._profile = settings.api
        self._form = form
        self._generate = generate
        self._recorded = recorded
        self._scripts = scripts
        self._lock = Lock()
        self._plans: dict[bytes | tuple[str, bytes], Plan] = {}
        self._version = 0
        self._context = lru_cache(maxsize=1024)(partial(_context, self._profile))

    def plan(self, request: Request, deployment: str = "") -> Plan:
        """Return the plan for *request*; raises Refusal where its body is no JSON object.

        *deployment* is the model that the path names, for bodies that name none (Azure).
        """
        scripts = self._scripts
        version = 0
        if scripts is not None:
            if scripts.personal:
                return self._decide(request, deployment)
            version = scripts.version
            if version != self._version:
                with self._lock:
                    self._plans, self._version = {}, version
        body = request.body
        key = (deployment, body) if deployment else body
        known = self._plans.get(key)
        if known is not None:
            return known
        plan = self._decide(request, deployment)
        if len(body) <= _KEPT_BODY:
            with self._lock:  # two threads at once would lose the bound, or the iterator
                if version != self._version:  # rules were added while this was decided
                    return plan
                if len(self._plans) >= _KEPT_PLANS:
                    del self._plans[next(iter(self._plans))]
                self._plans[key] = plan
        return plan

    def _decide(self, request: Request, deployment: str) -> Plan:
        document = read_document(request.body, self._settings.depth_limit)
        if deployment and not document.get("model"):
            document = {"model": deployment, **document}
        model = document.get("model")
        if isinstance(model, str) and len(model) > _LONGEST_MODEL:  # it would be kept in many places
            raise Refusal(errors.unknown_model(model[:_LONGEST_MODEL]))
        chat = read_chat(document, check_request(document, profile=self._profile))
        # a recording wins over our own judgement: it shows what the API really did
        series = None if self._recorded is None else self._recorded.offer(chat)
        family = family_of(chat.model)
        prompt: PromptCounts | None = None
        if series is None:
            context = self._context(chat.model)
            if may_overflow(request.body, chat, family, context):
                prompt = prompt_counts(chat.document, family)
                chat = _measured(chat, family, prompt.total, context)
            if (error := self._objection(chat, family)) is not None:
                known = {"model": chat.model, "violations": chat.violations, "chat": chat}
                return refused(self._form, Needs(chat.fingerprint), error, **known)
            prompt = prompt or prompt_counts(chat.document, family)
        return self._answered(chat, family, request, series, prompt)

    def _objection(self, chat: ChatRequest, family: Family) -> ApiError | None:
        breaches = chat.violations and [found for found in chat.violations if found.tier == "error"]
        allowed = self._settings.models
        # the gateway knows models; it looks after `model` was found and before anything else
        if allowed and chat.model not in allowed and not (breaches and not chat.model):
            return errors.unknown_model(chat.model)
        if not allowed and self._profile.contract == "openai" and (gone := unavailable(chat.model, family)):
            return gone
        if breaches and not self._settings.lenient:
            return errors.breach(breaches[0])
        return None

    def _answered(
        self,
        chat: ChatRequest,
        family: Family,
        request: Request,
        series: Series | None,
        prompt: PromptCounts | None,
    ) -> Plan:
        """Return the plan in which scripts come first, then the recordings of *series*, then invention.

        *prompt* is None for a recording, which has its own counts.
        """
        headers = request.headers
        turns: list[Turn] = []
        speakers: list[Speaker] = []
        if self._scripts is not None:
            for rule in self._scripts.offer(chat, headers):
                turns.append(rule.turn)
                speakers.append(Speaker("scripted", rule.say, rule.settled))
        if not turns or turns[-1].limit is not None:  # else there is always a rule left
            if series is not None:
                turns.append(Turn(series.key))
                speakers.append(Speaker("recorded", series.speak, series.settled))
            else:
                speakers.append(self._inventor(chat, headers))
        prefix = None if prompt is None else prefix_of(chat, family, prompt.total)
        needs = Needs(chat.fingerprint, tuple(turns), prefix)
        return Answered(chat, family, self._form, needs, tuple(speakers), prompt)

    def _inventor(self, chat: ChatRequest, headers: RawHeaders) -> Speaker:
        sourced = self._scripts is not None or self._recorded is not None
        miss = "; ".join(self._misses(chat, headers)) if sourced else ""
        if self._settings.on_unmatched == "fail":
            reason = miss or "nothing was scripted or recorded, and on_unmatched is 'fail'"
            return Speaker("refused", partial(_unmatched, reason), _always)
        extra = raw([("x-understudy-unmatched", _one_line(miss))]) if miss else ()
        return Speaker("generated", partial(self._invent, chat), _always, extra, miss)

    def _misses(self, chat: ChatRequest, headers: RawHeaders) -> list[str]:
        """Return why neither a script nor a recording answers: nothing where there are none."""
        misses = []
        if self._scripts is not None:
            misses.append(self._scripts.nearest(chat, headers) or "no script has a rule left for it")
        if self._recorded is not None:
            misses.append(self._recorded.nearest(chat) or "there are no recordings")
        return misses

    def _invent(self, chat: ChatRequest, _: int) -> Answer:
        try:
            return self._generate(chat)
        except Unsatisfiable as error:
            where = error.path or "the root"
            reason = f"no value was found for its schema, at {where}: {_one_line(error.reason)}"
            raise Refusal(errors.unmatched(reason)) from error


def _measured(chat: ChatRequest, family: Family, prompt: int, context: int | None) -> ChatRequest:
    """Return *chat*, with a violation more where its *prompt* tokens are too many for the model."""
    error = overflow(chat, family, prompt, context)
    if error is None:
        return chat
    found = Violation(
        rule="context_length_exceeded",
        tier="error",
        path="$.messages",
        message=error.message,
        source="FACTS A.7",
        advice="send less, or ask a model with a larger context",
        param=error.param,
        code=error.code,
    )
    return replace(chat, violations=(*chat.violations, found))


def _context(profile: Profile, model: str) -> int | None:
    """Return the tokens that *profile* documents as the context of *model*, None where it does not."""
    documented = profile.model(model)
    return None if documented is None else documented.context


def _unmatched(reason: str, _: int) -> Answer:
    raise Refusal(errors.unmatched(reason))


def _always(_: int) -> int:
    return 0


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]
