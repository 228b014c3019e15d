"""Clients that leave while a reply is on its way: of a thousand, nothing is left."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.faults.rules import fault
from understudy.mockserver.performance import Performance
from understudy.mockserver.protocol import JoiningProtocol, JoiningTransport
from understudy.mockserver.settings import Settings

BOUND = 30.0  # seconds that anything here may take before it counts as never
CLIENTS, AT_ONCE = 1_000, 100
PATIENCE = 0.4  # seconds: its one timer goes by itself, a quarter of that after the last client
ASKED = json.dumps(  # four choices: far more events than anybody here waits for
    {"model": "gpt-4o", "n": 4, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
).encode()
REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-any\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(ASKED), ASKED)
)
NO_TIME = struct.pack("ii", 1, 0)  # linger: on, 0 seconds: closing is a reset


def files() -> int:
    """Return how many files and sockets this process has open; 0 where that is not told."""
    place = Path("/proc/self/fd")
    return len(list(place.iterdir())) if place.is_dir() else 0


def come_and_leave(address: tuple[str, int]) -> None:
    """Every client reads the first event; then half of them close, the others break the connection off."""
    for _ in range(CLIENTS // AT_ONCE):
        with ExitStack() as leaving:
            clients = [
                leaving.enter_context(socket.create_connection(address, timeout=BOUND))
                for _ in range(AT_ONCE)
            ]
            for client in clients:
                client.sendall(REQUEST)
            for number, client in enumerate(clients):
                data = b""
                while b"data: " not in data and (piece := client.recv(1_000)):
                    data += piece
                if number % 2:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_TIME)


async def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + BOUND
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.005)


def timers(loop: Any) -> list[str]:
    """Return what of ours *loop* is to call later; asyncio's own loop can be asked."""
    called = [timer._callback for timer in loop._scheduled if not timer.cancelled()]
    return [str(one) for one in called if getattr(one, "__module__", "").startswith("understudy")]


def tasks() -> list[str]:
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return [name for name in names if name.startswith(("RequestResponseCycle", "_disconnected", "App"))]


def objects() -> int:
    """Return how many replies and connections live in this process: other tests may have a server, too."""
    gc.collect()
    return sum(isinstance(one, (Performance, JoiningTransport)) for one in gc.get_objects())


@pytest.mark.parametrize(
    "spec", ["stall_midstream:after_events=1", "slow_body:seconds=0.2"], ids=["stalled", "paced"]
)
def test_of_a_thousand_clients_that_leave_nothing_is_left(spec: str) -> None:
    room = {"journal_entries": 2 * CLIENTS, "journal_bytes": 2**30}
    engine = build(Settings(faults=(fault(spec),), **room))
    before = objects()
    app = App(engine, patience=PATIENCE)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        config = uvicorn.Config(
            app, http=JoiningProtocol, ws="none", lifespan="off", log_config=None, backlog=2_048
        )
        server = uvicorn.Server(config)
        listener = socket.create_server(("127.0.0.1", 0), backlog=2_048)
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        await until(lambda: server.started)
        visitors = threading.Thread(target=come_and_leave, args=[listener.getsockname()])
        opened = files()
        try:
            visitors.start()
            await until(lambda: len(engine.journal) == CLIENTS)
            await until(lambda: all(entry.outcome != "open" for entry in engine.journal))
            await until(lambda: not visitors.is_alive() and tasks() == [])
            await until(lambda: files() <= opened)
            await until(lambda: timers(loop) == [])
            assert server.server_state.connections == set()
            assert len(app._patience) == 0
        finally:
            server.should_exit = True
            visitors.join(BOUND)
            await serving

    asyncio.run(main())

    assert Counter(entry.outcome for entry in engine.journal) == {"client left": CLIENTS}
    assert {entry.fault for entry in engine.journal} == {spec}
    assert objects() <= before
