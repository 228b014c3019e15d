"""An answer as bytes: one JSON document, or the events of a stream (FACTS B.1 to B.3).

Everything but the stamp is laid out once, in ``Encoded``; a reply to an equal request then costs
the few characters that differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, cycle
from typing import NamedTuple
from uuid import UUID

from understudy.contracts import Family
from understudy.mockserver.chat import Answer, ChatRequest, Choice, Document
from understudy.mockserver.deltas import Delta, deltas
from understudy.mockserver.envelope import envelope_of
from understudy.mockserver.identity import PADDING, Stamp
from understudy.mockserver.layout import Written, compact, enclosed, indented, quote
from understudy.mockserver.usage import laid_out as usage_laid_out

_NO_USAGE = ',"usage":null'
DONE = "data: [DONE]\n\n"
_MEMBER, _CHOICE = "\n  ", "\n      "  # where the members of a completion stand, and those of a choice
_IN_COMPLETION = ("model", "choices", "usage")
_BEFORE_CHOICES = ("model", "service_tier", "system_fingerprint")
_AUDIO_LASTS = 3_600  # seconds, from the recordings
# stands for a time that the stamp brings; JSON text holds no such character otherwise
_EXPIRES_AT = Written("\0")


class Encoded(NamedTuple):
    """An answer laid out but for its stamp. *events* is None for a JSON reply.

    *id* and *created* are set where the answer brings its own (a recording); *uuid_id*: its id ends in
    a UUID. *closing* is an event after all others, without padding. *expires*: it says when its audio will.
    """

    body: str
    events: tuple[str, ...] | None
    id: str | None
    created: int | None
    obfuscate: bool
    uuid_id: bool = False
    closing: str = ""
    expires: bool = False

    def text(self, stamp: Stamp) -> str:
        """Return the body of the reply; of a stream, all of it."""
        identity = quote(self.id or (_uuid_id(stamp) if self.uuid_id else stamp.id))
        created = stamp.created if self.created is None else self.created
        if self.events is None:
            opening = f'{{\n  "id": {identity},\n  "object": "chat.completion",\n  "created": {created},'
            return opening + (_dated(self.body, created) if self.expires else self.body)
        events: Sequence[str] = self.events
        if self.expires:
            events = [_dated(event, created) for event in events]
        opening = f'{{"id":{identity},"object":"chat.completion.chunk","created":{created},'
        if self.obfuscate:
            sent = _obfuscated(opening, events, stamp.offset)
        else:
            sent = [f"data: {opening}{event}}}\n\n" for event in events]
        if self.closing:
            sent.append(f"data: {opening}{self.closing}}}\n\n")
        return "".join(sent) + DONE


def encode(chat: ChatRequest, answer: Answer, family: Family, usage: Document) -> Encoded:
    """Lay out *answer* as *chat* asked for it: a stream, or one document."""
    expires = any("audio" in choice.message and _undated(choice) for choice in answer.choices)
    if expires:
        answer = replace(answer, choices=tuple(map(_expiring, answer.choices)))
    envelope = envelope_of(chat, answer, family)
    given, made = answer.envelope.get("id"), answer.envelope.get("created")
    identity = given if isinstance(given, str) else None
    created = made if isinstance(made, int) else None
    if not chat.stream:
        body = _completion(answer, family, envelope, usage)
        return Encoded(body, None, identity, created, False, family.uuid_ids, "", expires)
    # what moderation found has a chunk of its own, the last (FACTS B.2)
    found = envelope.pop("moderation", None)
    head = _head(envelope)
    closing = f'{head}"choices":[],"moderation":{compact(found)}' if found else ""
    events = tuple(_events(chat, answer, family, head, _tail(envelope), usage))
    padded = chat.include_obfuscation
    return Encoded("", events, identity, created, padded, family.uuid_ids, closing, expires)


def _undated(choice: Choice) -> Document | None:
    """Return the audio of *choice* where it does not say when it expires."""
    audio = choice.message.get("audio")
    return audio if isinstance(audio, Mapping) and "expires_at" not in audio else None


def _expiring(choice: Choice) -> Choice:
    """Return *choice* with the time its audio expires: after its data, as recorded."""
    audio = _undated(choice)
    if audio is None:
        return choice
    first = {key: audio[key] for key in ("id", "data") if key in audio}
    dated = {**first, "expires_at": _EXPIRES_AT, **audio}
    return replace(choice, message={**choice.message, "audio": dated})


def _dated(text: str, created: int) -> str:
    return text.replace(_EXPIRES_AT, str(created + _AUDIO_LASTS))


def _uuid_id(stamp: Stamp) -> str:
    digest = hashlib.blake2b(stamp.id.encode("ascii"), digest_size=16).digest()
    return f"chatcmpl-{UUID(bytes=digest, version=4)}"


def _completion(answer: Answer, family: Family, envelope: Document, usage: Document) -> str:
    """Return the text of a completion from its model on, keys in the API's order (FACTS B.1)."""
    choices = [_choice(index, choice, family) for index, choice in enumerate(answer.choices)]
    others = [
        f",\n  {quote(key)}: {indented(value, _MEMBER)}"
        for key, value in envelope.items()
        if key not in _IN_COMPLETION
    ]
    return (
        f'\n  "model": {indented(envelope["model"], _MEMBER)},'
        f'\n  "choices": {enclosed("[", choices, "]", _MEMBER)},'
        f'\n  "usage": {usage_laid_out(usage)}{"".join(others)}\n}}\n'
    )


