"""What is decided about a request before it is counted in: who answers, and what they must know first.

A plan holds no state that matters. Equal requests share one, and with it all that is expensive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from understudy.contracts import Family, Violation, family_of
from understudy.mockserver.chat import Answer, ChatRequest, Choice, Document, Verbatim
from understudy.mockserver.errors import BROKEN, ApiError, Refusal
from understudy.mockserver.forms import Form, Laid
from understudy.mockserver.identity import Stamp
from understudy.mockserver.money import ONE, Sums, read_usage, sums_of
from understudy.mockserver.prompt_cache import Cached
from understudy.mockserver.state import Needs, Taken
from understudy.mockserver.tokens.counting import (
    PromptCounts,
    completion_tokens,
    prompt_counts,
    prompt_tokens,
)
from understudy.mockserver.usage import Counts
from understudy.mockserver.wire import Head, RawHeaders, raw

_OF_THE_BODY = (b"content-length", b"transfer-encoding")  # of the body that is sent, whoever wrote it
_LARGEST_LAID = 256 * 1024  # bytes of a reply that a plan keeps for the next equal request


class Spoken(NamedTuple):
    """A whole reply, and what the journal and the ledger want to know of it."""

    head: Head
    body: bytes
    source: str
    usage: Mapping[str, Any] | None = None
    sums: Sums = ONE
    note: str = ""
    timing: Sequence[tuple[float, int]] = ()


class Speaker(NamedTuple):
    """Someone who can answer: *say* gives the answer at a position of theirs; *settled* is one number
    for all positions that have the same answer."""

    source: str
    say: Callable[[int], Answer | Verbatim]
    settled: Callable[[int], int]
    headers: RawHeaders = ()
    note: str = ""


@dataclass(slots=True)
class Fixed:
    """A request whose reply depends on nothing but its stamp: an error, or the server's own pages."""

    needs: Needs
    speaks: Callable[[Stamp], Spoken]
    model: str = ""
    violations: tuple[Violation, ...] = ()
    complaint: str = ""
    chat: ChatRequest | None = None
    status: int = 200

    def speak(self, taken: Taken, stamp: Stamp) -> Spoken:
        return self.speaks(stamp)


@dataclass(slots=True)
class Answered:
    """A request that one of *speakers* answers: the one whose turn (of *needs*) is taken."""

    chat: ChatRequest
    family: Family
    form: Form
    needs: Needs
    speakers: tuple[Speaker, ...]
    prompt: PromptCounts | None = None  # None: counted when the answer does not say
    complaint: str = ""
    model: str = field(init=False)
    violations: tuple[Violation, ...] = field(init=False)
    _laid: _Laid | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.model, self.violations = self.chat.model, self.chat.violations

    def speak(self, taken: Taken, stamp: Stamp) -> Spoken:
        speaker = self.speakers[taken.turn]
        position = speaker.settled(taken.position)
        key = (taken.turn, position, taken.cached)
        laid = self._laid
        if laid is None or laid.key != key:
            try:
                answer = speaker.say(position)
            except Refusal as refusal:
                if speaker.source != "scripted" or refusal.error.type == BROKEN:
                    raise
                return _refusal(self.form, refusal.error, "", stamp)._replace(source="scripted")
            if isinstance(answer, Verbatim):
                return _verbatim(answer, speaker, stamp)
            laid = self._lay(key, answer, speaker)
            self._laid = laid  # equal bodies share a plan, and mostly a position
        body = laid.encoded.text(stamp).encode("utf-8", "replace")
        if len(body) > _LARGEST_LAID:  # a plan is kept for its body's size, not for its reply's
            self._laid = None
        length = None if laid.encoded.events is not None else len(body)
        pairs = self.form.success(stamp, laid.spent, length)
        if laid.headers:  # what an answer says of a header replaces what would have been sent
            named = {name for name, _ in laid.headers}
            pairs = [pair for pair in pairs if pair[0] not in named]
            pairs += laid.headers
        return Spoken(Head(200, pairs), body, speaker.source, laid.usage, laid.sums, speaker.note)

    def _lay(self, key: _Key, answer: Answer, speaker: Speaker) -> _Laid:
        usage = answer.usage
        if usage is None:
            counts = self._counts(answer, key[2])
            usage, sums = self.form.usage(counts, self.family), sums_of(counts)
            if answer.usage_over:
                usage = _laid_over(usage, answer.usage_over)
                sums = read_usage(usage)
        else:
            sums = read_usage(usage)
        spent = usage.get("total_tokens")
        encoded = self.form.encode(self.chat, answer, self.family, usage)
        spent = spent if isinstance(spent, int) else 0
        own = [pair for pair in (*speaker.headers, *raw(answer.headers)) if pair[0] not in _OF_THE_BODY]
        return _Laid(key, encoded, usage, sums, spent, own)

    def _counts(self, answer: Answer, cached: Cached) -> Counts:
        document, family = self.chat.document, self.family
        prompt = self.prompt or prompt_counts(document, family)
        said, thought, spoken = 0, 0, 0
        for choice in answer.choices:
            said += _visible(choice, document, family) if choice.tokens is None else choice.tokens
            thought += choice.reasoning_tokens
            spoken += choice.audio_tokens
        return Counts(
            prompt.total,
            said + thought,
            cached.read,
            cached.written,
            thought,
            prompt.audio,
            prompt.image,
            spoken,
        )


