"""What was asked and what it cost: tokens as they come in, money when somebody looks.

Tokens are integers and prices decimals, so sums are exact, whatever the order of requests. Safe for
several threads.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple, TypeAlias

from understudy.contracts.profiles.profile import Prices
from understudy.mockserver.money import NOTHING, ONE, Sums, add_usd, plain

Price: TypeAlias = Callable[[str], Prices | None]

_MOST_FRESH = 256
NOT_ADMITTED = "not admitted"  # requests whose key was wrong or missing: keys of strangers fill no book
_SHORT = 19  # characters of a key of which twelve would be most
_LONGEST_NAME = 256  # characters of a model's name: clients may send any
OTHER = "other"  # keys and models that came when the ledger was full
_NO_KEYS = (OTHER, NOT_ADMITTED)


class Row(NamedTuple):
    """What one key asked of one model with one outcome. Tokens of a row that is not *billed* cost nothing."""

    account: str
    model: str
    status: int
    billed: bool
    sums: Sums


class Ledger:
    """The books of one engine, *limit* rows of them: one for each key, model and status that came, and
    whether it is billed.

    What comes when it is full is counted under the model ``other``, and under the key ``other`` where the
    key is new: its tokens are in the totals, but nobody's credit pays for them.
    """

    def __init__(self, limit: int = 1_000) -> None:
        if limit < 1:
            raise ValueError(f"limit is {limit}, expected 1 or more rows")
        self._limit = limit
        self._lock = Lock()
        self._size = 0
        # account -> (model, status, billed) -> the numbers of `Sums`
        self._books: dict[str, dict[tuple[str, int, bool], list[int]]] = {}
        # exchanges that are still to be added to the books; appending is one step, and needs no lock
        self._fresh: deque[tuple[str, str, int, bool, Sums]] = deque()

    def add(self, account: str, model: str, status: int, sums: Sums = ONE, billed: bool = True) -> None:
        """Write down one exchange, whose reply was of *status* and tells these *sums*."""
        self._fresh.append((account, model, status, billed, sums))
        if len(self._fresh) > _MOST_FRESH:
            with self._lock:
                self._enter()

    def clear(self) -> None:
        """Begin new books."""
        with self._lock:
            self._fresh.clear()
            self._books, self._size = {}, 0

    def rows(self) -> tuple[Row, ...]:
        """Return everything written down, in the order in which each kind first came."""
        with self._lock:
            self._enter()
            return tuple(
                Row(account, *kind, Sums(*line))
                for account, book in self._books.items()
                for kind, line in book.items()
            )

    @property
    def total(self) -> Sums:
        return _sum(self.rows())

    def by_account(self) -> dict[str, Sums]:
        return {key: _sum(rows) for key, rows in _grouped(self.rows(), "account").items()}

    def by_model(self) -> dict[str, Sums]:
        return {key: _sum(rows) for key, rows in _grouped(self.rows(), "model").items()}

    def by_status(self) -> dict[int, Sums]:
        return {key: _sum(rows) for key, rows in _grouped(self.rows(), "status").items()}

    def spent(self, account: str, price: Price) -> Decimal:
        """Return what *account* has to pay, in USD; models without a price cost nothing here."""
        with self._lock:
            self._enter()
            book = [(kind, Sums(*line)) for kind, line in self._books.get(account, {}).items()]
        rows = [Row(account, *kind, sums) for kind, sums in book]
        return _priced(rows, price)[0]

    def document(self, price: Price) -> dict[str, Any]:
        """Return the books as JSON values, keys masked.

        ``usd`` is a decimal as text. It is null where there are tokens and no price for any of them;
        ``unpriced_tokens`` are those it leaves out, ``unpriced`` the models they are of.
        """
        rows = self.rows()
        missing = {row.model for row in rows if _charged(row) and price(row.model) is None}
        return {
            "object": "understudy.ledger",
            "total": _line_document(rows, price),
            "by_key": [
                {"key": shown(key), **_line_document(group, price)}
                for key, group in _grouped(rows, "account").items()
            ],
            "by_model": [
                {"model": key, **_line_document(group, price)}
                for key, group in _grouped(rows, "model").items()
            ],
            "by_status": [
                {"status": key, **_line_document(group, price)}
                for key, group in _grouped(rows, "status").items()
            ],
            "rows": [
                {
                    "key": shown(row.account),
                    "model": row.model,
                    "status": row.status,
                    "billed": row.billed,
                    **_line_document([row], price),
                }
                for row in rows
            ],
            "unpriced": sorted(missing),
        }

    def _enter(self) -> None:
        """Add to the books what is fresh: equal exchanges, of which there are many, at once."""
        fresh = Counter([self._fresh.popleft() for _ in range(len(self._fresh))])
        for (account, model, status, billed, sums), times in fresh.items():
            line = self._line(account, (model[:_LONGEST_NAME], status, billed))
            for index, number in enumerate(sums):
                line[index] += number * times

    def _line(self, account: str, kind: tuple[str, int, bool]) -> list[int]:
        """Return a new line for *kind*, or that of the others where there is no room for one."""
        line = self._books.get(account, {}).get(kind)
        if line is not None:
            return line
        if self._size >= self._limit:  # a key that is known stays itself: its credit depends on it
            account, kind = account if account in self._books else OTHER, (OTHER, *kind[1:])
        book = self._books.setdefault(account, {})
        if kind not in book:
            self._size += 1
            book[kind] = [0] * len(Sums._fields)
        return book[kind]


@lru_cache(maxsize=1_024)  # every entry of the journal shows one
def shown(key: str) -> str:
    """Return what of *key* may be seen: enough to know it again, of a short one less."""
    if key in _NO_KEYS:
        return key
    return f"{key[:8]}…{key[-4:]}" if len(key) > _SHORT else f"{key[:3]}…"


def _charged(row: Row) -> int:
    return row.sums.tokens if row.billed else 0


def _grouped(rows: Iterable[Row], field: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(getattr(row, field), []).append(row)
    return groups


def _sum(rows: Iterable[Row]) -> Sums:
    total = NOTHING
    for row in rows:
        total = total.plus(row.sums)
    return total


def _priced(rows: Iterable[Row], price: Price) -> tuple[Decimal, int]:
    """Return the USD of *rows*, and how many of their tokens have no price."""
    usd, unpriced = Decimal(0), 0
    for row in rows:
        if not _charged(row):
            continue
        prices = price(row.model)
        if prices is None:
            unpriced += row.sums.tokens
        else:
            usd = add_usd(usd, row.sums.cost(prices))
    return usd, unpriced


def _line_document(rows: Iterable[Row], price: Price) -> dict[str, Any]:
    listed = tuple(rows)
    sums, (usd, unpriced) = _sum(listed), _priced(listed, price)
    known = not unpriced or any(_charged(row) and price(row.model) is not None for row in listed)
    return {
        "requests": sums.requests,
        "prompt_tokens": sums.prompt,
        "cached_tokens": sums.cached,
        "cache_write_tokens": sums.cache_write,
        "prompt_audio_tokens": sums.prompt_audio,
        "completion_tokens": sums.completion,
        "reasoning_tokens": sums.reasoning,
        "completion_audio_tokens": sums.completion_audio,
        "total_tokens": sums.tokens,
        "usd": plain(usd) if known else None,
        "unpriced_tokens": unpriced,
    }
