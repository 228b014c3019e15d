"""From a request body to a plan: who will answer it, and what must be known before they can.

Planning is pure and remembers nothing that matters: an equal body has an equal plan, so plans of
recent bodies are kept, within bounds, and with them all that is expensive about a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, NamedTuple, Protocol, TypeAlias

from understudy.contracts import Family, Violation, check_request, family_of
from understudy.mockserver import errors, headers
from understudy.mockserver.bodies import read_document
from understudy.mockserver.chat import Answer, ChatRequest, Verbatim, read_chat
from understudy.mockserver.encode import Encoded, encode, usage_document
from understudy.mockserver.errors import ApiError, Refusal
from understudy.mockserver.identity import Stamp
from understudy.mockserver.instances.instance import Unsatisfiable
from understudy.mockserver.settings import Settings
from understudy.mockserver.state import Needs, Taken
from understudy.mockserver.tokens.counting import completion_tokens, prompt_tokens
from understudy.mockserver.wire import Head, RawHeaders, raw

Generate: TypeAlias = Callable[[ChatRequest], Answer]
_KEPT_PLANS = 512
_KEPT_BODY = 32 * 1024


class Spoken(NamedTuple):
    """A whole reply, and what the journal wants to know of it."""

    head: Head
    body: bytes
    source: str
    usage: Mapping[str, Any] | None = None


class Series(Protocol):
    """What a recording offers: answers for one *key*, by position."""

    @property
    def key(self) -> bytes: ...

    def speak(self, position: int) -> Answer | Verbatim: ...


class Recorded(Protocol):
    """Recordings as a source."""

    def offer(self, chat: ChatRequest) -> Series | None: ...

    def nearest(self, chat: ChatRequest) -> str | None: ...


@dataclass(slots=True)
class Fixed:
    """A request whose reply depends on nothing but its stamp: an error, or the server's own pages."""

    needs: Needs
    speaks: Callable[[Stamp], Spoken]
    model: str = ""
    violations: tuple[Violation, ...] = ()
    complaint: str = ""
    note: str = ""

    def speak(self, taken: Taken, stamp: Stamp) -> Spoken:
        return self.speaks(stamp)


@dataclass(slots=True)
class Answered:
    """A request that *say* answers, given the position in its series."""

    chat: ChatRequest
    family: Family
    needs: Needs
    say: Callable[[int], Answer | Verbatim]
    source: str
    extra: RawHeaders = ()
    complaint: str = ""
    note: str = ""
    model: str = field(init=False)
    violations: tuple[Violation, ...] = field(init=False)
    _laid: tuple[int, Encoded, dict[str, Any]] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.model, self.violations = self.chat.model, self.chat.violations

    def speak(self, taken: Taken, stamp: Stamp) -> Spoken:
        laid = self._laid
        if laid is None or laid[0] != taken.position:
            answer = self.say(taken.position)
            if isinstance(answer, Verbatim):
                return _verbatim(answer, self.source, stamp)
            usage = dict(answer.usage) if answer.usage is not None else self._usage(answer)
            laid = taken.position, encode(self.chat, answer, self.family, usage), usage
            self._laid = laid  # equal bodies share a plan, and mostly a position
        _, encoded, usage = laid
        body = encoded.text(stamp).encode("utf-8", "replace")
        length = None if encoded.events is not None else len(body)
        spent = usage.get("total_tokens")
        pairs = headers.success(stamp, spent if isinstance(spent, int) else 0, length)
        pairs += self.extra
        return Spoken(Head(200, pairs), body, self.source, usage)

    def _usage(self, answer: Answer) -> dict[str, Any]:
        encoding = self.family.encoding
        said = sum(
            completion_tokens(choice.message, encoding) if choice.tokens is None else choice.tokens
            for choice in answer.choices
        )
        return usage_document(prompt_tokens(self.chat.document, self.family), said)


Plan: TypeAlias = Fixed | Answered


