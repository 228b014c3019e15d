"""Clients that take too long are let go, the others are not, and nothing is left when all have gone."""

from __future__ import annotations

import asyncio

from understudy.mockserver.patience import Deadline, Patience


async def dawdle(patience: Patience) -> Deadline:
    deadline = patience.begin()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        pass
    finally:
        patience.end(deadline)
    return deadline


def test_who_dawdles_is_let_go() -> None:
    deadline = asyncio.run(asyncio.wait_for(dawdle(Patience(0.05)), 20))

    assert deadline.passed


def test_renewed_patience_is_counted_from_now_with_what_is_beyond() -> None:
    async def renewed() -> tuple[float, float]:
        patience = Patience(100.0)
        deadline = patience.begin()
        patience.renew(deadline, beyond=500.0)
        now = asyncio.get_running_loop().time()
        patience.end(deadline)
        return deadline.due - now, len(patience)

    left, open_ones = asyncio.run(renewed())

    assert 599.0 < left <= 600.0
    assert open_ones == 0


def test_one_patience_serves_one_loop_after_another() -> None:
    patience = Patience(0.05)

    passed = [asyncio.run(asyncio.wait_for(dawdle(patience), 20)).passed for _ in range(3)]

    assert passed == [True, True, True]
