"""Real replies for faults to break."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from understudy.mockserver.build import build
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request, Step

Ask: TypeAlias = Callable[..., "list[Step]"]

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA, "strict": True}}


@pytest.fixture(scope="session")
def asked() -> Callable[..., dict[str, Any]]:
    """Return the body of a request: for a stream, with its usage; for a tool call, with a tool."""

    def members(*, stream: bool = False, call: bool = False) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": "Tell me of Zürich."}],
        }
        if call:
            body |= {"tools": [TOOL], "tool_choice": "required"}
        if stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return body

    return members


@pytest.fixture(scope="session")
def ask(asked: Callable[..., dict[str, Any]]) -> Ask:
    """Return a function that gives the steps of the engine's reply; equal arguments, equal bytes."""

    def steps(*, stream: bool = False, call: bool = False) -> list[Step]:
        body = json.dumps(asked(stream=stream, call=call)).encode()
        headers = [(b"authorization", b"Bearer sk-any")]
        request = Request("POST", "/v1/chat/completions", headers, body)
        return list(build(Settings()).handle(request, 1_700_000_000.0).steps)

    return steps
