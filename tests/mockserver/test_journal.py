"""What happened, within bounds."""

from __future__ import annotations

import pytest

from understudy.contracts import Violation
from understudy.mockserver.journal import Entry, Journal
from understudy.mockserver.wire import Request


def entry(number: int, *, body: bytes = b"", reply: bytes = b"", **known: object) -> Entry:
    return Entry(number, 0.0, Request("POST", "/", (), body), reply=reply, **known)  # type: ignore[arg-type]


def violation(tier: str) -> Violation:
    return Violation("a_rule", tier, "$.n", f"words of {tier}", "FACTS")  # type: ignore[arg-type]


def test_the_latest_entries_are_kept() -> None:
    journal = Journal(entries=3)
    for number in range(5):
        journal.add(entry(number))

    assert [kept.number for kept in journal] == [2, 3, 4]
    assert (len(journal), journal.dropped) == (3, 2)


def test_bytes_are_bounded_over_requests_and_replies() -> None:
    journal = Journal(limit=10_000)
    for number in range(100):
        journal.add(entry(number, body=b"b" * 700, reply=b"r" * 300))

    assert [kept.number for kept in journal] == [96, 97, 98, 99]
    assert journal.size == 4 * 2024 <= 10_000
    assert journal.dropped == 96


def test_an_entry_too_large_for_the_journal_is_not_kept() -> None:
    journal = Journal(limit=2_000)
    journal.add(entry(0))
    journal.add(entry(1, body=b"b" * 5_000))

    assert (list(journal), journal.size, journal.dropped) == ([], 0, 2)


def test_it_can_be_read_while_it_is_written() -> None:
    journal = Journal(entries=2)
    journal.add(entry(0))

    for kept in journal:
        journal.add(entry(kept.number + 1))

    assert [kept.number for kept in journal] == [0, 1]


@pytest.mark.parametrize(
    ("one", "complaints"),
    [
        (entry(0), ()),
        (entry(1, note="nothing matched"), ()),
        (entry(2, violations=(violation("warning"), violation("info"))), ()),
        (entry(3, complaint="no recording"), ("request 3: no recording",)),
        (entry(4, violations=(violation("error"),)), ("request 4: $.n: words of error [a_rule]",)),
        (
            entry(5, complaint="no recording", violations=(violation("error"), violation("warning"))),
            ("request 5: no recording; $.n: words of error [a_rule]",),
        ),
    ],
)
def test_complaints_are_what_a_test_must_hear_of(one: Entry, complaints: tuple[str, ...]) -> None:
    journal = Journal()
    journal.add(one)

    assert journal.complaints() == complaints
