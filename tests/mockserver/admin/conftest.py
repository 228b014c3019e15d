"""An engine, and a caller of its admin API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.admin.door import answer
from understudy.mockserver.build import build
from understudy.mockserver.controls import Controls
from understudy.mockserver.engine import Engine
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request

NOW = 1_700_000_000.0
LOCAL = [(b"host", b"127.0.0.1:8000")]


class Caller:
    """Asks the admin API of one engine, and the engine itself."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.engine = desk.controls.engine

    def __call__(self, method: str, path: str, body: Any = None, query: str = "") -> tuple[int, Any]:
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = Request(method, f"/__understudy{path}", LOCAL, body or b"", query.encode())
        status, document, _ = answer(self.desk, request, NOW)
        return status, json.loads(json.dumps(document))

    def chat(self, text: str = "hi", now: float = NOW, headers: Any = (), **more: Any) -> tuple[int, Any]:
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **more}
        pairs = [(b"authorization", b"Bearer sk-one"), *headers]
        request = Request("POST", "/v1/chat/completions", pairs, json.dumps(body).encode())
        reply = self.engine.handle(request, now)
        self.engine.close(reply, "sent", now)
        return reply.entry.status, json.loads(reply.entry.reply)

    def says(self, text: str = "hi") -> str:
        return str(self.chat(text)[1]["choices"][0]["message"]["content"])


@pytest.fixture
def make_engine() -> Callable[..., Engine]:
    return lambda **known: build(Settings(**known))


@pytest.fixture
def admin(make_engine: Callable[..., Engine]) -> Caller:
    return Caller(Desk(Controls(make_engine())))
