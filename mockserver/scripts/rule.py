"""A rule as a value: when it holds, and what is answered then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import jsonschema_rs

from understudy.mockserver.chat import ChatRequest
from understudy.mockserver.scripts.answer import Answering
from understudy.mockserver.scripts.paths import Query
from understudy.mockserver.scripts.texts import Text

Predicate: TypeAlias = Callable[[ChatRequest], bool]
Then: TypeAlias = Literal["repeat", "stop", "cycle"]
Named: TypeAlias = "tuple[tuple[str, Text | None], ...]"
"""Texts asked for by name; None: that there is none of that name."""


class _Anything:
    def __repr__(self) -> str:
        return "ANYTHING"


ANYTHING: Final[Any] = _Anything()


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What is asked of a tool's result. All of it must hold of the same one."""

    tool: str | None = None
    id: str | None = None
    text: Text = field(default_factory=Text)


@dataclass(frozen=True, slots=True)
class At:
    """What is asked of the values that *query* selects: that one *equals*, one fits *text*, or that
    there is any (*exists*)."""

    query: Query
    equals: Any = ANYTHING
    text: Text | None = None
    exists: bool | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """A JSON Schema that the whole body must satisfy. Raises ValueError for one that is broken."""

    schema: Any
    fits: Callable[[Any], bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            validator = jsonschema_rs.Draft202012Validator(self.schema, retriever=_never_fetched)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            raise ValueError(f"the JSON Schema is broken: {str(error).splitlines()[0]}") from None
        object.__setattr__(self, "fits", validator.is_valid)


def _never_fetched(uri: str) -> Any:
    raise ValueError(f"{uri} is not fetched; put it into $defs")


@dataclass(frozen=True, slots=True)
class When:
    """What must hold of a request; None (or nothing) asks nothing.

    *model*: globs, one of which fits. *user*: the last message of the user; *system*: those of system
    and developer. *turn*: messages of the assistant so far. *tools*: names that are all on offer; ()
    asks that none is. *predicate* is called last, when all else holds.
    """

    model: tuple[str, ...] = ()
    user: Text | None = None
    system: Text | None = None
    any_message: Text | None = None
    turn: int | None = None
    tool_result: ToolResult | None = None
    tools: tuple[str, ...] | None = None
    response_format: str | None = None
    stream: bool | None = None
    headers: Named = ()
    metadata: Named = ()
    body: tuple[At, ...] = ()
    shape: Shape | None = None
    predicate: Predicate | None = None

    def __post_init__(self) -> None:
        if self.predicate is not None and not callable(self.predicate):
            raise ValueError(f"predicate is {self.predicate!r}, expected a callable that gets the request")


def check_priority(priority: Any) -> None:
    """Raise ValueError for what is no whole number."""
    if type(priority) is not int:
        raise ValueError(f"priority is {priority!r}, expected a whole number")


@dataclass(frozen=True, slots=True)
class Rule:
    """*answers* one after the other to requests that fit *when*; *then* says what follows the last.

    *times*: how many requests it answers in all (None: any number). Of several rules that fit, the one
    of highest *priority* answers, and of these the first. *place* is ``file:line``, where it has one.
    """

    when: When
    answers: tuple[Answering, ...]
    times: int | None = None
    priority: int = 0
    name: str = ""
    place: str = ""
    then: Then = "repeat"

    def __post_init__(self) -> None:
        if not self.answers:
            raise ValueError(f"{self}: a rule needs an answer")
        if self.times is not None and (type(self.times) is not int or self.times < 1):
            raise ValueError(f"{self}: times is {self.times!r}, expected a whole number, 1 or more")
        check_priority(self.priority)
        if self.then not in ("repeat", "stop", "cycle"):
            raise ValueError(f"{self}: then is 'repeat', 'stop' or 'cycle', not {self.then!r}")

    @property
    def limit(self) -> int | None:
        """How many requests it answers in all, None for any number."""
        if self.then != "stop":
            return self.times
        return len(self.answers) if self.times is None else min(self.times, len(self.answers))

    def __str__(self) -> str:
        named = f"rule {self.name!r}" if self.name else "a rule"
        return f"{named} ({self.place})" if self.place else named
