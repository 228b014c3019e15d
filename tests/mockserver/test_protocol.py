"""One write where uvicorn makes two, and everything else as it was."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from understudy.mockserver import protocol
from understudy.mockserver.protocol import KEPT_BACK, JoiningTransport


class Plug:
    """A socket that notes how it is set."""

    def __init__(self, seen: list[Any]) -> None:
        self._seen = seen

    def setsockopt(self, level: int, option: int, value: bytes) -> None:
        assert (level, option) == (socket.SOL_SOCKET, socket.SO_LINGER)
        self._seen.append("linger")


class Wire(asyncio.Transport):
    """A transport that notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.seen: list[Any] = []
        self.closing = False
        self.stuck = 0
        self.plug = Plug(self.seen)

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

    def get_write_buffer_size(self) -> int:
        return self.stuck

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.plug if name == "socket" else super().get_extra_info(name, default)

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


@pytest.mark.parametrize(
    ("reset", "seen"), [(False, [b"ab", "close"]), (True, [b"ab", "linger", "close"])], ids=["FIN", "RST"]
)
@pytest.mark.parametrize("stuck", [0, 1])
def test_a_cut_lets_out_what_was_written_and_closes(
    reset: bool, seen: list[Any], stuck: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that takes nothing more is not waited for without end."""
    monkeypatch.setattr(protocol, "LINGERING", 0.0)

    async def cut() -> list[Any]:
        wire = Wire()
        wire.stuck = stuck
        transport = JoiningTransport(wire, asyncio.get_running_loop())
        transport.write(b"a")
        transport.write(b"b")
        transport.cut(reset)
        transport.write(b"late")
        await asyncio.sleep(0.01)
        return wire.seen

    assert asyncio.run(cut()) == [*seen, *(["abort"] if stuck else [])]
