"""An engine that can be administered, and a caller of its admin API: no mocks, the parts are ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from understudy.mockserver.admin.desk import Desk
from understudy.mockserver.admin.door import answer
from understudy.mockserver.admin.facade import Part
from understudy.mockserver.engine import Engine
from understudy.mockserver.faults.rules import FaultRule
from understudy.mockserver.generation.source import generated
from understudy.mockserver.journal import Journal
from understudy.mockserver.ledger import Ledger
from understudy.mockserver.limits.limit import Limit
from understudy.mockserver.scripts.index import Index
from understudy.mockserver.scripts.rule import Rule
from understudy.mockserver.scripts.scripts import Scripts, _key
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request

NOW = 1_700_000_000.0
LOCAL = [(b"host", b"127.0.0.1:8000")]


class Removable(Scripts):
    """Scripts whose rules can be removed; the numbers of the others stay as they are."""

    gone: frozenset[int] = frozenset()

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in super().rules if id(rule) not in self.gone)

    def remove(self, rules: Sequence[Rule]) -> None:
        with self._lock:
            self.gone |= {id(rule) for rule in rules}
            self._index = None
            self.version += 1

    def _current(self) -> Any:
        with self._lock:
            if self._index is None:
                self._keys = {id(rule): _key(number, rule) for number, rule in enumerate(self._rules)}
                self._index = Index([rule for rule in self._rules if id(rule) not in self.gone])
            return self._index, self._keys


class Administrable(Engine):
    """The engine, with what ``Administered`` asks besides."""

    def __init__(self, settings: Settings) -> None:
        self.scripts = Removable((), settings.seed)
        super().__init__(settings, generated(settings.seed, settings.style), None, self.scripts)
        self.faults: tuple[FaultRule, ...] = ()
        self.limits: tuple[Limit, ...] = ()
        self.resets: list[Part] = []

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.scripts.rules

    def add_rules(self, rules: Sequence[Rule]) -> None:
        self.scripts.add(*rules)

    def replace_rule(self, old: Rule, new: Rule) -> None:
        self.scripts.replace(old, new)

    def remove_rules(self, rules: Sequence[Rule]) -> None:
        self.scripts.remove(rules)

    def set_faults(self, rules: Sequence[FaultRule]) -> None:
        self.faults = tuple(rules)

    def set_limits(self, limits: Sequence[Limit]) -> None:
        self.limits = tuple(limits)

    @property
    def seed(self) -> int:
        return self.settings.seed

    def set_seed(self, seed: int) -> None:
        self.settings = replace(self.settings, seed=seed)

    def reset(self, parts: Sequence[Part]) -> None:
        self.resets += parts
        if "journal" in parts:
            self.journal = Journal()
        if "ledger" in parts:
            self.ledger = Ledger()


class Caller:
    """Asks the admin API of one engine, and the engine itself."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.engine: Any = desk.engine

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
        self.engine.close(reply, "sent")
        return reply.entry.status, json.loads(reply.entry.reply)

    def says(self, text: str = "hi") -> str:
        return str(self.chat(text)[1]["choices"][0]["message"]["content"])


@pytest.fixture
def make_engine() -> Callable[..., Administrable]:
    return lambda **known: Administrable(Settings(**known))


@pytest.fixture
def admin(make_engine: Callable[..., Administrable]) -> Caller:
    return Caller(Desk(make_engine()))
