"""One row of the route table, and what its handler gets and returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.admin.problems import invalid, shortened

ROOT = "/__understudy"


class Call(NamedTuple):
    """A request that was let in: *name* is what the path names, *query* and *body* are read and judged.
    *text* is the body as it came; *now* is seconds since 1970."""

    name: str
    query: Mapping[str, Any]
    body: Any
    text: str
    now: float


Handler: TypeAlias = Callable[[Desk, Call], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query. *type* is ``string``, ``integer`` or ``number``; *choices*: one or several of
    them, with commas between. *minimum* and *maximum* are inclusive."""

    name: str
    description: str
    type: str = "string"
    default: Any = None
    minimum: float = 0
    maximum: float = 10**15
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> Any:
        """Return the value that *text* says. Raises Problem with what is allowed."""
        if self.choices:
            several = [part.strip() for part in text.split(",")]
            for one in several:
                if one not in self.choices:
                    raise invalid(
                        f"{self.name} is {shortened(one)!r}, expected of: {', '.join(self.choices)}",
                        self.name,
                    )
            return several
        if self.type == "string":
            return text
        try:
            number = int(text) if self.type == "integer" else float(text)
        except ValueError:
            number = float("nan")
        if not self.minimum <= number <= self.maximum:
            kind = "a whole number" if self.type == "integer" else "a number"
            raise invalid(
                f"{self.name} is {shortened(text)!r}, expected {kind} from {self.minimum} to {self.maximum}",
                self.name,
            )
        return number

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of it."""
        if self.choices:
            return {"type": "array", "items": {"enum": list(self.choices)}}
        schema: dict[str, Any] = {"type": self.type}
        if self.type != "string":
            schema |= {"minimum": self.minimum, "maximum": self.maximum}
        return schema if self.default is None else {**schema, "default": self.default}


@dataclass(frozen=True, slots=True)
class Operation:
    """What *method* does to *path* (below ``/__understudy``; ``{…}`` names something).

    *body* and *reply* are names of schemas; *example* is a reply, *asked* a body. *errors*: statuses of
    its own, beside those that every operation has. *optional*: the body may be left out.
    """

    method: str
    path: str
    id: str
    summary: str
    handler: Handler
    reply: str
    example: Mapping[str, Any]
    query: tuple[Parameter, ...] = ()
    body: str = ""
    asked: Any = None
    optional: bool = False
    errors: tuple[int, ...] = field(default=())
