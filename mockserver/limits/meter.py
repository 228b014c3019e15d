"""The memory of limits: how full each bucket is, and how many replies are under way.

Not locked: the state asks it under its own lock.
"""

from __future__ import annotations

from weakref import ref

from understudy.mockserver.limits.bucket import MINUTE, Bucket, Standing, promised
from understudy.mockserver.limits.charge import Account, Charge, Draw, Holders, Receipt, Shortage, Wide


class Meter:
    """Buckets by name. Once more than *limit* are held, the half longest unused is forgotten, and so full."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._buckets: dict[bytes, Bucket] = {}
        self._sending: dict[bytes, Holders] = {}
        self._accounts: dict[Draw, Account] = {}  # to find all that a request draws from at once

    def charge(self, charge: Charge, now: float) -> Receipt:
        """Draw *charge* at *now* (seconds since 1970) from all its buckets, or refuse it."""
        _, cost, draw = charge
        at = round(now * 1_000_000)
        account = self._accounts.get(draw) or self._open(draw, at)
        wide = account.wide
        if wide is not None and wide.charge is charge and _drawn_at_once(wide, at):
            return wide.receipt
        short, requests, tokens = False, None, None
        for bucket in account.requests:  # all of them, so that each is refilled
            one = bucket.spend(1, at)
            if one is None:
                short = True
            elif requests is None or _scarcity(one) < _scarcity(requests):
                requests = one
        for bucket in account.tokens:
            one = bucket.spend(cost, at)
            if one is None:
                short = True
            elif tokens is None or _scarcity(one) < _scarcity(tokens):
                tokens = one
        if short or (account.slots and _full(account)):
            return self._refused(charge, account, at)
        receipt = Receipt(charge, account, None, requests, tokens)
        account.wide = _wide(receipt)
        for _, holders in account.slots:
            holders[id(receipt)] = ref(receipt)
        return receipt

    def _open(self, draw: Draw, at: int) -> Account:
        """Return the account of *draw*, with a full bucket for each that is not known."""
        self._make_room(draw)
        for name, unit, capacity in draw.rates:
            if name in self._buckets:
                self._buckets[name].resize(capacity)  # the limit may have been changed
            else:
                self._buckets[name] = Bucket(capacity, unit.period, at)
        account = Account(
            tuple([self._buckets[name] for name, unit, _ in draw.rates if unit.kind == "requests"]),
            tuple([self._buckets[name] for name, unit, _ in draw.rates if unit.kind == "tokens"]),
            tuple([(limit, self._sending.setdefault(name, {})) for name, limit in draw.slots]),
        )
        self._accounts[draw] = account
        return account

    def _make_room(self, draw: Draw) -> None:
        """Forget what was unused for long, so that what *draw* draws from finds room."""
        if len(self._accounts) >= self._limit:
            self._accounts = {}
        fresh = sum(rate.name not in self._buckets for rate in draw.rates)
        if len(self._buckets) + fresh > self._limit:
            by_use = sorted(self._buckets.items(), key=lambda item: item[1].at)
            self._buckets, self._accounts = dict(by_use[(len(by_use) + 1) // 2 :]), {}
        if len(self._sending) + len(draw.slots) > self._limit:
            held = {name: holders for name, holders in self._sending.items() if _under_way(holders)}
            self._sending, self._accounts = held, {}

    def _refused(self, charge: Charge, account: Account, at: int) -> Receipt:
        """Give back what *charge* has drawn, and refuse it. The try counts as a request of its minute all the
        same, where there is room: "unsuccessful requests contribute to your per-minute limit" (D)."""
        for bucket in account.tokens:
            bucket.draw(-charge.tokens)
        for bucket in account.requests:
            bucket.draw(-1)
            if bucket.period == MINUTE and bucket.holds(1):
                bucket.draw(1)
        # nobody knows when a slot is free: where one is missing, nothing is promised
        shortage = self._hopeless(charge) or self._crowded(charge) or self._short(charge, at)
        return Receipt(charge, account, shortage, _scarcest(account.requests), _scarcest(account.tokens))

    def _crowded(self, charge: Charge) -> Shortage | None:
        """Return the shortage of slots, where there is one."""
        for name, limit in charge.draw.slots:
            under_way = len(self._sending[name])
            if under_way >= limit:
                return Shortage(charge.model, None, limit, under_way, 1)
        return None

    def _hopeless(self, charge: Charge) -> Shortage | None:
        """Return the smallest bucket that could not hold the request if it were full."""
        tokens = charge.tokens
        small = [rate for rate in charge.draw.rates if rate.unit.kind == "tokens" and tokens > rate.capacity]
        if not small:
            return None
        name, unit, capacity = min(small, key=lambda rate: rate.capacity)
        return Shortage(charge.model, unit, capacity, self._buckets[name].used(), tokens, hopeless=True)

    def _short(self, charge: Charge, at: int) -> Shortage:
        """Return the shortage of the bucket that takes longest to refill, and make what it promises true."""
        waits = []
        for name, unit, _ in charge.draw.rates:
            cost = 1 if unit.kind == "requests" else charge.tokens
            bucket = self._buckets[name]
            missing = bucket.wait(cost)
            if missing:  # whoever comes late waits until the bucket's own instant, too
                missing += max(0, bucket.at - at)
            waits.append((missing, name, unit, cost))
        missing, name, unit, cost = max(waits, key=lambda each: each[0])
        bucket = self._buckets[name]
        spent = bucket.used()
        milliseconds, delay = promised(missing)
        bucket.delay(delay)
        return Shortage(charge.model, unit, bucket.capacity, spent, cost, milliseconds)


def _wide(receipt: Receipt) -> Wide | None:
    """Return what a charge came to if all buckets were full when it was made, and no slots are to be held."""
    charge, account = receipt.charge, receipt.account
    if account.slots:
        return None
    for bucket in account.requests:
        if bucket.debt != bucket.period:
            return None
    for bucket in account.tokens:
        if bucket.debt != charge.tokens * bucket.period:
            return None
    buckets = (*account.requests, *account.tokens)
    return Wide(charge, receipt, tuple([(one, one.debt, one.full - one.at) for one in buckets]))


def _drawn_at_once(wide: Wide, at: int) -> bool:
    """Draw again what *wide* says, where all its buckets are full at the instant *at*; else nothing."""
    after = wide.after
    for bucket, _, _ in after:
        if at < bucket.full:
            return False
    for bucket, debt, reset in after:
        bucket.at, bucket.debt, bucket.full = at, debt, at + reset
    return True


def _full(account: Account) -> bool:
    """Return whether a slot is missing."""
    return any(len(holders) >= limit and _under_way(holders) >= limit for limit, holders in account.slots)


def _under_way(holders: Holders) -> int:
    """Return how many hold a slot; of those that were lost nothing is left."""
    for lost in [number for number, known in holders.items() if known() is None]:
        del holders[lost]
    return len(holders)


def _scarcest(buckets: tuple[Bucket, ...]) -> Standing | None:
    """Return the standing of the bucket that has least left."""
    return min((bucket.standing() for bucket in buckets), key=_scarcity, default=None)


def _scarcity(standing: Standing) -> tuple[int, int]:
    """Return what is least for what has least left, and of those longest to wait for."""
    _, remaining, reset = standing
    return remaining, -reset
