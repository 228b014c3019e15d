"""Fault rules: what is done, when, and to which requests; from text, from plain data, from Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from understudy.contracts.mistakes import nearest
from understudy.mockserver.faults.error_words import NAMED
from understudy.mockserver.faults.match import Match, read_match
from understudy.mockserver.faults.named_errors import is_error
from understudy.mockserver.faults.specs import FORM, Spec, Value, read_spec
from understudy.mockserver.faults.trouble import OK, Trouble
from understudy.mockserver.faults.when import TIMES, When, read_when, whole

Then: TypeAlias = Literal["ok", "repeat", "cycle"]
HEADER = "x-understudy-fault"

_THEN = ("ok", "repeat", "cycle")
_LONGEST = 1_000  # faults of a sequence
_ALWAYS = When()
_ANYTHING = Match()


@dataclass(frozen=True, slots=True)
class FaultRule:
    """*troubles*: one, or several in sequence, one a request; *then* says what follows the last of them:
    no fault, the last again, or the first. *place* is where it was written: ``file:line``, ``--fault``."""

    troubles: tuple[Trouble, ...]
    when: When = _ALWAYS
    match: Match = _ANYTHING
    then: Then = "ok"
    place: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.troubles) <= _LONGEST:
            raise ValueError(f"a sequence of {len(self.troubles)} faults, expected 1 to {_LONGEST}")
        if self.then not in _THEN:
            raise ValueError(f"then is {self.then!r}, expected {', '.join(_THEN)}")
        if not self.is_sequence:
            if self.then != "ok":
                raise ValueError("then says what follows a sequence, as in 429,429,ok; this is one fault")
        elif self.when.counts or (self.when.per == "all" and (self.when.p or self.when.window)):
            raise ValueError(
                "a sequence counts requests itself: it goes with then and a match, and with p and window "
                "only per=request"
            )

    @property
    def name(self) -> str:
        return self.troubles[0].name

    @property
    def parameters(self) -> Mapping[str, Value]:
        return dict(self.troubles[0].parameters)

    @property
    def is_sequence(self) -> bool:
        return len(self.troubles) > 1

    @property
    def counted(self) -> bool:
        """Whether it must know how many requests it fitted before: no, where attempts tell."""
        return self.when.per == "all" and (self.is_sequence or self.when.counts)

    @property
    def spent_after(self) -> int:
        """How many requests it hits before it is over for good; 0: it does not end by itself."""
        if self.when.p is not None or self.when.window is not None:
            return 0
        return len(self.troubles) if self.is_sequence and self.then == "ok" else self.when.times or 0

    def hits(self, count: int, elapsed: float, draw: Callable[[], float]) -> Trouble | None:
        """Return what happens to a request that fits (arguments: ``When.holds``), None for nothing."""
        if count < 0 or not self.when.holds(count, elapsed, draw):
            return None
        troubles = self.troubles
        if len(troubles) == 1:
            return troubles[0]
        last = len(troubles) - 1
        if count > last and self.then == "ok":
            return None
        return troubles[count % (last + 1) if self.then == "cycle" else min(count, last)]

    def __str__(self) -> str:
        when = [str(self.when), f"then={self.then}" if self.then != "ok" else "", self.match.text]
        said = ",".join(part for part in when if part)
        return ",".join(map(str, self.troubles)) + (f"@{said}" if said else "")


def parse_fault(text: str, place: str = "") -> FaultRule:
    """Return the rule that *text* is: ``NAME[:k=v,…][@WHEN]``; several names are a sequence.

    Raises ValueError that says what came, what is allowed and what is nearest.
    """
    try:
        spec = read_spec(text)
        return _rule(troubles_of(spec), spec.when, place)
    except ValueError as error:
        raise ValueError(f"{place or 'fault'} {text!r}: {error}") from None


def parse_header(value: str) -> FaultRule:
    """Return the rule in the request header ``x-understudy-fault``. Counts are of the attempts of this
    request and of no other. Raises ValueError as ``parse_fault`` does."""
    try:
        spec = read_spec(value)
        rule = _rule(troubles_of(spec), {"per": "request", **spec.when}, HEADER)
        if rule.when.per != "request":
            raise ValueError(f"per is {rule.when.per!r}, expected request: a header speaks for its own")
        if rule.when.window is not None:
            raise ValueError("window has no meaning here: it counts from a start, and a header has none")
        return rule
    except ValueError as error:
        raise ValueError(f"{HEADER} {value!r}: {error}") from None


def read_fault(document: Any, place: str = "") -> FaultRule:
    """Return the rule of plain data, as scenario files write it: a text for ``parse_fault``, a status, or an
    object (``faults`` in ``scenario.schema.json``). Raises ValueError."""
    if isinstance(document, (int, float, str)):
        document = whole(document)
        spec = read_spec(str(document))
        return _rule(troubles_of(spec), spec.when, place)
    given = [name for name in ("fault", "sequence") if name in document]
    if len(given) != 1:
        raise ValueError(f"a fault has fault or sequence; this one has {' and '.join(given) or 'neither'}")
    named = document.get("sequence", [document.get("fault")])
    troubles = _all_of([str(whole(name)) for name in named], document.get("parameters") or {})
    when = {name: value for name, value in document.items() if name in TIMES}
    return _rule(troubles, {**when, **(document.get("match") or {})}, place)


def fault(
    name: str | int,
    *,
    times: int | None = None,
    nth: int | tuple[int, ...] | None = None,
    every: int | None = None,
    window: tuple[float, float | None] | None = None,
    p: float | None = None,
    per: str = "all",
    then: str = "ok",
    match: Mapping[str, Any] | None = None,
    place: str = "",
    **parameters: Any,
) -> FaultRule:
    """Return the rule for *name*: of an error or of the catalogue, a status, or a sequence (``429,429,ok``).

    *match* has the keys of a scenario's ``when``, and ``key`` and ``path``; ``headers`` among the
    *parameters* is a mapping. The rest is as ``When`` says. Raises ValueError.
    """
    for header, value in (parameters.pop("headers", None) or {}).items():
        parameters[f"header.{header}"] = value
    when = {"times": times, "nth": nth, "every": every, "window": window, "p": p, "per": per, "then": then}
    return _rule(_all_of([str(name)], parameters), {**when, **(match or {})}, place)


def fail(error: str | int, **rest: Any) -> FaultRule:
    """Return the rule for *error*, by name or status: ``fail(429, retry_after=2, times=2)``; the rest is as
    ``fault`` has it. Raises ValueError for what is no error."""
    if not is_error(str(error)):
        raise ValueError(
            f"{error!r} is no error{nearest(str(error), NAMED)}; there are: {', '.join(NAMED)}, and the "
            "statuses 400 to 599; fault(…) takes those of the catalogue"
        )
    return fault(error, **rest)


def troubles_of(spec: Spec) -> tuple[Trouble, ...]:
    """Return the faults that *spec* names, in order. Raises ValueError."""
    return tuple(Trouble(name, tuple(parameters.items())) for name, parameters in spec.pieces)


def _rule(troubles: tuple[Trouble, ...], told: Mapping[str, Any], place: str) -> FaultRule:
    when = read_when(told)
    asked = {name: value for name, value in told.items() if name not in TIMES}
    asked = _implied(troubles, asked) | asked
    match = read_match(asked) if asked else _ANYTHING
    return FaultRule(troubles, when, match, told.get("then", "ok"), place)


def _implied(troubles: tuple[Trouble, ...], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the match of faults that only streams can have, or only documents: on others none is spent.

    What is *asked* for by path may be no chat request, which says nothing of streams and gets a document.
    """
    kinds = {trouble.applies for trouble in troubles if trouble.name != OK}
    if kinds == {"stream"}:
        return {"stream": True}
    return {"stream": False} if kinds == {"json"} and asked.get("path") is None else {}


def _all_of(texts: Iterable[str], parameters: Mapping[str, Any]) -> tuple[Trouble, ...]:
    """Return the faults in *texts*; *parameters* are those of the only one."""
    troubles: list[Trouble] = []
    pairs = dict(parameters)
    for text in texts:
        spec = read_spec(text)
        if spec.when:
            keys = ", ".join((*TIMES, "match"))
            raise ValueError(f"{text!r}: what is behind the @ has keys of its own here: {keys}")
        troubles += troubles_of(spec)
    if not pairs:
        return tuple(troubles)
    if len(troubles) != 1:
        raise ValueError(f"parameters are of one fault; in a sequence they stand with each: {FORM}")
    for name, value in pairs.items():
        if value is not None and not isinstance(value, (str, int, float, bool)):
            kind = type(value).__name__
            raise ValueError(f"{name} is {kind}, expected a text, a number, true, false or null")
    return (Trouble(troubles[0].name, (*troubles[0].parameters, *pairs.items())),)
