"""What an entry of the fault catalogue says, and how its parameters are read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from understudy.contracts.mistakes import nearest
from understudy.mockserver.steps import Rewrite

Values: TypeAlias = "Mapping[str, Any]"
Where: TypeAlias = Literal["before the head", "head", "body", "event", "byte"]
Applies: TypeAlias = Literal["json", "stream", "both"]
Way: TypeAlias = Literal["json", "stream", "helper"]

UNHARMED = "unharmed"  # the client hands over what it would have without the fault
SILENT = "silent"  # no exception, but what it hands over is not what the server meant

_KINDS: Mapping[type, str] = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that can be chosen. *default* None: not set. *minimum* and *maximum* are in *unit*, of a
    text its length."""

    type: type
    default: Any
    unit: str
    meaning: str
    minimum: float = 0
    maximum: float = 1_000_000

    def read(self, value: Any) -> Any:
        """Return *value* as this parameter's type; the text of a number is read as one.

        Raises ValueError that says what is allowed.
        """
        if value is None and self.default is None:
            return None
        read = self._read(value)
        if read is None:
            raise ValueError(f"{value!r} is not {self.allowed}")
        size = len(read) if isinstance(read, str) else read
        if self.type is not bool and not self.minimum <= size <= self.maximum:
            raise ValueError(f"{value!r} is out of bounds: expected {self.allowed}")
        return read

    @property
    def allowed(self) -> str:
        """What a value may be, in words."""
        if self.type is bool:
            return _KINDS[bool]
        unit = " characters" if self.type is str else f" {self.unit}" if self.unit else ""
        return f"{_KINDS[self.type]} of {self.minimum:,} to {self.maximum:,}{unit}"

    def _read(self, value: Any) -> Any:
        """Return *value* as this type, None where it is none."""
        if self.type is str:
            return value if isinstance(value, str) else None
        if self.type is bool:
            return value if isinstance(value, bool) else _TRUTH.get(value) if isinstance(value, str) else None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            number = self.type(value) if isinstance(value, str) else value
            if self.type is int and number != int(number):
                return None
            return None if math.isnan(number) else self.type(number)
        except (ValueError, OverflowError):
            return None


class Seen(NamedTuple):
    """What the official Python client does: an exception by name, ``unharmed`` or ``silent``.

    *retried*: whether it asks again by itself first.
    """

    outcome: str
    note: str = ""
    retried: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One way a reply can go wrong.

    *summary*: what the wire does. *clients*: what openai-python does with a document, with a stream, and
    in its accumulating helper where that differs. *good*: what a good client does. *needs*: what a reply
    must have to be changed at all, else it stays as it is. *rules*: what ``understudy.contracts`` says of
    it. *source*: sections of FACTS.
    """

    name: str
    summary: str
    where: Where
    applies: Applies
    clients: Mapping[Way, Seen]
    good: str
    source: str
    rewrite: Callable[[Values], Rewrite]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    needs: str = ""
    rules: tuple[str, ...] = ()

    def values(self, given: Values) -> dict[str, Any]:
        """Return all parameters, those of *given* and the defaults. Raises ValueError that names the fault,
        what came and what is allowed."""
        for name in given:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                hint = nearest(name, self.parameters)
                raise ValueError(f"fault {self.name}: no parameter {name!r}; it has: {known}{hint}")
        values = {}
        for name, parameter in self.parameters.items():
            try:
                values[name] = parameter.read(given.get(name, parameter.default))
            except ValueError as error:
                raise ValueError(f"fault {self.name}: {name}: {error}") from None
        return values


def always(rewrite: Rewrite) -> Callable[[Values], Rewrite]:
    """Return what a fault without parameters has as its *rewrite*."""
    return lambda values: rewrite


def both(outcome: str, note: str = "", *, retried: bool = False) -> dict[Way, Seen]:
    """Return *clients* for a fault that documents and streams show alike."""
    seen = Seen(outcome, note, retried)
    return {"json": seen, "stream": seen}
