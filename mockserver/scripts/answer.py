"""What a rule answers with, as values: a reply of one or several choices, an error, or a callable.

They say only what the script says; ``saying`` fills in what the API would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final, Literal, TypeAlias

from understudy.mockserver.chat import Answer, ChatRequest, Verbatim
from understudy.mockserver.errors import ApiError
from understudy.mockserver.layout import compact
from understudy.mockserver.wire import Headers

ENVELOPE = ("id", "created", "model", "system_fingerprint", "service_tier")


class _Nothing:
    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final[Any] = _Nothing()
"""Where null is a value, and may be meant."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the tool *name*. *arguments*: a text goes out as it is (so it need not be JSON), any other
    value as JSON; of a custom tool, its input. *id*: made up where there is none."""

    name: str
    arguments: Any = field(default_factory=dict)
    kind: Literal["function", "custom"] = "function"
    id: str | None = None

    @property
    def text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else compact(self.arguments)


@dataclass(frozen=True, slots=True)
class Said:
    """One choice. What is None (or empty) is not there, or is filled in as the API would.

    *text* comes before tool calls, *text_after* behind them. *pieces* are what a stream sends the text
    (or the refusal, or the arguments of the one call) in. *reasoning_tokens*: None counts them.
    *logprobs*: true makes them up, false leaves them out, None does as the request asks.
    Raises ValueError for members that exclude one another.
    """

    text: str | None = None
    tool_calls: tuple[Call, ...] = ()
    text_after: str = ""
    function_call: Call | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_tokens: int | None = None
    logprobs: bool | Mapping[str, Any] | None = None
    annotations: Sequence[Mapping[str, Any]] = ()
    audio: Mapping[str, Any] | None = None
    finish_reason: str | None = None
    pieces: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        self._exclude("refusal", "text", "tool_calls", "function_call", "audio")
        self._exclude("function_call", "tool_calls")
        self._exclude("audio", "text", "tool_calls", "function_call")
        if self.text_after and not self.tool_calls:
            raise ValueError("text_after is what follows tool calls, and there are none; use text")
        if self.pieces is not None:
            self._agree("".join(self.pieces))
        if isinstance(self.logprobs, Mapping):
            _check_logprobs(self.logprobs)

    def _exclude(self, name: str, *others: str) -> None:
        if getattr(self, name) in (None, ()):
            return
        for other in others:
            if getattr(self, other) not in (None, ()):
                raise ValueError(f"an answer has {name} or {other}, not both")

    def _agree(self, joined: str) -> None:
        """Take *joined* as the text where there is no other; the pieces must be those of what is said."""
        call = self.function_call or (self.tool_calls[0] if len(self.tool_calls) == 1 else None)
        said = self.refusal if self.text is None else self.text
        said = call.text if said is None and call is not None else said
        if said is None and not self.tool_calls and self.audio is None:
            object.__setattr__(self, "text", joined)
        elif said != joined:
            raise ValueError(f"the pieces make {joined[:60]!r}, and what they are of is {str(said)[:60]!r}")


def _check_logprobs(given: Mapping[str, Any]) -> None:
    """Raise ValueError where *given* is not what the ``logprobs`` of a choice look like (FACTS B.1)."""
    for member in ("content", "refusal"):
        scores = given.get(member)
        if scores is not None and not isinstance(scores, (list, tuple)):
            raise ValueError(f"logprobs.{member} is {type(scores).__name__}, expected a list or None")
        for index, score in enumerate(scores or ()):
            if not isinstance(score, Mapping) or not isinstance(score.get("token"), str):
                raise ValueError(f"logprobs.{member}[{index}] is {score!r}, expected an object with a token")
            data = score.get("bytes")
            if data is not None and not _are_bytes(data):
                where = f"logprobs.{member}[{index}].bytes"
                raise ValueError(f"{where} is {data!r}, expected numbers from 0 to 255")


def _are_bytes(data: Any) -> bool:
    return isinstance(data, (list, tuple)) and all(type(one) is int and 0 <= one <= 255 for one in data)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of one or several *choices*. Where a request asks for more of them than there are, they
    are said again; where for fewer, the first are.

    *usage* is laid over the counts that the engine makes, *envelope* (its members are in ``ENVELOPE``)
    over what stands around the choices; *headers* are sent besides the usual ones.
    """

    choices: tuple[Said, ...]
    usage: Mapping[str, Any] | None = None
    envelope: Mapping[str, Any] = field(default_factory=dict)
    headers: Headers = ()

    def __post_init__(self) -> None:
        if not self.choices:
            raise ValueError("an answer needs at least one choice")
        for name in self.envelope:
            if name not in ENVELOPE:
                raise ValueError(f"{name!r} is not a member to override; there are: {', '.join(ENVELOPE)}")


