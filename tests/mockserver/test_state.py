"""What is counted between requests."""

from __future__ import annotations

from threading import Thread

from understudy.mockserver.limits.charge import Charge, Limits
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.state import MemoryState, Needs, Taken, Turn

NOW = 1_700_000_000.0
S, T = Turn(b"s"), Turn(b"t")


def test_requests_attempts_and_turns_are_counted_apart() -> None:
    state = MemoryState()
    rows = [
        (Needs(b"a"), Taken(0, 0)),
        (Needs(b"a"), Taken(1, 1)),
        (Needs(b"b", (S,)), Taken(2, 0, 0, 0)),
        (Needs(b"a", (S,)), Taken(3, 2, 0, 1)),  # the series goes on, whoever asks
        (Needs(b"b", (T,)), Taken(4, 1, 0, 0)),
        (Needs(b"s"), Taken(5, 0)),  # a request is not the series of its name
        (Needs(b"b", (S,)), Taken(6, 2, 0, 2)),
    ]

    assert [state.take(needs, NOW) for needs, _ in rows] == [taken for _, taken in rows]


def test_the_first_turn_with_anything_left_is_taken() -> None:
    state = MemoryState()
    needs = Needs(b"a", (Turn(b"once", 1), Turn(b"twice", 2), S))

    taken = [state.take(needs, NOW) for _ in range(5)]

    assert [(one.turn, one.position) for one in taken] == [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1)]


def test_where_no_turn_has_anything_left_it_is_the_one_after_the_last() -> None:
    state = MemoryState()
    needs = Needs(b"a", (Turn(b"once", 1),))
    state.take(needs, NOW)

    assert state.take(needs, NOW) == Taken(1, 1, 1, 0)


def test_one_turn_is_shared_by_all_who_wait_for_it() -> None:
    state = MemoryState()
    once = Turn(b"once", 1)
    state.take(Needs(b"a", (once,)), NOW)

    assert state.take(Needs(b"b", (once, S)), NOW).turn == 1


def test_what_was_unseen_longest_is_forgotten_first() -> None:
    state = MemoryState(limit=2)
    for request in (b"a", b"b", b"a", b"c"):
        state.take(Needs(request), NOW)

    assert state.take(Needs(b"a"), NOW).attempt == 2
    assert state.take(Needs(b"b"), NOW).attempt == 0
    assert len(state._asked) == 2


def test_many_different_requests_are_held_within_the_limit() -> None:
    state = MemoryState(limit=100)
    for number in range(1_000):
        state.take(Needs(b"%d" % number), NOW)

    assert 80 < len(state._asked) <= 100
    assert state.take(Needs(b"x"), NOW).number == 1_000


def test_threads_lose_no_count() -> None:
    state = MemoryState()
    taken: list[Taken] = []

    def hammer() -> None:
        mine = [state.take(Needs(b"a", (S,)), NOW) for _ in range(2_000)]
        taken.extend(mine)

    threads = [Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == [Taken(number, number, 0, number) for number in range(16_000)]


def limited(limit: Limit, tokens: int = 1) -> Charge:
    charge = Limits([limit]).of(Charge("m", tokens), "k")
    assert charge is not None
    return charge


def test_counters_are_counted_apart_from_requests() -> None:
    state = MemoryState()
    needs = [Needs(b"a", counters=(b"x", b"y")), Needs(b"x", counters=(b"y",)), Needs(b"a")]

    assert [state.take(one, NOW).counts for one in (*needs, needs[0])] == [(0, 0), (1,), (), (1, 2)]


def test_many_counters_are_held_within_the_limit() -> None:
    state = MemoryState(limit=100)
    for number in range(1_000):
        state.take(Needs(b"a", counters=(b"%d" % number,)), NOW)

    assert 80 < len(state._counters) <= 100
    latest = Needs(b"a", counters=tuple(b"%d" % number for number in range(920, 1_000)))
    assert state.take(latest, NOW).counts == (1,) * 80


def test_what_a_limit_refuses_takes_nothing_else() -> None:
    """So a retry finds its answer, and the faults that were meant for it."""
    state = MemoryState()
    needs = Needs(b"a", (Turn(b"once", 1), S), None, (b"x",), limited(Limit(requests_per_minute=1)))

    first, refused, later = (state.take(needs, NOW + seconds) for seconds in (0, 1, 60))

    assert (first.turn, first.position, first.counts) == (0, 0, (0,))
    assert (refused.number, refused.attempt, refused.turn, refused.counts) == (1, 1, 2, ())
    assert refused.charged is not None
    assert refused.charged.shortage is not None
    assert (later.number, later.attempt, later.turn, later.position, later.counts) == (2, 2, 1, 0, (1,))


def test_a_receipt_is_settled_and_released() -> None:
    state = MemoryState()
    needs = Needs(b"a", charge=limited(Limit(tokens_per_minute=10, concurrency=1), tokens=10))
    charged = state.take(needs, NOW).charged
    assert charged is not None

    state.settle(charged, 0, NOW)
    again = state.take(needs, NOW).charged

    assert again is not None
    assert again.shortage is None


def test_limits_can_be_begun_anew() -> None:
    state = MemoryState()
    needs = Needs(b"a", charge=limited(Limit(tokens_per_minute=10, concurrency=1), tokens=10))
    before = state.take(needs, NOW).charged
    assert before is not None

    state.refill()
    after = state.take(needs, NOW).charged
    state.settle(before, 0, NOW)  # late, and of no account
    refused = state.take(needs, NOW).charged

    assert after is not None
    assert after.shortage is None
    assert refused is not None
    assert refused.shortage is not None
    assert (refused.shortage.unit, refused.tokens) == (None, (10, 0, 60_000_000))


def test_threads_are_served_no_more_than_the_limit() -> None:
    state = MemoryState()
    needs = Needs(b"a", (S,), None, (b"x",), limited(Limit(requests_per_day=1_000, concurrency=50)))
    taken: list[Taken] = []

    def hammer() -> None:
        for _ in range(500):
            one = state.take(needs, NOW)
            taken.append(one)
            if one.charged is not None:
                state.settle(one.charged, None, NOW)

    threads = [Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    served = [one for one in taken if one.charged is not None and one.charged.shortage is None]
    assert len(served) == 1_000
    assert sorted(one.position for one in served) == list(range(1_000))
    assert sorted(one.counts for one in served) == [(number,) for number in range(1_000)]


def test_a_retry_is_known_after_many_other_requests() -> None:
    state = MemoryState()
    for number in range(80_000):
        state.take(Needs(b"%d" % number), NOW)

    assert state.take(Needs(b"0"), NOW).attempt == 1
