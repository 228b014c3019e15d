"""What the official client does with each fault, as the catalogue says: on real sockets, sync and async.

The server here performs steps and knows nothing else; finite waits take no time. That the shells perform
them likewise is for their own tests.
"""

from __future__ import annotations

import asyncio
import json
import math
import socket
import struct
from collections.abc import Iterable, Iterator
from threading import Thread
from typing import Any, Literal

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from understudy.mockserver.build import build
from understudy.mockserver.faults.catalogue import FAULTS, rewrite
from understudy.mockserver.faults.fault import SILENT, UNHARMED, Fault, Way
from understudy.mockserver.settings import Settings
from understudy.mockserver.steps import Rewrite, header
from understudy.mockserver.wire import Cut, Head, Request, Send, Step, Wait

pytestmark = pytest.mark.skipif(
    tuple(map(int, openai.__version__.split(".")[:2])) < (3, 14), reason="older clients do otherwise"
)

NOW = 1_700_000_000.0
PARAMETERS: dict[str, dict[str, Any]] = {"huge_body": {"bytes": 300_000}}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA, "strict": True}}
TEXT: dict[str, Any] = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "Tell me of Zürich."}],
}
CALL = {**TEXT, "tools": [TOOL], "tool_choice": "required"}
USAGE = {"stream_options": {"include_usage": True}}


class Wire:
    """A socket that answers each request with the steps *broken* makes of the reply."""

    def __init__(self) -> None:
        self.broken: Rewrite = iter
        self.asked = 0
        self._replies: dict[bytes, list[Step]] = {}
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._thread = Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(30)
                request = _read(connection)
                if request is None:
                    continue
                self.asked += 1
                if request.body not in self._replies:
                    self._replies[request.body] = list(build(Settings()).handle(request, NOW).steps)
                try:
                    _perform(connection, self.broken(self._replies[request.body]))
                except OSError:  # the client has left
                    continue


def _read(connection: socket.socket) -> Request | None:
    file = connection.makefile("rb")
    line = file.readline().split()
    if not line:
        return None
    headers = []
    while pair := file.readline().strip():
        name, _, value = pair.partition(b":")
        headers.append((name.lower(), value.strip()))
    body = file.read(int(dict(headers).get(b"content-length", b"0")))
    return Request(line[0].decode(), line[1].decode(), headers, body)


def _perform(connection: socket.socket, steps: Iterable[Step]) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    chunked = False
    for step in steps:
        match step:
            case Head(status, headers):
                chunked = header(step, b"content-length") is None
                pairs = [*headers, (b"connection", b"close")]
                if chunked:
                    pairs.append((b"transfer-encoding", b"chunked"))
                lines = b"".join(b"%s: %s\r\n" % pair for pair in pairs)
                connection.sendall(b"HTTP/1.1 %d any\r\n%s\r\n" % (status, lines))
            case Send(data):
                connection.sendall(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
            case Wait(seconds):
                if seconds == math.inf:
                    connection.recv(1)  # until the client leaves
            case Cut(reset):
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
    if chunked:
        connection.sendall(b"0\r\n\r\n")


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    server = Wire()
    yield server
    server.close()


@pytest.fixture(scope="module")
def unbroken() -> dict[Any, Any]:
    """What the client hands over without a fault, by way, request and kind."""
    return {}


def asked(fault: Fault) -> dict[str, Any]:
    return CALL if fault.needs == "a function call" else TEXT


def seen_of(reply: Any) -> Any:
    if not isinstance(reply, openai.BaseModel):
        return reply
    shown = reply.model_dump(warnings=False)
    shown.pop("obfuscation", None)  # follows the length of the rest
    return shown, getattr(reply, "_request_id", None)


def ask(wire: Wire, way: Way, members: dict[str, Any], seconds: float) -> Any:
    with OpenAI(api_key="sk-any", base_url=wire.url, max_retries=1, timeout=seconds) as client:
        if way == "json":
            return seen_of(client.chat.completions.create(**members))
        if way == "stream":
            return [
                seen_of(chunk) for chunk in client.chat.completions.create(**members, **USAGE, stream=True)
            ]
        with client.chat.completions.stream(**members, **USAGE) as stream:
            for _ in stream:
                pass
            return seen_of(stream.get_final_completion())


async def ask_async(wire: Wire, way: Way, members: dict[str, Any], seconds: float) -> Any:
    async with AsyncOpenAI(api_key="sk-any", base_url=wire.url, max_retries=1, timeout=seconds) as client:
        if way == "json":
            return seen_of(await client.chat.completions.create(**members))
        if way == "stream":
            stream = await client.chat.completions.create(**members, **USAGE, stream=True)
            return [seen_of(chunk) async for chunk in stream]
        async with client.chat.completions.stream(**members, **USAGE) as helped:
            async for _ in helped:
                pass
            return seen_of(await helped.get_final_completion())


ROWS = [(fault, way) for fault in FAULTS.values() for way in fault.clients]


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(("fault", "way"), ROWS, ids=[f"{fault.name}-{way}" for fault, way in ROWS])
def test_the_client_does_what_the_catalogue_says(
    fault: Fault,
    way: Way,
    kind: Literal["sync", "async"],
    wire: Wire,
    unbroken: dict[Any, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("INITIAL_RETRY_DELAY", "MAX_RETRY_DELAY"):
        monkeypatch.setattr(f"openai._base_client.{name}", 0.0)
    expected = fault.clients[way]

    def answer(seconds: float) -> Any:
        if kind == "async":
            return asyncio.run(ask_async(wire, way, asked(fault), seconds))
        return ask(wire, way, asked(fault), seconds)

    key = (way, fault.needs == "a function call", kind)
    if key not in unbroken:
        wire.broken = iter
        unbroken[key] = answer(30)
    wire.broken, wire.asked = rewrite(fault.name, PARAMETERS.get(fault.name, {})), 0
    try:
        found = answer(0.3 if expected.outcome == "APITimeoutError" else 30)
        outcome = UNHARMED if found == unbroken[key] else SILENT
    except Exception as error:
        outcome = type(error).__name__

    assert outcome == ((kind == "async" and expected.asynchronous) or expected.outcome)
    assert wire.asked == (2 if expected.retried else 1)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_every_fault_says_what_the_client_does_wherever_it_applies(fault: Fault) -> None:
    applies = {"json": {"json"}, "stream": {"stream"}, "both": {"json", "stream"}}[fault.applies]

    assert set(fault.clients) - {"helper"} == applies
    assert json.dumps(PARAMETERS.get(fault.name, {}))
