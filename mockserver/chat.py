"""The two values of the conversation: what was asked, and what is answered."""

from __future__ import annotations

import hashlib
import json
import marshal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from understudy.contracts import Violation
from understudy.mockserver.wire import Headers

Document: TypeAlias = Mapping[str, Any]

_FORM_ONLY = ("stream", "stream_options")  # how the answer is sent, not what it says
_LARGEST_KEPT = 65_536  # bytes
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request body that was a JSON object, read leniently; *violations* say what was wrong.

    *document* is the body as it was sent. *fingerprint* is equal for bodies that ask the same, whatever
    their key order and whitespace, as a stream or whole: all chance about a request is drawn from it.
    """

    document: Document
    model: str
    messages: Sequence[Any]
    stream: bool
    fingerprint: bytes
    violations: tuple[Violation, ...] = ()

    @property
    def include_usage(self) -> bool:
        return _option(self.document, "include_usage", default=False)

    @property
    def include_obfuscation(self) -> bool:
        return _option(self.document, "include_obfuscation", default=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of an answer.

    *message* is the assistant message in the API's own shape (``role, content, tool_calls?,
    refusal, annotations, …``), keys in the order they are sent. *pieces* are the texts a stream
    sends it in, for whichever of content, refusal or arguments it carries; None: cut it at
    token borders. *tokens* is how many it has, where the source knows. *extra* holds further members
    of the choice (``content_filter_results``). *reasoning* is what the model thought, for APIs that
    tell; *reasoning_tokens* is what it cost, beside *tokens*; *audio_tokens* is how many of *tokens*
    were spoken. *text_after* is the end of the content that a stream sends behind the tool calls.
    """

    message: Document
    finish_reason: str | None = "stop"
    logprobs: Document | None = None
    pieces: Sequence[str] | None = None
    tokens: int | None = None
    extra: Document = field(default_factory=dict)
    reasoning: str | None = None
    reasoning_tokens: int = 0
    audio_tokens: int = 0
    text_after: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source says. The members of *envelope* (``id, created, model, service_tier, …``)
    and *usage*, in the API's shape, replace what the engine would fill in; the members of *usage_over* are
    laid over what it counts. *headers* are sent besides."""

    choices: tuple[Choice, ...]
    usage: Document | None = None
    envelope: Document = field(default_factory=dict)
    headers: Headers = ()
    usage_over: Document | None = None


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A whole HTTP reply, kept as it was: sent byte for byte; *usage* is what it says of tokens,
    *timing* how its pieces came: the seconds before each, and its bytes."""

    status: int
    headers: Headers
    body: bytes
    usage: Document | None = None
    timing: Sequence[tuple[float, int]] = ()


def read_chat(document: Document, violations: tuple[Violation, ...] = ()) -> ChatRequest:
    """Return the request that *document* makes. Never raises: what does not fit is left empty."""
    model, messages = document.get("model"), document.get("messages")
    return ChatRequest(
        document=document,
        model=model if isinstance(model, str) else "",
        messages=messages if isinstance(messages, list) else (),
        stream=document.get("stream") is True,
        fingerprint=fingerprint({k: v for k, v in document.items() if k not in _FORM_ONLY}),
        violations=violations,
    )


def fingerprint(document: Any) -> bytes:
    """Return 16 bytes that are equal for equal JSON values, whatever the key order."""
    if isinstance(document, dict) and (tools := document.get("tools")):
        # agents send the same long list with every request; it is laid out once
        document = {**document, "tools": content_key(tools).hex()}
    return _digest(_canonical(document))


def content_key(value: Any) -> bytes:
    """Return 16 bytes that are equal for equal JSON values; those of recent values are remembered."""
    try:
        exact = marshal.dumps(value, 0)  # quicker than JSON, and equal for values just read
    except ValueError:  # nested deeper than marshal goes
        return _digest(_canonical(value))
    return _digest(_canonical(value)) if len(exact) > _LARGEST_KEPT else _remembered(exact)


@lru_cache(maxsize=512)
def _remembered(exact: bytes) -> bytes:
    return _digest(_canonical(marshal.loads(exact)))  # noqa: S302  (our own bytes, made a moment ago)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).digest()


def _option(document: Document, name: str, *, default: bool) -> bool:
    options = document.get("stream_options")
    value = options.get(name) if isinstance(options, dict) else None
    return value if isinstance(value, bool) else default
