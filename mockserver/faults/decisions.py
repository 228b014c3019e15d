"""Which fault a request gets. Pure: the seed, the request, its attempt, counts and the time decide.

Chance is drawn from hash(seed, rule, request, attempt), so that what depends on chance or on attempts alone
is the same in any order and with any number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from typing import NamedTuple, Protocol, TypeAlias

from understudy.contracts.profiles.profile import Profile
from understudy.mockserver.chat import Verbatim
from understudy.mockserver.errors import ApiError
from understudy.mockserver.faults.match import Asked, Match
from understudy.mockserver.faults.rules import FaultRule
from understudy.mockserver.faults.trouble import OK, Trouble
from understudy.mockserver.identity import stamp
from understudy.mockserver.steps import Rewrite

_RANGE = float(1 << 64)


class Decision(NamedTuple):
    """What happens to a request: *error* replaces the reply before any source is asked, *rewrite* changes
    its steps; neither, where ``ok`` was decided. ``str(trouble)`` is what a journal or a tape writes."""

    rule: FaultRule
    trouble: Trouble
    error: ApiError | Verbatim | None = None
    rewrite: Rewrite | None = None


class Deciding(Protocol):
    """Rules, or a tape of what rules once decided."""

    def counters(self, asked: Asked) -> tuple[bytes, ...]: ...

    def decide(
        self, asked: Asked, attempt: int, counts: Sequence[int], now: float, mark: int | None = None
    ) -> Decision | None: ...


class _Known(NamedTuple):
    """A rule ready to be asked. *fits* is None where every chat request does; *counter* is the key of its
    counts, None where attempts tell; *line* is that of the rules it follows, None where it waits for none."""

    rule: FaultRule
    fits: Callable[[Asked], bool] | None
    counter: bytes | None
    chance: bytes
    line: tuple[Match, str] | None


Fitting: TypeAlias = tuple[_Known, ...]


class Decider:
    """*rules* in order: the first that hits decides. *started* is when the server was, in seconds since 1970;
    windows of time count from there.

    *personal*: which rules fit may differ for equal requests of one key, by their headers or paths.
    """

    def __init__(self, rules: Sequence[FaultRule], seed: int, profile: Profile, started: float = 0.0) -> None:
        self.rules = tuple(rules)
        self.personal = any(_is_personal(rule.match) for rule in self.rules)
        self._known = _all_known(self.rules, seed)
        self._makers = Makers(seed, profile)
        self._started = started

    def counters(self, asked: Asked) -> tuple[bytes, ...]:
        """Return the keys of the counts that ``decide`` wants, in order; each is to be counted up by one."""
        return counters_of(self.fitting(asked))

    def decide(
        self, asked: Asked, attempt: int, counts: Sequence[int], now: float, mark: int | None = None
    ) -> Decision | None:
        """Return what happens to *asked*, None for nothing.

        *attempt* says how often it was asked and let in before, *counts* where its ``counters`` stood before;
        *now* is seconds since 1970. *mark* is the attempt that its reply is stamped with (None: *attempt*).
        """
        return self.decide_by(self.fitting(asked), asked, attempt, counts, now, mark)

    def fitting(self, asked: Asked) -> Fitting:
        """Return the rules that fit *asked*, for ``counters_of`` and ``decide_by``."""
        chat = asked.facts is not None
        return tuple([one for one in self._known if (chat if one.fits is None else one.fits(asked))])

    def decide_by(
        self,
        fitting: Fitting,
        asked: Asked,
        attempt: int,
        counts: Sequence[int],
        now: float,
        mark: int | None = None,
    ) -> Decision | None:
        """Return what ``decide`` does, where it is known which rules fit."""
        place, elapsed = 0, now - self._started
        ends: dict[tuple[Match, str], tuple[int, int]] = {}
        for rule, _, counter, chance, line in fitting:
            count = attempt
            if counter is not None:
                count = counts[place]
                place += 1
            offset = 0
            if line is not None:
                # where the rule before ends, by its own count; it may be older than this one
                end, before = ends.get(line, (0, count))
                offset = max(0, end - (before - count))
                ends[line] = (offset + rule.spent_after, count)
            draw = _undrawn if rule.when.p is None else partial(drawn, chance, asked.fingerprint, attempt)
            trouble = rule.hits(count - offset, elapsed, draw)
            if trouble is not None:
                return self._makers.decision(rule, trouble, asked, attempt if mark is None else mark, now)
        return None


def counters_of(fitting: Fitting) -> tuple[bytes, ...]:
    """Return the keys of the counts that these rules want, in order."""
    return tuple([one.counter for one in fitting if one.counter is not None])


class Makers:
    """Makes decisions of what was chosen; rewrites are made once."""

    def __init__(self, seed: int, profile: Profile) -> None:
        self._seed = seed
        self._profile = profile
        self._rewrites: dict[Trouble, Rewrite] = {}

    def decision(self, rule: FaultRule, trouble: Trouble, asked: Asked, mark: int, now: float) -> Decision:
        """Return the decision that *trouble* of *rule* is for the attempt *mark*."""
        if trouble.name == OK:
            return Decision(rule, trouble)
        if not trouble.is_error:
            rewrite = self._rewrites.get(trouble)
            if rewrite is None:
                rewrite = self._rewrites[trouble] = trouble.rewrite()
            return Decision(rule, trouble, rewrite=rewrite)
        stamped = stamp(self._seed, asked.fingerprint, mark, now)
        model = "" if asked.facts is None else asked.facts.model
        error = trouble.error(
            self._profile, model=model, key=asked.key, request_id=stamped.request_id, now=now
        )
        return Decision(rule, trouble, error)


def drawn(chance: bytes, fingerprint: bytes, attempt: int) -> float:
    """Return a number from 0 to (not) 1 that these three determine."""
    digest = blake2b(b"%d:%b" % (attempt, fingerprint), digest_size=8, key=chance).digest()
    return int.from_bytes(digest, "big") / _RANGE


def _undrawn() -> float:
    return 0.0  # nobody looks at it


def _is_personal(match: Match) -> bool:
    return bool(match.path) or any(condition.key.startswith("headers") for condition in match.asks)


def _all_known(rules: Sequence[FaultRule], seed: int) -> tuple[_Known, ...]:
    """Return *rules* with their keys. Equal rules are told apart by their number among equals, so that a
    rule keeps its draws when another is put before it. Rules that end after so many requests and fit the
    same ones follow one another, in a line."""
    seen: dict[str, int] = {}
    known = []
    for rule in rules:
        text = f"{rule}\n{rule.match.key}"  # two keys may be masked alike
        number = seen[text] = seen.get(text, -1) + 1
        known.append(
            _Known(
                rule,
                rule.match.fits if rule.match != Match() else None,
                _key(f"fault:{number}:{rule.place}:{text}") if rule.counted else None,
                _key(f"{seed}:{number}:{text}"),
                (rule.match, rule.when.per) if rule.spent_after or rule.is_sequence else None,
            )
        )
    return tuple(known)


def _key(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