def _choice(index: int, choice: Choice, family: Family) -> str:
    inside, finish = _CHOICE, choice.finish_reason
    others = choice.extra
    if family.sends_logprobs or choice.logprobs:
        others = {"logprobs": choice.logprobs, **others}
    return (
        f'{{{inside}"index": {index},{inside}"message": {indented(choice.message, inside)},'
        + "".join([f"{inside}{quote(key)}: {indented(value, inside)}," for key, value in others.items()])
        + f'{inside}"finish_reason": {"null" if finish is None else quote(finish)}\n    }}'
    )


def _head(envelope: Document) -> str:
    """Return what stands before the choices of every chunk."""
    given = [(key, envelope[key]) for key in _BEFORE_CHOICES if key in envelope]
    return "".join(
        [f'"{key}":{quote(value) if type(value) is str else compact(value)},' for key, value in given]
    )


def _tail(envelope: Document) -> str:
    """Return what stands at the end of every chunk: members that only other APIs have."""
    extra = {k: v for k, v in envelope.items() if k not in _BEFORE_CHOICES and k != "usage"}
    return "".join(f",{quote(key)}:{compact(value)}" for key, value in extra.items())


def _events(
    chat: ChatRequest, answer: Answer, family: Family, head: str, tail: str, usage: Document
) -> list[str]:
    """Return each chunk from its model on, without obfuscation and closing brace."""
    no_usage = _NO_USAGE if chat.include_usage else ""
    ending = f'{head}"choices":[', f"]{no_usage}{tail}"
    before, after = ending
    # with parallel calls the API writes usage before choices, until they end
    if no_usage and any(len(choice.message.get("tool_calls") or ()) > 1 for choice in answer.choices):
        before, after = f'{head}{no_usage[1:]},"choices":[', f"]{tail}"
    scored = family.sends_logprobs or any(choice.logprobs is not None for choice in answer.choices)
    # how nearly all chunks go on after their delta; the others are spelled out
    usual = (',"logprobs":null' if scored else "") + ',"finish_reason":null}' + after
    events = []
    for delta in deltas(answer.choices, family):
        if delta.finish_reason is not None or delta.extra:
            events.append(_chunk_choice(delta, scored).join(ending))
        elif delta.logprobs is not None:
            events.append(before + _chunk_choice(delta, scored) + after)
        else:
            events.append(f'{before}{{"index":{delta.choice},"delta":{delta.text}{usual}')
    if chat.include_usage:
        events.append(f'{head}"choices":[],"usage":{compact(usage)}{tail}')
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