class Planner:
    """Decides who answers a chat request. Sources are asked in order: recordings, then invention."""

    def __init__(self, settings: Settings, generate: Generate, recorded: Recorded | None) -> None:
        self._settings = settings
        self._generate = generate
        self._recorded = recorded
        self._lock = Lock()
        self._plans: dict[bytes, Plan] = {}

    def plan(self, body: bytes) -> Plan:
        """Return the plan for *body*; raises Refusal where it is no JSON object."""
        known = self._plans.get(body)
        if known is not None:
            return known
        plan = self._decide(body)
        if len(body) <= _KEPT_BODY:
            with self._lock:  # two threads at once would lose the bound, or the iterator
                if len(self._plans) >= _KEPT_PLANS:
                    del self._plans[next(iter(self._plans))]
                self._plans[body] = plan
        return plan

    def _decide(self, body: bytes) -> Plan:
        document = read_document(body, self._settings.depth_limit)
        violations = check_request(document, profile=self._settings.profile)
        chat = read_chat(document, violations)
        # a recording wins over our own judgement: it shows what the API really did
        if self._recorded is not None and (series := self._recorded.offer(chat)) is not None:
            needs = Needs(chat.fingerprint, series.key)
            return Answered(chat, family_of(chat.model), needs, series.speak, "recorded")
        error = self._objection(chat)
        if error is not None:
            return refused(Needs(chat.fingerprint), error, model=chat.model, violations=violations)
        return self._unrecorded(chat)

    def _objection(self, chat: ChatRequest) -> ApiError | None:
        breaches = [violation for violation in chat.violations if violation.tier == "error"]
        allowed = self._settings.models
        # the gateway knows models; it looks after `model` was found and before anything else
        if allowed and chat.model not in allowed and not (breaches and not chat.model):
            return errors.unknown_model(chat.model)
        return errors.breach(breaches[0]) if breaches else None

    def _unrecorded(self, chat: ChatRequest) -> Plan:
        needs = Needs(chat.fingerprint)
        miss = "" if self._recorded is None else self._recorded.nearest(chat) or "there are no recordings"
        if self._settings.on_unmatched == "fail":
            reason = miss or "no recording was given, and on_unmatched is 'fail'"
            return refused(
                needs,
                errors.unmatched(reason),
                model=chat.model,
                violations=chat.violations,
                complaint=reason,
            )
        extra = raw([("x-understudy-unmatched", _one_line(miss))]) if miss else ()
        family = family_of(chat.model)
        return Answered(chat, family, needs, partial(self._invent, chat), "generated", extra, note=miss)

    def _invent(self, chat: ChatRequest, _: int) -> Answer:
        try:
            return self._generate(chat)
        except Unsatisfiable as error:
            reason = (
                f"no value was found for its schema, at {error.path or 'the root'}: {_one_line(error.reason)}"
            )
            raise Refusal(errors.unmatched(reason)) from error


def refused(needs: Needs, error: ApiError, **known: Any) -> Fixed:
    """Return the plan that answers with *error*; *known* goes to the journal."""
    if not known.get("violations") and not known.get("complaint"):
        known["note"] = error.message
    return Fixed(needs, partial(_refusal, error), **known)


def _refusal(error: ApiError, stamp: Stamp) -> Spoken:
    body = error.body()
    return Spoken(Head(error.status, headers.failure(error, stamp, len(body))), body, "refused")


def _verbatim(kept: Verbatim, source: str, stamp: Stamp) -> Spoken:
    pairs = raw(kept.headers)
    names = {name for name, _ in pairs}
    if b"x-request-id" not in names:
        pairs.append((b"x-request-id", stamp.request_id.encode("ascii")))
    if not any(value.startswith(b"text/event-stream") for name, value in pairs if name == b"content-type"):
        pairs.append((b"content-length", b"%d" % len(kept.body)))
    return Spoken(Head(kept.status, pairs), kept.body, source)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]
