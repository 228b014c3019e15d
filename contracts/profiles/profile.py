"""A profile as a value: what one API documents of its requests, replies, errors, prices and limits.

The data are in ``data/*.json``, one file a profile, each entry with its source; users write their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeAlias

Contract: TypeAlias = Literal["openai", "compatible"]


@dataclass(frozen=True, slots=True)
class Prices:
    """USD for 1,000,000 tokens. None: not documented, so what comes under it costs as its neighbour
    (cached and written tokens as input, audio as text)."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    audio_input: Decimal | None = None
    audio_output: Decimal | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """Models whose names fit the glob *models*. *context* and *output* are tokens, None: not documented."""

    models: str
    context: int | None = None
    output: int | None = None
    capabilities: tuple[str, ...] = ()
    prices: Prices | None = None
    listed: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One documented member of the request body. Bounds that are None are not documented.

    *types* are JSON's names, none for any; *max_length* counts characters.
    """

    name: str
    types: tuple[str, ...] = ()
    required: bool = False
    default: Any = field(default=None, hash=False)
    minimum: float | None = None
    maximum: float | None = None
    min_items: int | None = None
    max_items: int | None = None
    max_length: int | None = None
    values: tuple[str, ...] = ()
    notes: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ErrorVariant:
    """One error of several that share a status: *when* it comes, and what it says. None: not documented."""

    when: str
    type: str | None = None
    code: str | None = None
    message: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class ErrorFact:
    """What is documented of one error status. None: not documented, so OpenAI's is sent.

    *billed*: whether its tokens cost. *type*, *code* and *message* hold for the whole status; where they
    depend on the reason, they are in *variants*.
    """

    status: str
    type: str | None = None
    code: str | None = None
    message: str | None = None
    billed: bool | None = None
    retry: str = ""
    variants: tuple[ErrorVariant, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """How clients are told to try again: *waits* in seconds, with *jitter* or without."""

    statuses: tuple[str, ...] = ()
    waits: tuple[float, ...] = ()
    jitter: bool = False
    advice: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One API. *reply* is the shape of its replies (``mockserver.dialects`` reads it); empty: OpenAI's.

    *contract* is the set of documents and rules that *fields*, *roles* and *waived* rule ids are laid
    over; *replies* is the one its replies are judged by, None: the same. *quota* is the status a spent
    credit is answered with. *about* is one line for a list; *sources* says who documents those sections
    that have no source of their own.
    """

    name: str
    title: str = ""
    about: str = ""
    contract: Contract = "openai"
    replies: Contract | None = None
    base_url: str = ""
    key_variable: str = ""
    fields: tuple[Field, ...] = ()
    roles: tuple[str, ...] = ()
    waived: frozenset[str] = frozenset()
    models: tuple[Model, ...] = ()
    errors: Mapping[str, ErrorFact] = field(default_factory=dict, hash=False)
    quota: str = "429"
    retry: tuple[Retry, ...] = ()
    reply: Mapping[str, Any] = field(default_factory=dict, hash=False)
    notes: Mapping[str, str] = field(default_factory=dict, hash=False)
    sources: Mapping[str, str] = field(default_factory=dict, hash=False)
    source: str = ""

    def __hash__(self) -> int:
        """Of the name only: what is remembered by profile is asked for with every request."""
        return hash(self.name)

    def model(self, name: str) -> Model | None:
        """Return what is documented of the model *name*: the first entry whose glob fits, None for none."""
        return next((model for model in self.models if fnmatchcase(name, model.models)), None)

    def prices(self, name: str) -> Prices | None:
        """Return what the model *name* costs, None where that is not documented."""
        model = self.model(name)
        return None if model is None else model.prices

    def error(self, status: int) -> ErrorFact | None:
        """Return what is documented of *status*, by itself or by its class (``5xx``)."""
        return self.errors.get(str(status)) or self.errors.get(f"{status // 100}xx")
