"""A tape: what was decided about each request, as JSON lines, and its replay.

{"understudy_tape": 1}
{"request": "8f…", "attempt": 0, "fault": "rate_limit:retry_after=20"}
{"request": "8f…", "attempt": 1, "fault": "ok"}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.faults.decisions import Deciding, Decision, Makers
from understudy.mockserver.faults.match import Asked
from understudy.mockserver.faults.rules import FaultRule, troubles_of
from understudy.mockserver.faults.specs import read_spec
from understudy.mockserver.faults.trouble import OK, Trouble

MOST = 100_000
"""Decisions on a tape."""
HEAD = '{"understudy_tape": 1}'
"""The first line of a tape."""
LONGEST = 200 * MOST
"""Characters of a tape."""

_KEYS = ("request", "attempt", "fault")


class Tape:
    """Writes down the first *most* decisions, or LONGEST characters of them, each as a line for *write*;
    *missed* counts those after. What is written begins with HEAD, which is not written here.

    An attempt that is decided anew (its counter was reset) keeps its first decision. Safe for several
    threads; *write* is called by one at a time.
    """

    def __init__(self, write: Callable[[str], object], most: int = MOST) -> None:
        self.missed = 0
        self._write = write
        self._most = most
        self._room = LONGEST - len(HEAD) - 1  # characters, each line with its end
        self._known: set[tuple[bytes, int]] = set()
        self._lock = Lock()

    def record(self, fingerprint: bytes, attempt: int, decision: Decision | None) -> None:
        """Write down what was decided about this *attempt* (from 0). Raises what *write* does."""
        key = (fingerprint, attempt)
        said = OK if decision is None else str(decision.trouble)
        line = json.dumps({"request": fingerprint.hex(), "attempt": attempt, "fault": said})
        with self._lock:
            if key in self._known:
                return
            self._room -= len(line) + 1
            if self._room < 0 or len(self._known) >= self._most:
                self.missed += 1
                return
            self._known.add(key)
            self._write(line)

    def __len__(self) -> int:
        return len(self._known)


class Recording:
    """Decides as *deciding* does, and writes it on *tape*."""

    def __init__(self, deciding: Deciding, tape: Tape) -> None:
        self._deciding = deciding
        self._tape = tape

    def counters(self, asked: Asked) -> tuple[bytes, ...]:
        """Return what ``deciding`` wants to be counted."""
        return self._deciding.counters(asked)

    def decide(
        self, asked: Asked, attempt: int, counts: Sequence[int], now: float, mark: int | None = None
    ) -> Decision | None:
        """Return what ``deciding`` decides, and write it down."""
        decision = self._deciding.decide(asked, attempt, counts, now, mark)
        self._tape.record(asked.fingerprint, attempt, decision)
        return decision


class TapeDecider:
    """Decides as the tape says; what is not on it goes unharmed."""

    def __init__(self, rules: dict[tuple[bytes, int], FaultRule], seed: int, profile: Profile) -> None:
        self._rules = rules
        self._makers = Makers(seed, profile)

    def counters(self, asked: Asked) -> tuple[bytes, ...]:
        """Return nothing: a tape counts nothing."""
        return ()

    def decide(
        self, asked: Asked, attempt: int, counts: Sequence[int], now: float, mark: int | None = None
    ) -> Decision | None:
        """Return what the tape says of this *attempt* (from 0), None where it says nothing."""
        rule = self._rules.get((asked.fingerprint, attempt))
        if rule is None:
            return None
        return self._makers.decision(rule, rule.troubles[0], asked, attempt, now)

    def __len__(self) -> int:
        return len(self._rules)


def read_tape(text: str, where: str, seed: int, profile: Profile) -> TapeDecider:
    """Return the decider that *text*, read from *where*, is a tape for.

    Raises ValueError, ``{where}:{line}: reason``, for the first line that is none.
    """
    if len(text) > LONGEST:
        raise ValueError(f"{where}:1: larger than {LONGEST} characters")
    rules: dict[tuple[bytes, int], FaultRule] = {}
    lines: dict[tuple[bytes, int], int] = {}
    known: dict[str, tuple[Trouble, ...]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            document = _document(line)
            if "understudy_tape" in document:
                _check_version(document["understudy_tape"])
                continue
            key, said = _entry(document)
            if key in lines:
                raise ValueError(f"this attempt of this request stands on line {lines[key]} already")
            if len(lines) >= MOST:
                raise ValueError(f"more than {MOST} decisions")
            if said not in known:
                known[said] = _troubles(said)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{where}:{number}: {error}") from None
        lines[key] = number
        rules[key] = FaultRule(known[said], place=f"{where}:{number}")
    return TapeDecider(rules, seed, profile)


def _document(line: str) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError(f"expected an object with {', '.join(_KEYS)}, got {type(document).__name__}")
    return document


def _check_version(version: Any) -> None:
    if version != 1:
        raise ValueError(f"a tape of version {version!r}; this Understudy reads version 1")


def _entry(document: dict[str, Any]) -> tuple[tuple[bytes, int], str]:
    if sorted(document) != sorted(_KEYS):
        raise ValueError(f"expected the keys {', '.join(_KEYS)}, got {', '.join(sorted(document)) or 'none'}")
    request, attempt, said = (document[name] for name in _KEYS)
    try:
        fingerprint = bytes.fromhex(request)
    except (TypeError, ValueError):
        raise ValueError(f"request is {request!r}, expected hex digits") from None
    if type(attempt) is not int or attempt < 0:
        raise ValueError(f"attempt is {attempt!r}, expected a whole number from 0")
    if not isinstance(said, str):
        raise ValueError(f"fault is {said!r}, expected a text")
    return (fingerprint, attempt), said


def _troubles(said: str) -> tuple[Trouble, ...]:
    spec = read_spec(said)
    if len(spec.pieces) != 1 or spec.when:
        raise ValueError(f"fault is {said!r}, expected one fault, without an @")
    return troubles_of(spec)
