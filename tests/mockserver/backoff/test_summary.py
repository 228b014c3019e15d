"""What calls have in common, and calls as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

from understudy.mockserver.backoff.attempts import backoff_of
from understudy.mockserver.backoff.exchanges import Exchange
from understudy.mockserver.backoff.growth import Growth
from understudy.mockserver.backoff.summary import document_of, summary_of

Row = Callable[..., Exchange]


def retrying(row: Row, calls: int, wait: Callable[[int], float], attempts: int = 4) -> list[Exchange]:
    """Return *calls* of *attempts* each, the last one answered."""
    made = []
    for call in range(calls):
        at = call * 100.0
        for count in range(attempts):
            status = 200 if count == attempts - 1 else 429
            made.append(row(at, status, retry_count=count, fingerprint=str(call)))
            at += 0.1 + wait(count)
    return made


def test_a_client_with_jitter_is_told_from_one_without() -> None:
    dice = Random(3)
    numbers = iter(range(1000))

    def row(at: float, status: int, **known: object) -> Exchange:
        return Exchange(number=next(numbers), at=at, ended=at + 0.1, status=status, **known)  # type: ignore[arg-type]

    jittered = summary_of(backoff_of(retrying(row, 9, lambda k: 0.5 * 2**k * (1 - 0.25 * dice.random()))))
    exact = summary_of(backoff_of(retrying(row, 9, lambda k: 0.5 * 2**k)))

    assert (jittered.growth.kind, jittered.jittered) == ("exponential", True)
    assert (exact.growth, exact.jittered) == (Growth("exponential", 2.0), False)


def test_calls_are_counted(row: Row) -> None:
    exchanges = [
        *retrying(row, 2, lambda count: 1.0),
        row(0.0, 500, fingerprint="x", should_retry=False),
        row(0.2, 500, fingerprint="x", advised=20.0),
        row(9.0, 500, fingerprint="x"),
        row(0.0, 200, fingerprint="y"),
    ]

    summary = summary_of(backoff_of(exchanges))

    assert (summary.calls, summary.retried, summary.answered, summary.gave_up, summary.most) == (
        4,
        3,
        2,
        1,
        4,
    )
    assert summary.done == {"backoff": 7, "early": 1}
    assert (summary.forbidden, summary.jittered) == (1, True)


def test_nothing_has_nothing_in_common() -> None:
    summary = summary_of(())

    assert (summary.calls, summary.most, summary.growth.kind, summary.jittered) == (0, 0, "unknown", None)


def test_calls_are_written_as_json(row: Row) -> None:
    calls = backoff_of([row(0.0, advised=2.0, model="gpt-4o"), row(2.2, 200)])

    document = json.loads(json.dumps(document_of(calls), allow_nan=False))

    (call,) = document["calls"]
    first, second = call["attempts"]
    assert document["summary"]["done"] == {"honoured": 1}
    assert document["summary"]["growth"] == {"kind": "unknown", "factor": None}
    assert (call["model"], call["ending"], call["attempts_made"], call["waited"]) == (
        "gpt-4o",
        "answered",
        2,
        2.1,
    )
    assert (first["status"], first["gap"], first["advised"], first["done"]) == (429, None, None, "first")
    assert second["advised"] == {"seconds": 2.0, "source": "retry-after"}
    assert (second["gap"], second["done"], second["forbidden"]) == (2.1, "honoured", False)
