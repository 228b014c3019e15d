"""The official client at every door of a real engine: over a socket and in process, sync and async."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import openai
import pytest

from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.clock import VirtualClock
from understudy.mockserver.engine import Engine
from understudy.mockserver.journal import Entry
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings
from understudy.mockserver.transport import async_transport, transport
from understudy.mockserver.virtual import RETRY_MODULES, virtual_time

NOW = 1_800_000_000.0
SPEED = 10_000.0  # of the waits in replies that are served: five seconds take half a millisecond
BOUND = 20.0  # seconds that anything here may take before it counts as never
USAGE = {"stream_options": {"include_usage": True}}


class Door(NamedTuple):
    """One way in: *served* on a real socket, or in process; by the sync client, or by the async one."""

    served: bool
    sync: bool

    def __str__(self) -> str:
        return f"{'served' if self.served else 'in process'}, {'sync' if self.sync else 'async'}"


class Lived(NamedTuple):
    """What a client lived to see: *got* (chunks until then, or the whole reply), the *error* it raised, what
    it waited for (seconds), and what the journal has of it."""

    got: Any
    error: Exception | None
    waits: tuple[float, ...]
    entries: tuple[Entry, ...]

    @property
    def words(self) -> str:
        """The error and, where it has one, its cause, in words; empty for none."""
        told = (self.error, None if self.error is None else self.error.__cause__)
        return " from ".join(f"{type(one).__name__}: {one}" for one in told if one is not None)


class Stage:
    """An ASGI application whose scenery is changed between the acts: one server does for all."""

    app: App

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class Doors:
    """Every door of one server. In process, and in the client's own waits, time is virtual."""

    served, direct = Door(True, True), Door(False, True)

    def __init__(self, stage: Stage, url: str) -> None:
        self._stage, self._url = stage, url

    def ask(
        self, door: Door, settings: Settings, way: str, members: Any, retries: int, timeout: float, **app: Any
    ) -> Lived:
        """Return what a new client at *door* sees of a new engine; *way* is that of the catalogue."""
        engine = build(settings)
        known = {"api_key": "sk-any", "max_retries": retries, "timeout": timeout}
        got: list[Any] = []
        error = None
        with virtual_time(VirtualClock(NOW), modules=RETRY_MODULES) as line:
            if door.served:
                self._stage.app = App(engine, clock=lambda: NOW, speed=SPEED, **app)
            http = self._http(door, engine, line.clock)
            base_url = self._url if door.served else "http://understudy/v1"
            try:
                if door.sync:
                    _ask(got, way, members, base_url=base_url, http_client=http, **known)
                else:
                    asyncio.run(_async_ask(got, way, members, base_url=base_url, http_client=http, **known))
            except Exception as raised:
                error = raised
        entries = tuple(engine.journal)
        until(lambda: all(entry.outcome != "open" for entry in entries))
        return Lived(got, error, line.seconds, entries)

    def _http(self, door: Door, engine: Engine, clock: VirtualClock) -> Any:
        kind = openai.DefaultHttpxClient if door.sync else openai.DefaultAsyncHttpxClient
        if door.served:
            return kind(verify=False)  # spares it reading certificates
        made = transport if door.sync else async_transport
        return kind(transport=made(engine, _library(), clock=clock))


def _library() -> Any:
    return pytest.importorskip("httpx2", reason="the official client before 3.0 stands on httpx")


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + BOUND
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.001)


def _ask(got: list[Any], way: str, members: Any, **known: Any) -> None:
    with openai.OpenAI(**known) as client:
        completions = client.chat.completions
        if way == "json":
            got.append(_seen(completions.create(**members)))
        elif way == "stream":
            for chunk in completions.create(**members, **USAGE, stream=True):
                got.append(_seen(chunk))
        else:
            with completions.stream(**members, **USAGE) as helped:
                for _ in helped:
                    pass
                got.append(_seen(helped.get_final_completion()))


async def _async_ask(got: list[Any], way: str, members: Any, **known: Any) -> None:
    async with openai.AsyncOpenAI(**known) as client:
        completions = client.chat.completions
        if way == "json":
            got.append(_seen(await completions.create(**members)))
        elif way == "stream":
            async for chunk in await completions.create(**members, **USAGE, stream=True):
                got.append(_seen(chunk))
        else:
            async with completions.stream(**members, **USAGE) as helped:
                async for _ in helped:
                    pass
                got.append(_seen(await helped.get_final_completion()))


def _seen(reply: Any) -> Any:
    if not isinstance(reply, openai.BaseModel):
        return reply
    shown = reply.model_dump(warnings=False)
    shown.pop("obfuscation", None)  # follows the length of the rest
    return shown, getattr(reply, "_request_id", None)


DOORS = [Door(served, sync) for served in (True, False) for sync in (True, False)]


@pytest.fixture(params=DOORS, ids=str)
def door(request: pytest.FixtureRequest) -> Door:
    found: Door = request.param
    return found


@pytest.fixture(scope="session")
def doors() -> Iterator[Doors]:
    stage = Stage()
    with serving(stage) as url:  # type: ignore[arg-type]
        yield Doors(stage, url)
