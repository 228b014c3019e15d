"""The official client on an engine in this process, three ways: sync, under asyncio, under trio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import openai
import pytest

from understudy.mockserver.clock import Clock, RealClock
from understudy.mockserver.engine import Engine
from understudy.mockserver.transport import async_transport, transport

VERSION = tuple(map(int, openai.__version__.split(".")[:2]))
LIBRARY = pytest.importorskip("httpx2" if VERSION >= (3, 0) else "httpx")
REAL = RealClock()
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
KNOWN = {"api_key": "sk-a", "base_url": "http://understudy/v1"}

Body: TypeAlias = "Mapping[str, Any]"
Wrap: TypeAlias = "Callable[[Callable[[], Any]], Callable[[], Any]]"


def as_it_is(call: Callable[[], Any]) -> Callable[[], Any]:
    return call


@dataclass(frozen=True)
class Asker:
    """One *way* of asking. Called, it sends *body* so many *times*, one after the other, each call in *wrap* (a
    decorator, of a retry library say), and returns what was said; *options* are the client's. *heard* gets each
    piece of a stream as it comes."""

    way: str
    heard: list[str] = field(default_factory=list)

    def __call__(self, engine: Engine, **how: Any) -> list[str]:
        if self.way == "sync":
            return self._at_once(engine, **how)
        said: list[str]
        if self.way == "asyncio":
            said = asyncio.run(self.later(engine, **how))
        else:
            said = pytest.importorskip("trio").run(partial(self.later, engine, **how))
        return said

    def _at_once(
        self, engine: Engine, *, times: int = 1, wrap: Wrap = as_it_is, clock: Clock = REAL, body: Body = BODY,
        **options: Any,
    ) -> list[str]:  # fmt: skip
        http = LIBRARY.Client(transport=transport(engine, LIBRARY, clock=clock))
        with openai.OpenAI(**KNOWN, http_client=http, **options) as client:

            def once() -> str:
                made: Any = client.chat.completions.create(**body)
                if not body.get("stream"):
                    return str(made.choices[0].message.content)
                return "".join(self._piece(chunk) for chunk in made)

            call = wrap(once)
            return [call() for _ in range(times)]

    async def later(
        self, engine: Engine, *, times: int = 1, wrap: Wrap = as_it_is, clock: Clock = REAL, body: Body = BODY,
        **options: Any,
    ) -> list[str]:  # fmt: skip
        """The same in a task."""
        http = LIBRARY.AsyncClient(transport=async_transport(engine, LIBRARY, clock=clock))
        async with openai.AsyncOpenAI(**KNOWN, http_client=http, **options) as client:

            async def once() -> str:
                made: Any = await client.chat.completions.create(**body)
                if not body.get("stream"):
                    return str(made.choices[0].message.content)
                return "".join([self._piece(chunk) async for chunk in made])

            call = wrap(once)
            return [await call() for _ in range(times)]

    def _piece(self, chunk: Any) -> str:
        said = str(chunk.choices[0].delta.content or "")
        self.heard.append(said)
        return said


@pytest.fixture(params=["sync", "asyncio", "trio"])
def ask(request: pytest.FixtureRequest) -> Asker:
    return Asker(request.param)


@pytest.fixture
def attempts() -> Callable[[Engine], list[tuple[float, int]]]:
    """Return a function: when each request came, in seconds after the first, and the status it got."""

    def of(engine: Engine) -> list[tuple[float, int]]:
        entries = list(engine.journal)
        return [(round(entry.at - entries[0].at, 6), entry.status) for entry in entries]

    return of
