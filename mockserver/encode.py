"""An answer as bytes: one JSON document, or the events of a stream (FACTS B.1 to B.3).

Everything but the stamp is laid out once, in ``Encoded``; a reply to an equal request then costs
the few characters that differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, cycle
from typing import Any

from understudy.contracts import Family, snapshot_of
from understudy.mockserver.chat import Answer, ChatRequest, Choice, Document
from understudy.mockserver.deltas import Delta, deltas
from understudy.mockserver.identity import PADDING, Stamp, system_fingerprint
from understudy.mockserver.layout import compact, indented, quote

DONE = "data: [DONE]\n\n"
_STAMPED = ("id", "object", "created")
_BEFORE_CHOICES = ("model", "service_tier", "system_fingerprint")


@dataclass(frozen=True, slots=True)
class Encoded:
    """An answer laid out but for its stamp. *events* is None for a JSON reply.

    *id* and *created* are set where the answer brings its own (a recording).
    """

    body: str
    events: tuple[str, ...] | None
    id: str | None
    created: int | None
    obfuscate: bool

    def text(self, stamp: Stamp) -> str:
        """Return the body of the reply; of a stream, all of it."""
        identity = quote(self.id or stamp.id)
        created = stamp.created if self.created is None else self.created
        if self.events is None:
            opening = f'{{\n  "id": {identity},\n  "object": "chat.completion",\n  "created": {created},'
            return opening + self.body
        opening = f'{{"id":{identity},"object":"chat.completion.chunk","created":{created},'
        if not self.obfuscate:
            return "".join([f"data: {opening}{event}}}\n\n" for event in self.events]) + DONE
        return "".join(_obfuscated(opening, self.events, stamp.offset)) + DONE


def encode(chat: ChatRequest, answer: Answer, family: Family, usage: Document) -> Encoded:
    """Lay out *answer* as *chat* asked for it: a stream, or one document."""
    envelope = _envelope(chat, answer, family)
    identity, created = answer.envelope.get("id"), answer.envelope.get("created")
    own_id = identity if isinstance(identity, str) else None
    own_created = created if isinstance(created, int) else None
    if chat.stream:
        events = tuple(_events(chat, answer, family, envelope, usage))
        return Encoded("", events, own_id, own_created, obfuscate=chat.include_obfuscation)
    return Encoded(_completion(answer, family, envelope, usage), None, own_id, own_created, obfuscate=False)


def _completion(answer: Answer, family: Family, envelope: Document, usage: Document) -> str:
    """Return the text of a completion from its model on, keys in the API's order (FACTS B.1)."""
    members = {"model": envelope["model"], "choices": _choices(answer, family), "usage": usage}
    members |= {key: value for key, value in envelope.items() if key not in members}
    laid = [f"\n  {quote(key)}: {_member(key, value)}" for key, value in members.items()]
    return ",".join(laid) + "\n}\n"


def _member(key: str, value: Any) -> str:
    if key == "usage" and value.get("completion_tokens_details") is _COMPLETION_DETAILS:
        return _USAGE % (value["prompt_tokens"], value["completion_tokens"], value["total_tokens"])
    return indented(value, "\n  ")


_PROMPT_DETAILS = {"cached_tokens": 0, "audio_tokens": 0}
_COMPLETION_DETAILS = {
    "reasoning_tokens": 0,
    "audio_tokens": 0,
    "accepted_prediction_tokens": 0,
    "rejected_prediction_tokens": 0,
}


