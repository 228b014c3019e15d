"""Recordings as a source of answers: which one serves a request, and in which form.

Found by what a reply depends on (``matching.MATCHED``); of several, those recorded with the same
``stream``, and of these those whose whole body is equal. One recorded the other way, whole or in
events, is converted. Does no I/O: what reads the files is handed in.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nlargest
from operator import eq
from typing import TypeAlias

from understudy.mockserver.chat import Answer, ChatRequest, Verbatim
from understudy.mockserver.recordings.conversion import converted
from understudy.mockserver.recordings.differences import Difference, differences, distance
from understudy.mockserver.recordings.form import Order
from understudy.mockserver.recordings.matching import Keys, keys_of, matched
from understudy.mockserver.recordings.recording import BrokenRecording, Recording

_COMPARED = 200  # recordings read to tell the nearest
_TOLD = 5  # differences named


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept in memory of each recording: how to find and to order it."""

    name: str
    keys: Keys
    stream: bool
    order: Order


Load: TypeAlias = Callable[[Entry], Recording]


@dataclass(frozen=True, slots=True)
class Series:
    """The *recordings* that serve one request, one after the other; *key* is theirs alone.

    The position in the series is kept by the caller, under *key*.
    """

    key: bytes
    recordings: tuple[Entry, ...]
    stream: bool
    load: Load

    @property
    def length(self) -> int:
        return len(self.recordings)

    def settled(self, position: int) -> int:
        """Return a number that is equal for positions with the same reply."""
        return min(position, self.length - 1)

    def speak(self, position: int) -> Answer | Verbatim:
        """Return the reply at *position* (from 0), the last one for any beyond.

        Raises BrokenRecording where the file has meanwhile gone bad.
        """
        recording = self.load(self.recordings[self.settled(position)])
        if recording.stream == self.stream or recording.status >= 300:
            return recording.verbatim
        return converted(recording) or recording.verbatim


class Recorded:
    """The source. *entries* gives the index when first asked, *load* reads one recording."""

    def __init__(self, entries: Callable[[], Sequence[Entry]], load: Load) -> None:
        self._entries = entries
        self._load = load
        self._by_match: dict[bytes, list[Entry]] | None = None

    def offer(self, chat: ChatRequest) -> Series | None:
        """Return the recordings for *chat*, None where none matches."""
        if self._by_match is None:
            self._by_match = _by_match(self._entries())
        try:
            keys = keys_of(chat.document)
        except RecursionError:
            return None  # no recording is nested that deep: such files are refused
        chosen = _chosen(self._by_match.get(keys.match, ()), keys, chat.stream)
        if not chosen:
            return None
        return Series(_series_key(chosen, chat.stream), tuple(chosen), chat.stream, self._load)

    def nearest(self, chat: ChatRequest) -> str | None:
        """Return which recording comes nearest to *chat* and what differs, None without any."""
        try:
            return self._nearest(chat)
        except RecursionError:
            return None

    def _nearest(self, chat: ChatRequest) -> str | None:
        asked = matched(chat.document)
        best: tuple[float, str, list[Difference]] | None = None
        for entry in _candidates(self._entries(), keys_of(chat.document), chat.stream):
            try:
                recording = self._load(entry)
            except (BrokenRecording, OSError):
                continue
            found = differences(asked, matched(recording.request))
            far = distance(found)
            if best is None or far < best[0]:
                best = far, entry.name, found
        return _told(best[1], best[2]) if best else None


def _by_match(entries: Sequence[Entry]) -> dict[bytes, list[Entry]]:
    found: defaultdict[bytes, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.order):
        found[entry.keys.match].append(entry)
    return dict(found)


def _chosen(entries: Sequence[Entry], keys: Keys, stream: bool) -> list[Entry]:
    alike = [entry for entry in entries if entry.stream == stream]
    if alike:
        return [entry for entry in alike if entry.keys.whole == keys.whole] or alike
    return [entry for entry in entries if entry.keys.core == keys.core] or list(entries)


def _series_key(chosen: Sequence[Entry], stream: bool) -> bytes:
    """Return 16 bytes that name the series: requests served by the same files share a position."""
    names = json.dumps([stream, *(entry.name for entry in chosen)])
    return blake2b(names.encode("ascii"), digest_size=16).digest()


def _candidates(entries: Sequence[Entry], keys: Keys, stream: bool) -> list[Entry]:
    """Return up to ``_COMPARED`` of *entries*, those first that share the most with the request."""

    def shared(entry: Entry) -> tuple[int, bool]:
        return sum(map(eq, entry.keys.parts, keys.parts)), entry.stream == stream

    return nlargest(_COMPARED, entries, key=shared)


def _told(name: str, found: Sequence[Difference]) -> str:
    if not found:
        return f"the nearest recording is {name}, and nothing in it differs"
    places = "1 place" if len(found) == 1 else f"{len(found)} places"
    listed = "; ".join(str(difference) for difference in found[:_TOLD])
    more = "; …" if len(found) > _TOLD else ""
    return f"the nearest recording is {name}, which differs in {places}: {listed}{more}"
