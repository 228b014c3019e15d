"""What is counted between requests."""

from __future__ import annotations

from threading import Thread

from understudy.mockserver.state import MemoryState, Needs, Taken


def test_requests_attempts_and_turns_are_counted_apart() -> None:
    state = MemoryState()
    rows = [
        (Needs(b"a"), Taken(0, 0, 0)),
        (Needs(b"a"), Taken(1, 1, 0)),
        (Needs(b"b", b"s"), Taken(2, 0, 0)),
        (Needs(b"a", b"s"), Taken(3, 2, 1)),  # the series goes on, whoever asks
        (Needs(b"b", b"t"), Taken(4, 1, 0)),
        (Needs(b"s"), Taken(5, 0, 0)),  # a request is not the series of its name
        (Needs(b"b", b"s"), Taken(6, 2, 2)),
    ]

    assert [state.take(needs) for needs, _ in rows] == [taken for _, taken in rows]


def test_what_was_unseen_longest_is_forgotten_first() -> None:
    state = MemoryState(limit=2)
    for request in (b"a", b"b", b"a", b"c"):
        state.take(Needs(request))

    assert state.take(Needs(b"a")).attempt == 2
    assert state.take(Needs(b"b")).attempt == 0
    assert len(state._counts) == 2


def test_many_different_requests_are_held_within_the_limit() -> None:
    state = MemoryState(limit=100)
    for number in range(1_000):
        state.take(Needs(b"%d" % number, b"s%d" % number))

    assert len(state._counts) == 100
    assert state.take(Needs(b"x")).number == 1_000


def test_threads_lose_no_count() -> None:
    state = MemoryState()
    taken: list[Taken] = []

    def hammer() -> None:
        mine = [state.take(Needs(b"a", b"s")) for _ in range(2_000)]
        taken.extend(mine)

    threads = [Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == [Taken(number, number, number) for number in range(16_000)]
