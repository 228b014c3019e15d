"""What a request costs, which buckets it draws from, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias
from weakref import ref

from understudy.mockserver.limits.bucket import Bucket, Standing
from understudy.mockserver.limits.limit import MOST, Limit, Unit
from understudy.mockserver.limits.names import Begun, ending, numbered

UNSTATED_OUTPUT = 16  # tokens reserved for a choice of no stated length: not documented (tag U)


class Rate(NamedTuple):
    """A bucket that a request draws from; *name* is equal for all requests that share it."""

    name: bytes
    unit: Unit
    capacity: int


class Slots(NamedTuple):
    """*limit* replies may be under way at once."""

    name: bytes
    limit: int


class Draw:
    """All that the requests of one key for one model draw from. Compared by identity, which is quick."""

    __slots__ = ("rates", "slots")

    def __init__(self, rates: tuple[Rate, ...] = (), slots: tuple[Slots, ...] = ()) -> None:
        self.rates = rates
        self.slots = slots


NOTHING = Draw()


class Charge(NamedTuple):
    """What a request reserves: one request and *tokens*. Where from depends on its key: see `Limits.of`."""

    model: str
    tokens: int
    draw: Draw = NOTHING


class Shortage(NamedTuple):
    """Why a request was refused. *unit* None: too many at once. *wait* in milliseconds, None where
    there is no telling; *hopeless*: it would not fit into the bucket when it is full."""

    model: str
    unit: Unit | None
    limit: int
    used: int
    requested: int
    wait: int | None = None
    hopeless: bool = False


class Account:
    """The buckets of a draw, by what they count, and its slots: how many there are, and who holds them.

    *wide* is what came of a charge while every bucket was full, and what it made of each: limits that are
    wide are full again whenever somebody asks, and then nothing is left to reckon.
    """

    __slots__ = ("requests", "slots", "tokens", "wide")

    def __init__(
        self,
        requests: tuple[Bucket, ...] = (),
        tokens: tuple[Bucket, ...] = (),
        slots: tuple[tuple[int, Holders], ...] = (),
    ) -> None:
        self.requests = requests
        self.tokens = tokens
        self.slots = slots
        self.wide: Wide | None = None


class Receipt:
    """What came of a *charge*, to be settled when the sending has ended.

    *shortage* says why it was refused, None where it was charged. *requests* and *tokens* are the standings
    of the scarcest bucket of the kind, None for one without a limit. It knows the *account* that it is of:
    in another it is worth nothing. One that is lost releases its slots all the same. Without slots, equal
    requests may share one.
    """

    __slots__ = ("__weakref__", "account", "charge", "requests", "shortage", "tokens")

    def __init__(
        self,
        charge: Charge,
        account: Account,
        shortage: Shortage | None = None,
        requests: Standing | None = None,
        tokens: Standing | None = None,
    ) -> None:
        self.charge = charge
        self.account = account
        self.shortage = shortage
        self.requests = requests
        self.tokens = tokens

    def settle(self, actual: int | None, now: float) -> None:
        """Charge the *actual* tokens in place of those reserved (None: those it was), and release the slots.
        To be called once for each request. Not locked."""
        account, reserved = self.account, self.charge.tokens
        if actual is not None and actual != reserved and self.shortage is None:
            at = round(now * 1_000_000)
            for bucket in account.tokens:
                bucket.correct(actual - reserved, at)
        for _, holders in account.slots:
            holders.pop(id(self), None)


class Wide(NamedTuple):
    """What came of *charge*, and its buckets with debt and reset after it."""

    charge: Charge
    receipt: Receipt
    after: tuple[tuple[Bucket, int, int], ...]


# weak: a receipt that nobody has any more holds nothing
Holders: TypeAlias = "dict[int, ref[Receipt]]"


class Limits:
    """The limits of an engine, sorted out for each key and model. Where two of these have a limit that
    differs in numbers only, they name the same buckets: what was used stays used."""

    def __init__(self, limits: Iterable[Limit]) -> None:
        self._limits = tuple(numbered(limits))
        self._drawn = lru_cache(maxsize=4_096)(self._draw)
        self._bound = lru_cache(maxsize=4_096)(self._bind)  # equal requests of a key come again and again

    def of(self, charge: Charge, key: str) -> Charge | None:
        """Return *charge* with what a request with this *key* draws from; None where no limit fits."""
        return self._bound(charge, key)

    def _bind(self, charge: Charge, key: str) -> Charge | None:
        model, tokens, _ = charge
        draw = self._drawn(key, model)
        return None if draw is None else Charge(model, tokens, draw)

    def _draw(self, key: str, model: str) -> Draw | None:
        rates, slots = [], []
        for limit, begun in self._fitting(model):
            end = ending(limit, key, model)
            rates += [Rate(begun[unit.field] + end, unit, capacity) for unit, capacity in limit.rates()]
            if limit.concurrency is not None:
                slots.append(Slots(begun["concurrency"] + end, limit.concurrency))
        return Draw(tuple(rates), tuple(slots)) if rates or slots else None

    def _fitting(self, model: str) -> Iterator[tuple[Limit, Begun]]:
        groups: set[str] = set()
        for limit, begun in self._limits:
            if limit.group not in groups and limit.fits(model):
                yield limit, begun
                if limit.group:
                    groups.add(limit.group)


def reserved(document: Mapping[str, Any], prompt: int) -> int:
    """Return the tokens that a request with a prompt of *prompt* tokens reserves (FACTS D.2): those it may
    get besides, for each of its choices. Lenient: what is no count is left out."""
    output = _count(document.get("max_completion_tokens"))
    if output is None:
        output = _count(document.get("max_tokens"))
    choices = _count(document.get("n")) or 1
    return min(MOST * 10, prompt + choices * (UNSTATED_OUTPUT if output is None else output))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