_Key: TypeAlias = tuple[int, int, Cached]


class _Laid(NamedTuple):
    """An answer that was laid out, for the next equal request."""

    key: _Key
    encoded: Laid
    usage: Mapping[str, Any]
    sums: Sums
    spent: int
    headers: RawHeaders


Plan: TypeAlias = Fixed | Answered


def _laid_over(usage: Mapping[str, Any], given: Document) -> dict[str, Any]:
    """Return *usage* with the members of *given* instead of its own; the total follows where it can."""
    laid = dict(usage)
    for name, value in given.items():
        own = laid.get(name)
        laid[name] = {**own, **value} if isinstance(own, dict) and isinstance(value, dict) else value
    parts = [laid.get("prompt_tokens"), laid.get("completion_tokens")]
    if "total_tokens" not in given and all(type(part) is int for part in parts):
        laid["total_tokens"] = sum(parts)
    return laid


def _visible(choice: Choice, document: Document, family: Family) -> int:
    named = document.get("tool_choice") or document.get("function_call")
    # where the request named the tool, some models write its arguments alone
    forced = isinstance(named, dict) and "allowed_tools" not in named and family.forced_finish == "stop"
    return completion_tokens(choice.message, family.encoding, forced=forced)


def prompt_only(chat: ChatRequest) -> Sums:
    """Return the tokens of a request that was billed although it failed."""
    return Sums(1, prompt_tokens(chat.document, family_of(chat.model)))


def refused(form: Form, needs: Needs, error: ApiError, **known: Any) -> Fixed:
    """Return the plan that answers with *error*; *known* goes to the journal."""
    told = known.get("violations") or known.get("complaint")
    speaks = partial(_refusal, form, error, "" if told else error.message)
    return Fixed(needs, speaks, status=error.status, **known)


def kept(needs: Needs, reply: Verbatim, **known: Any) -> Fixed:
    """Return the plan that answers with *reply* as it is: a page that stands for an error."""
    speaker = Speaker("refused", lambda _: reply, lambda _: 0)
    return Fixed(needs, partial(_verbatim, reply, speaker), status=reply.status, **known)


def _refusal(form: Form, error: ApiError, note: str, stamp: Stamp) -> Spoken:
    body, pairs = form.failure(error, stamp)
    return Spoken(Head(error.status, pairs), body, "refused", note=note)


def _verbatim(kept: Verbatim, speaker: Speaker, stamp: Stamp) -> Spoken:
    pairs = raw(kept.headers)
    names = {name for name, _ in pairs}
    if b"x-request-id" not in names:
        pairs.append((b"x-request-id", stamp.request_id.encode("ascii")))
    if not any(value.startswith(b"text/event-stream") for name, value in pairs if name == b"content-type"):
        pairs.append((b"content-length", b"%d" % len(kept.body)))
    head, sums = Head(kept.status, pairs), read_usage(kept.usage)
    return Spoken(head, kept.body, speaker.source, kept.usage, sums, speaker.note, kept.timing)
