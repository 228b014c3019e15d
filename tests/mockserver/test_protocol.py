"""One write where uvicorn makes two, and everything else as it was."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from understudy.mockserver.protocol import KEPT_BACK, JoiningTransport


class Wire(asyncio.Transport):
    """A transport that notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.seen: list[Any] = []
        self.closing = False

    def write(self, data: Any) -> None:
        self.seen.append(data)

    def close(self) -> None:
        self.closing = True
        self.seen.append("close")

    def abort(self) -> None:
        self.closing = True
        self.seen.append("abort")

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.seen.append("pause")

    def resume_reading(self) -> None:
        self.seen.append("resume")


async def performed(*asked: Any) -> list[Any]:
    wire = Wire()
    transport = JoiningTransport(wire, asyncio.get_running_loop())
    for one in asked:
        if isinstance(one, bytes):
            transport.write(one)
        elif one == "turn":
            await asyncio.sleep(0)
        else:
            getattr(transport, one)()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return wire.seen


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ((b"head", b"body"), [b"headbody"]),
        ((b"one",), [b"one"]),
        ((b"a", "turn", b"b", b"c"), [b"a", b"bc"]),
        ((b"a", "close"), [b"a", "close"]),
        ((b"a", "abort"), ["abort"]),
        (("close", b"late"), ["close"]),
        (("pause_reading", "resume_reading"), ["pause", "resume"]),
        ((b"x" * KEPT_BACK, b"y", "pause_reading"), [b"x" * KEPT_BACK + b"y", "pause"]),
    ],
)
def test_what_is_written_in_one_turn_leaves_together(asked: tuple[Any, ...], seen: list[Any]) -> None:
    assert asyncio.run(performed(*asked)) == seen


def test_it_knows_what_the_transport_knows() -> None:
    wire = Wire()
    loop = asyncio.new_event_loop()
    transport = JoiningTransport(wire, loop)
    loop.close()

    assert transport.get_extra_info("peername") == ("127.0.0.1", 1)
    assert not transport.is_closing()
    wire.close()
    assert transport.is_closing()
