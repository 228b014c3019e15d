"""How one API lays out its replies, as a value: the ``reply`` section of a profile, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from understudy.mockserver.dialects import defaults, patterns
from understudy.mockserver.dialects.templates import names

Template: TypeAlias = Mapping[str, Any]

_AROUND = frozenset({"id", "created", "model", "fingerprint", "tier"})
_SPOKEN = frozenset({"index", "logprobs", "scores", "finish_reason"})
_IN_STREAM = (
    "choices usage asked pending padding delta text role call calls call_index call_id name arguments "
    "no_reasoning token_id"
)
_MESSAGE = "content text refusal calls tool_calls function_call audio annotations reasoning"
_COUNTS = "prompt completion total cached cache_write reasoning audio_prompt image_prompt audio_completion"
_ERROR = "message type param code status status_text code_or_status raw reset_ms"
_HEADERS = "request_id processing_ms left_tokens reset_tokens reset_tokens_seconds"
# the templates of a reply section, and what each may fill in beside what is drawn
_PLACES: Mapping[str, frozenset[str]] = {
    "completion": _AROUND | {"choices", "usage"},
    "choice": _AROUND | _SPOKEN | {"message"},
    "message": frozenset(_MESSAGE.split()),
    "tool_call": frozenset({"call_id", "call_index", "name", "arguments"}),
    "usage": frozenset(_COUNTS.split()),
    "stream": _AROUND | _SPOKEN | frozenset(_IN_STREAM.split()),
    "error": frozenset(_ERROR.split()),
    "headers": frozenset(_HEADERS.split()),
}
_PLACE_OF = {"message_reasoning": "message"}


@dataclass(frozen=True, slots=True)
class Frame:
    """One kind of chunk. *choice* and *chunk* are None where they are the stream's."""

    delta: Template | None = None
    choice: Template | None = None
    chunk: Template | None = None


@dataclass(frozen=True, slots=True)
class Padding:
    """Either a chunk's characters are *remainder* modulo *modulo*, or up to *longest* letters are drawn."""

    letters: str
    modulo: int = 0
    remainder: int = 0
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Comments:
    """*share* percent of the streams begin with 1 to *count* comment lines of *text*."""

    text: str
    share: int = 100
    count: int = 1


@dataclass(frozen=True, slots=True)
class Stream:
    """How an API streams. *usage* is when it has a chunk of its own: ``asked``, ``always``, empty: never."""

    chunk: Template = field(default_factory=dict)
    choice: Template = field(default_factory=dict)
    call: Template = field(default_factory=dict)
    frames: Mapping[str, Frame] = field(default_factory=dict)
    before: tuple[Template, ...] = ()
    usage: str = "asked"
    usage_chunk: Template | None = None
    comments: Comments | None = None
    padding: Padding | None = None
    chunks_per_second: int | None = None
    done: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """The shape of one API's replies; None is where OpenAI's is meant and is no template.

    *draws* are the values drawn for a reply, by the name that templates know them by. *error* and
    *headers* are as in the profile.
    """

    completion: Template
    choice: Template
    message: Template
    message_reasoning: Template
    tool_call: Template
    stream: Stream
    layout: str = "indented"
    lead: str = ""
    draws: Mapping[str, str] = field(default_factory=dict)
    call_id: str | None = None
    fingerprint: str | None = None
    own_fingerprint: bool = False
    sorted: bool = False
    usage: Template | None = None
    error: Mapping[str, Any] | None = None
    headers: Mapping[str, Mapping[str, str]] | None = None


def dialect_of(section: Mapping[str, Any]) -> Dialect:
    """Return the dialect that the ``reply`` *section* of a profile describes; what it leaves out is OpenAI's.

    Its form is that of ``contracts/profiles/reply.schema.json``. Raises ValueError for a name or a pattern
    that does not exist, with the place it stands at and what there is.
    """
    plain: Mapping[str, Any] = _plain(section)
    draws: Mapping[str, str] = plain.get("draws", {})
    _check(plain, frozenset(draws))
    message = plain.get("message", defaults.MESSAGE)
    return Dialect(
        completion=plain.get("completion", defaults.COMPLETION),
        choice=plain.get("choice", defaults.CHOICE),
        message=message,
        message_reasoning=plain.get("message_reasoning", message),
        tool_call=plain.get("tool_call", defaults.TOOL_CALL),
        stream=_stream(plain.get("stream", {})),
        own_fingerprint="fingerprint" in plain,
        draws=draws,
        **{name: plain[name] for name in _AS_THEY_ARE if name in plain},
    )


_AS_THEY_ARE = ("layout", "lead", "call_id", "fingerprint", "sorted", "usage", "error", "headers")


def _stream(section: Mapping[str, Any]) -> Stream:
    usage, comments = section.get("usage", {}), section.get("comments")
    padding = section.get("padding", defaults.PADDING)
    frames = section.get("frames", defaults.FRAMES)
    return Stream(
        chunk=section.get("chunk", defaults.CHUNK),
        choice=section.get("choice", defaults.CHUNK_CHOICE),
        call=section.get("call", defaults.CHUNK_CALL),
        frames={kind: Frame(**frame) for kind, frame in frames.items()},
        before=tuple(section.get("before", ())),
        usage="" if usage is None else usage.get("when", "asked"),
        usage_chunk=None if usage is None else usage.get("chunk"),
        comments=None if comments is None else Comments(**comments),
        padding=None if padding is None else Padding(**padding),
        chunks_per_second=section.get("chunks_per_second"),
        done=section.get("done", True),
    )


def _plain(value: Any) -> Any:
    """Return *value* with floats where the reader of the profile made decimals, which JSON cannot write."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value


def _check(section: Mapping[str, Any], drawn: frozenset[str]) -> None:
    for where, pattern in _patterns(section):
        if not pattern.startswith("$"):
            patterns.check(pattern, where)
    for place, template in section.items():
        allowed = _PLACES.get(_PLACE_OF.get(place, place))
        if allowed is None:
            continue
        try:
            unknown = sorted(set(names(template)) - allowed - drawn)
        except ValueError as error:
            raise ValueError(f"reply.{place}: {error}") from None
        if unknown:
            there = ", ".join(f"${name}" for name in sorted(allowed | drawn))
            raise ValueError(f"reply.{place}: nothing is called ${unknown[0]}; there are: {there}")


def _patterns(section: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for member in ("call_id", "fingerprint"):
        if section.get(member) is not None:
            yield f"reply.{member}", section[member]
    for name, pattern in section.get("draws", {}).items():
        yield f"reply.draws.{name}", pattern
    for kind, pairs in section.get("headers", {}).items():
        for name, pattern in pairs.items():
            yield f"reply.headers.{kind}.{name}", pattern
