"""A server with the profile of a gateway, asked; and the topics of the rows that FACTS documents."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from understudy.mockserver.build import build
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Head, Request, Send

KEY = (b"authorization", b"Bearer sk-right-key-0001")
QUESTION = {"role": "user", "content": "Extract the dollar amounts from this invoice."}
SOUND: Mapping[str, Any] = {"model": "gpt-5-4-mini", "messages": [QUESTION]}
TRAFFIC = Path(os.environ.get("UNDERSTUDY_TRAFFIC", Path(__file__).parents[3] / "../shared/traffic"))
FACTS = TRAFFIC.parent / "reference" / "FACTS.md"


class Said(NamedTuple):
    """What came back."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        return self.json["error"]

    @property
    def chunks(self) -> list[Any]:
        lines = self.body.decode().splitlines()
        return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


@pytest.fixture
def ask() -> Callable[..., Said]:
    """Ask a server with the profile *name* a sound request with *change*."""

    def asked(
        name: str, change: Mapping[str, Any] | None = None, *, key: bool = True, **settings: Any
    ) -> Said:
        engine = build(Settings(profile=name, **settings))
        body = json.dumps({**SOUND, **(change or {})}).encode()
        request = Request("POST", "/v1/chat/completions", [KEY] if key else [], body)
        head, *rest = engine.handle(request, 1_700_000_000.0).steps
        assert isinstance(head, Head)
        return Said(head.status, b"".join(step.data for step in rest if isinstance(step, Send)))

    return asked


@pytest.fixture
def topics() -> Callable[[str], list[str]]:
    """Read the topics of a section of FACTS, which is no part of the repository."""
    if not FACTS.is_file():
        pytest.skip(f"no facts at {FACTS}")
    text = FACTS.read_text("utf-8")

    def of(section: str) -> list[str]:
        part = text.split(f"\n# {section}. ")[1].split("\n# ")[0]
        return [line.split("|")[1].strip() for line in part.splitlines() if re.match(r"\| [^-]", line)][1:]

    return of