# status -> type and code that FACTS D.2 has for it, and a message
_KNOWN: Mapping[int, tuple[str, str | None, str]] = {
    401: (
        "invalid_request_error",
        "invalid_api_key",
        "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
    ),
    403: (
        "request_forbidden",
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
    ),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached. Please try again later."),
    500: (
        "server_error",
        None,
        "The server had an error while processing your request. Sorry about that!",
    ),
    503: (
        "service_unavailable_error",
        "server_is_overloaded",
        "Our servers are currently overloaded. Please try again later.",
    ),
}
_MODEL_SPEAKS = (400, 422)


@dataclass(frozen=True, slots=True)
class Fail:
    """An error as the answer. ``NOTHING``: as the API documents it for *status* (FACTS D.2)."""

    status: int
    message: str | None = None
    type: str | None = None
    code: Any = NOTHING
    param: str | None = None
    headers: Headers = ()

    def __post_init__(self) -> None:
        if type(self.status) is not int or not 400 <= self.status <= 599:
            raise ValueError(f"status is {self.status!r}, expected 400 to 599")

    def error(self) -> ApiError:
        """Return the error this stands for."""
        server = self.status >= 500
        kind, code, message = _KNOWN.get(
            self.status,
            ("server_error" if server else "invalid_request_error", None, f"Error {self.status}."),
        )
        given = {"message": self.message, "type": self.type}
        own = {name for name, text in given.items() if text is not None}
        return ApiError(
            status=self.status,
            message=message if self.message is None else self.message,
            type=self.type or kind,
            param=self.param,
            code=code if self.code is NOTHING else self.code,
            voice="model" if self.status in _MODEL_SPEAKS else "gateway",
            headers=tuple(self.headers),
            own=frozenset(own if self.code is NOTHING else own | {"code"}),
        )


def header_texts(given: Any) -> Headers:
    """Return the headers *given* by name; a number is taken as text. Raises ValueError for other values."""
    if not isinstance(given, Mapping):
        raise ValueError(f"headers is {given!r}, expected a mapping from names to texts")
    for name, value in given.items():
        if not isinstance(name, str) or isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError(f"headers has {name!r}: {value!r}, expected texts, or numbers")
    return tuple((name, str(value)) for name, value in given.items())


def error_headers(given: Any, retry_after: Any = None) -> Headers:
    """Return the headers of an error, which may be asked for again after *retry_after* seconds (None: it
    does not say). A ``retry-after`` among those *given* goes before. Raises ValueError for what is none."""
    headers = header_texts(given)
    if retry_after is None:
        return headers
    number = isinstance(retry_after, (int, float)) and not isinstance(retry_after, bool)
    if not number or not isfinite(retry_after) or retry_after < 0:
        raise ValueError(f"retry_after is {retry_after!r}, expected a number of seconds, 0 or more")
    if any(name.lower() == "retry-after" for name, _ in headers):
        return headers
    whole = retry_after == int(retry_after)
    return (("retry-after", str(int(retry_after) if whole else retry_after)), *headers)


Called: TypeAlias = Callable[[ChatRequest], Any]
"""A callable of the user: it returns a text, a value of this module, an Answer or a Verbatim."""
Whole: TypeAlias = "Answer | Verbatim | Reply | Fail"
"""What needs no more than a request to be said."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer that is made for each request anew: *make* gets the variables of a template.

    *reads_headers*: one of them is the headers of the request."""

    make: Callable[[Mapping[str, Any]], Reply | Fail]
    reads_headers: bool = False


Answering: TypeAlias = "Whole | Rendered | Called"


def as_answer(value: Any, of: str) -> Answering:
    """Return *value* as an answer: a text is said. Raises ValueError, naming *of*, for what is none."""
    if isinstance(value, str):
        return Reply((Said(text=value),))
    if isinstance(value, Said):
        return Reply((value,))
    if isinstance(value, Call):
        return Reply((Said(tool_calls=(value,)),))
    if isinstance(value, (Reply, Fail, Rendered, Answer, Verbatim)) or callable(value):
        return value  # type: ignore[no-any-return]  # a callable of unknown kind
    raise ValueError(
        f"{of} is {type(value).__name__}, expected a text, an answer of understudy.fixtures.answers, or a "
        "callable; says_json(…) answers with a JSON value"
    )