def usage_document(prompt: int, completion: int) -> dict[str, Any]:
    """Return the usage member for these counts of tokens (FACTS C.2). Its details are shared: read only."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": _PROMPT_DETAILS,
        "completion_tokens_details": _COMPLETION_DETAILS,
    }


# counts are all that differs between the usages of generated answers: the rest is laid out once
_USAGE = indented(usage_document(0, 0), "\n  ").replace('_tokens": 0', '_tokens": %d', 3)


def _envelope(chat: ChatRequest, answer: Answer, family: Family) -> dict[str, Any]:
    """The members around the choices. An answer that brings an envelope brings all of it."""
    if answer.envelope:
        own = {key: value for key, value in answer.envelope.items() if key not in _STAMPED}
        return {"model": chat.model, **own}
    model = snapshot_of(chat.model)
    fingerprint = system_fingerprint(model) if family.fingerprint else None
    return {"model": model, "service_tier": "default", "system_fingerprint": fingerprint}


def _choices(answer: Answer, family: Family) -> Sequence[dict[str, Any]]:
    return [
        {
            "index": index,
            "message": choice.message,
            **_logprobs(choice, family),
            **choice.extra,
            "finish_reason": choice.finish_reason,
        }
        for index, choice in enumerate(answer.choices)
    ]


def _logprobs(choice: Choice, family: Family) -> dict[str, Any]:
    return {"logprobs": choice.logprobs} if family.sends_logprobs or choice.logprobs else {}


def _events(
    chat: ChatRequest, answer: Answer, family: Family, envelope: Document, usage: Document
) -> list[str]:
    """Return each chunk from its model on, without obfuscation and closing brace."""
    head = "".join(f"{quote(key)}:{compact(envelope[key])}," for key in _BEFORE_CHOICES if key in envelope)
    extra = {k: v for k, v in envelope.items() if k not in _BEFORE_CHOICES and k != "usage"}
    pending, total = "", ""
    if chat.include_usage:
        pending, total = ',"usage":null', f',"usage":{compact(usage)}'
    # with parallel calls the API writes usage before choices (FACTS B.2, TRAFFIC 4)
    early = any(len(choice.message.get("tool_calls") or ()) > 1 for choice in answer.choices)
    tail = "".join(f",{quote(key)}:{compact(value)}" for key, value in extra.items())

    def around(usage_member: str) -> tuple[str, str]:
        """Return what stands before the choices of a chunk, and after them."""
        if early and usage_member:
            return f'{head}{usage_member[1:]},"choices":[', f"]{tail}"
        return f'{head}"choices":[', f"]{usage_member}{tail}"

    before, after = around(pending)
    scored = family.sends_logprobs or any(choice.logprobs is not None for choice in answer.choices)
    # how nearly all chunks go on after their delta; the others are spelled out
    usual = (',"logprobs":null' if scored else "") + ',"finish_reason":null}' + after
    events = [
        f'{before}{{"index":{delta.choice},"delta":{delta.text}{usual}'
        if delta.logprobs is None and delta.finish_reason is None
        else before + _chunk_choice(delta, scored) + after
        for delta in deltas(answer.choices, family)
    ]
    if total:
        events.append("".join(around(total)))
    return events


def _chunk_choice(delta: Delta, scored: bool) -> str:
    logprobs = ""
    if scored:
        logprobs = f',"logprobs":{"null" if delta.logprobs is None else compact(delta.logprobs)}'
    finish = "null" if delta.finish_reason is None else quote(delta.finish_reason)
    extra = "".join(f",{quote(key)}:{compact(value)}" for key, value in delta.extra.items())
    return f'{{"index":{delta.choice},"delta":{delta.text}{logprobs},"finish_reason":{finish}{extra}}}'


def _obfuscated(opening: str, events: Sequence[str], offset: int) -> list[str]:
    """Pad every chunk so that the characters of its JSON are 1 modulo 16 (FACTS B.3)."""
    length = len(opening) + 1
    return [
        f'data: {opening}{event},"obfuscation":"{PADDING[at : at - (length + len(event)) % -16]}"}}\n\n'
        for at, event in zip(_places(offset), events, strict=False)
    ]


def _places(offset: int) -> Iterator[int]:
    """Yield where in the padding each chunk's starts, without end."""
    start = offset % 1024
    return chain(range(start, 4080, 31), cycle(range(0, 4080, 31)))
