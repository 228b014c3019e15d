"""The memory of limits: how full each bucket is, and how many replies are under way.

Not locked: the state asks it under its own lock.
"""

from __future__ import annotations

from weakref import WeakSet

from understudy.mockserver.limits.bucket import MINUTE, Bucket, Standing, instant, promised
from understudy.mockserver.limits.charge import Charge, Charged, Draw, Receipt, Shortage


class _Account:
    """The buckets of a draw, by what they count."""

    __slots__ = ("requests", "tokens")

    def __init__(self, requests: tuple[Bucket, ...], tokens: tuple[Bucket, ...]) -> None:
        self.requests = requests
        self.tokens = tokens


class Meter:
    """Buckets by name. Once more than *limit* are held, the half longest unused is forgotten, and so full."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._buckets: dict[bytes, Bucket] = {}
        self._accounts: dict[Draw, _Account] = {}  # to find all buckets of a request at once
        # weak: a receipt that nobody holds any more has released its slots
        self._sending: dict[bytes, WeakSet[Receipt]] = {}

    def charge(self, charge: Charge, now: float) -> Charged:
        """Draw *charge* at *now* (seconds since 1970) from all its buckets, or refuse it."""
        draw, cost, at = charge.draw, charge.tokens, instant(now)
        account = self._accounts.get(draw) or self._open(draw, at)
        requests, tokens = account.requests, account.tokens
        short = False
        for bucket in requests:
            if bucket.lacks(1, at):  # all of them: it is refilled, too
                short = True
        for bucket in tokens:
            if bucket.lacks(cost, at):
                short = True
        if short or (draw.slots and self._full(charge)):
            return self._refused(charge, account)
        for bucket in requests:
            bucket.debt += bucket.period
        for bucket in tokens:
            bucket.debt += cost * bucket.period
        receipt = Receipt(charge)
        if draw.slots:
            self._hold(receipt)
        return Charged(receipt, None, _scarcest(requests), _scarcest(tokens))

    def settle(self, receipt: Receipt, actual: int, now: float) -> None:
        """Charge the *actual* tokens in place of those reserved. What is settled stays so."""
        account = self._accounts.get(receipt.charge.draw)
        if account is None or receipt.settled:
            return
        receipt.settled = True
        for bucket in account.tokens:
            bucket.refill(instant(now))
            bucket.draw(actual - receipt.charge.tokens)

    def release(self, receipt: Receipt) -> None:
        """Give back the slots of *receipt*; done twice, it is done once."""
        for slots in receipt.charge.draw.slots:
            held = self._sending.get(slots.name)
            if held is not None:
                held.discard(receipt)
                if not len(held):
                    del self._sending[slots.name]

    def _open(self, draw: Draw, at: int) -> _Account:
        """Return the account of *draw*, with a full bucket for each that is not known."""
        if len(self._accounts) >= self._limit:
            self._accounts = {}
        fresh = sum(rate.name not in self._buckets for rate in draw.rates)
        if len(self._buckets) + fresh > self._limit:
            by_use = sorted(self._buckets.items(), key=lambda item: item[1].at)
            self._buckets, self._accounts = dict(by_use[(len(by_use) + 1) // 2 :]), {}
        held = self._buckets
        for name, unit, capacity in draw.rates:
            if name in held:
                held[name].resize(capacity)  # the limit may have been changed
            else:
                held[name] = Bucket(capacity, unit.period, at)
        account = _Account(
            tuple([held[name] for name, unit, _ in draw.rates if unit.kind == "requests"]),
            tuple([held[name] for name, unit, _ in draw.rates if unit.kind == "tokens"]),
        )
        self._accounts[draw] = account
        return account

    def _hold(self, receipt: Receipt) -> None:
        for slots in receipt.charge.draw.slots:
            self._sending.setdefault(slots.name, WeakSet()).add(receipt)
        if len(self._sending) > self._limit:  # of receipts that were lost
            self._sending = {name: held for name, held in self._sending.items() if len(held)}

    def _full(self, charge: Charge) -> Shortage | None:
        """Return the shortage of slots, where there is one."""
        for name, limit in charge.draw.slots:
            under_way = len(self._sending.get(name, ()))
            if under_way >= limit:
                return Shortage(charge.model, None, limit, under_way, 1)
        return None

    def _refused(self, charge: Charge, account: _Account) -> Charged:
        """Refuse *charge*. The try counts as a request of its minute all the same, where there is room:
        "unsuccessful requests contribute to your per-minute limit" (D)."""
        for bucket in account.requests:
            if bucket.period == MINUTE and bucket.holds(1):
                bucket.draw(1)
        # nobody knows when a slot is free: where one is missing, nothing is promised
        shortage = self._hopeless(charge) or self._full(charge) or self._short(charge)
        return Charged(None, shortage, _scarcest(account.requests), _scarcest(account.tokens))

    def _hopeless(self, charge: Charge) -> Shortage | None:
        """Return the smallest bucket that could not hold the request if it were full."""
        tokens = charge.tokens
        small = [rate for rate in charge.draw.rates if rate.unit.kind == "tokens" and tokens > rate.capacity]
        if not small:
            return None
        name, unit, capacity = min(small, key=lambda rate: rate.capacity)
        return Shortage(charge.model, unit, capacity, self._buckets[name].used(), tokens, hopeless=True)

    def _short(self, charge: Charge) -> Shortage:
        """Return the shortage of the bucket that takes longest to refill, and make what it promises true."""
        waits = []
        for name, unit, _ in charge.draw.rates:
            cost = 1 if unit.kind == "requests" else charge.tokens
            waits.append((self._buckets[name].wait(cost), name, unit, cost))
        missing, name, unit, cost = max(waits, key=lambda each: each[0])
        bucket = self._buckets[name]
        spent = bucket.used()
        milliseconds, delay = promised(missing)
        bucket.delay(delay)
        return Shortage(charge.model, unit, bucket.capacity, spent, cost, milliseconds)


def _scarcest(buckets: tuple[Bucket, ...]) -> Standing | None:
    """Return the standing of the bucket that has least left."""
    if len(buckets) == 1:
        return buckets[0].standing()
    found = None
    for bucket in buckets:
        one = bucket.standing()
        if found is None or (one.remaining, -one.reset) < (found.remaining, -found.reset):
            found = one
    return found
