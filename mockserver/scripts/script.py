"""Scripts written in Python: ``script.when(user=contains("refund")).reply("Done.")``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

from understudy.mockserver.scripts.answer import NOTHING, Answering, Fail, as_answer, error_headers
from understudy.mockserver.scripts.read_when import read_when
from understudy.mockserver.scripts.rule import Predicate, Rule, Then, ToolResult, When, check_priority
from understudy.mockserver.scripts.scripts import Scripts
from understudy.mockserver.scripts.texts import Text, TextLike, contains, regex

__all__ = ["Branch", "Script", "Text", "ToolResult", "contains", "regex"]


class Branch:
    """What is answered to the requests that fit one ``when``.

    Answers without *times* follow one another, the last again and again. With *times*, they answer that
    many requests, and what is scripted next answers the following ones.
    """

    def __init__(self, scripts: Scripts, when: When, priority: int = 0) -> None:
        self._scripts = scripts
        self._when = when
        self._priority = priority
        self._lock = Lock()
        self._open: Rule | None = None  # the rule that further answers are added to

    def reply(self, *answers: Any, times: int | None = None, then: Then = "repeat", name: str = "") -> Branch:
        """Answer with *answers*, one after the other: texts, values of ``understudy.fixtures.answers``, or
        callables that get the request. Raises ValueError for what is no answer."""
        said = tuple(as_answer(answer, f"answer {number}") for number, answer in enumerate(answers, 1))
        return self._add(said, times, then, name)

    def fail(
        self,
        status: int,
        message: str | None = None,
        *,
        type: str | None = None,  # noqa: A002  (the API's own word)
        code: Any = NOTHING,
        param: str | None = None,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
        name: str = "",
    ) -> Branch:
        """Answer with an error; what is left out is as the API documents it for *status*.

        *retry_after* is in seconds and goes into the header of that name. Raises ValueError for what is
        no error's.
        """
        pairs = error_headers(headers or {}, retry_after)
        return self._add((Fail(status, message, type, code, param, pairs),), times, "repeat", name)

    def _add(self, answers: tuple[Answering, ...], times: int | None, then: Then, name: str) -> Branch:
        with self._lock:
            before = self._open
            if before is not None and times is None and before.then == "repeat":
                rule = replace(before, answers=before.answers + answers, then=then, name=name or before.name)
                self._scripts.replace(before, rule)
            else:
                rule = Rule(self._when, answers, times, self._priority, name, _caller(), then)
                self._scripts.add(rule)
            self._open = rule if times is None else None
        return self


class Script:
    """Rules, written down in Python while a server answers by them or before. Safe for several threads.

    *scripts* is the source they make for an engine.
    """

    def __init__(self, seed: int = 0) -> None:
        self.scripts = Scripts(seed=seed)
        self._lock = Lock()
        self._branches: dict[tuple[str, int, int], Branch] = {}

    def when(
        self,
        *,
        model: str | list[str] | None = None,
        user: TextLike | None = None,
        system: TextLike | None = None,
        any_message: TextLike | None = None,
        turn: int | None = None,
        tool_result: str | ToolResult | Mapping[str, Any] | None = None,
        tools: str | list[str] | None = None,
        response_format: str | None = None,
        stream: bool | None = None,
        headers: Mapping[str, TextLike | None] | None = None,
        metadata: Mapping[str, TextLike | None] | None = None,
        body: Mapping[str, Any] | None = None,
        predicate: Predicate | None = None,
        priority: int = 0,
    ) -> Branch:
        """Return where to say what is answered to requests that fit all that is given.

        A plain text must be equal; ``contains(…)`` and ``regex(…)`` ask for less. The keys are those of
        scenario files (docs/scenarios.md), and *predicate*, which gets the request. Raises ValueError for
        what cannot be asked.
        """
        given = {
            "model": model,
            "user": user,
            "system": system,
            "any_message": any_message,
            "turn": turn,
            "tool_result": tool_result,
            "tools": tools,
            "response_format": response_format,
            "stream": stream,
            "headers": headers,
            "metadata": metadata,
            "body": body,
        }
        when = replace(read_when(given, _raise), predicate=predicate)
        check_priority(priority)
        return self._branch(when, priority)

    def reply(self, *answers: Any, times: int | None = None, then: Then = "repeat", name: str = "") -> Script:
        """Answer any request with *answers*, one after the other, as ``when().reply`` does."""
        self._branch(When(), 0).reply(*answers, times=times, then=then, name=name)
        return self

    def fail(self, status: int, message: str | None = None, **rest: Any) -> Script:
        """Answer any request with an error, as ``when().fail`` does."""
        self._branch(When(), 0).fail(status, message, **rest)
        return self

    def add(self, *rules: Rule) -> Script:
        """Add *rules* as they are: those of a scenario file."""
        self.scripts.add(*rules)
        return self

    def _branch(self, when: When, priority: int) -> Branch:
        """Return the branch of *when*: the same for the same, so that answers follow one another."""
        # not every value can be hashed, and two callables may look alike; the branch keeps its own alive
        key = (repr(replace(when, predicate=None)), id(when.predicate), priority)
        with self._lock:
            if key not in self._branches:
                self._branches[key] = Branch(self.scripts, when, priority)
            return self._branches[key]


def _raise(_: str, error: ValueError) -> None:
    raise error


def _caller() -> str:
    """Return ``file:line`` of the code that called into this module, for a miss to name."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
