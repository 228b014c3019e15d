"""Where two JSON values differ, and how much: the reasons a near miss is told with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from understudy.mockserver.recordings.positions import json_path

ABSENT: Final[Any] = type("Absent", (), {"__repr__": lambda _: "absent"})()

_SHOWN = 60  # characters of a value
_LIMIT = 1_000  # differences looked for between two values
_Path = tuple[str | int, ...]


class Difference(NamedTuple):
    """*left* and *right* stand at *path*; ``ABSENT`` where one side has nothing there."""

    path: _Path
    left: Any
    right: Any

    def __str__(self) -> str:
        left, right = _pair(self.left, self.right)
        return f"{json_path(self.path)}: {left} here, {right} there"


def differences(left: Any, right: Any) -> list[Difference]:
    """Return where *left* and *right* differ, in document order, a thousand places at most."""
    return list(islice(_walk(left, right, ()), _LIMIT))


def distance(found: Sequence[Difference]) -> float:
    """Return how far apart two values are: 0 for equal ones; each difference adds 1 to 2.

    Two texts of which most is equal are nearer than two that share nothing.
    """
    return sum(2 - _likeness(difference.left, difference.right) for difference in found)


def shortened(value: Any, start: int = 0) -> str:
    """Return *value* as JSON of bounded length; of a text, what stands from *start*."""
    if value is ABSENT:
        return "absent"
    if isinstance(value, str):
        before = "…" if start else ""
        after = "…" if len(value) > start + _SHOWN else ""
        return json.dumps(before + value[start : start + _SHOWN] + after, ensure_ascii=False)
    if isinstance(value, list) and value:
        return f"[{len(value)} item{'s' if len(value) > 1 else ''}]"
    if isinstance(value, dict) and value:
        return f"{{{', '.join(value)}}}"[:_SHOWN]
    return json.dumps(value)[:_SHOWN]


def _walk(left: Any, right: Any, path: _Path) -> Iterator[Difference]:
    if isinstance(left, dict) and isinstance(right, dict):
        names = [*left, *(name for name in right if name not in left)]
        pairs: Iterator[tuple[str | int, Any, Any]] = (
            (name, left.get(name, ABSENT), right.get(name, ABSENT)) for name in names
        )
    elif isinstance(left, list) and isinstance(right, list):
        numbers = range(max(len(left), len(right)))
        pairs = ((number, _item(left, number), _item(right, number)) for number in numbers)
    else:
        if not _same(left, right):
            yield Difference(path, left, right)
        return
    for step, one, other in pairs:
        yield from _walk(one, other, (*path, step))


def _item(items: Sequence[Any], number: int) -> Any:
    return items[number] if number < len(items) else ABSENT


def _same(left: Any, right: Any) -> bool:
    # true and 1 are two values in JSON, one in Python
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _likeness(left: Any, right: Any) -> float:
    if not isinstance(left, str) or not isinstance(right, str):
        return 0.0
    longest = max(len(left), len(right))
    head = _shared(left, right)
    tail = _shared(left[head:][::-1], right[head:][::-1])
    return (head + tail) / longest if longest else 1.0


def _pair(left: Any, right: Any) -> tuple[str, str]:
    start = 0
    if isinstance(left, str) and isinstance(right, str) and max(len(left), len(right)) > _SHOWN:
        start = max(0, _shared(left, right) - _SHOWN // 3)
    return shortened(left, start), shortened(right, start)


def _shared(left: str, right: str) -> int:
    """Return how many characters *left* and *right* begin with in common."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
