"""The bytes of a stream, judged as they come: framing, chunks, and the order of chunks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from understudy.contracts.documents import contract_of
from understudy.contracts.profiles.profile import Profile
from understudy.contracts.replies.completions import check_envelope_forms, read_json
from understudy.contracts.replies.errors import check_error
from understudy.contracts.replies.rules import breach, objects, shorten
from understudy.contracts.replies.schemas import schema_violations
from understudy.contracts.streams.accumulation import DONE
from understudy.contracts.streams.choices import ChoiceOrder
from understudy.contracts.streams.constants import Constants, Padding, UsageOrder
from understudy.contracts.streams.framing import Event, Framing
from understudy.contracts.streams.rules import STREAM_RULES
from understudy.contracts.violations import Violation

MOST_CHOICES = 128
MOST_OF_A_RULE = 5
"""Breaches of one rule that are told of one stream. The last violation counts the others."""

Found = tuple[Violation, ...]


def check_stream(data: bytes | Iterable[bytes], *, profile: str | Profile = "openai") -> Found:
    """Return what is wrong with the whole stream *data*. Paths begin with the event: ``$[3]``.

    Raises ValueError for a profile that does not exist.
    """
    checker = StreamChecker(profile)
    found: Found = ()
    for piece in [data] if isinstance(data, bytes) else data:
        found += checker.feed(piece)
    return found + checker.close()


class StreamChecker:
    """Judges a stream while it comes. Equal bytes give equal violations, however they are cut."""

    def __init__(self, profile: str | Profile = "openai") -> None:
        profile = contract_of(profile)
        self._profile = profile
        self._framing = Framing()
        self._number = 0
        self._chunks = 0
        self._done = self._failed = self._closed = False
        self._choices: dict[int, ChoiceOrder] = {}
        self._constants = Constants(profile)
        self._usage = UsageOrder(profile)
        self._padding = Padding(profile)
        self._told: Counter[str] = Counter()

    def feed(self, data: bytes) -> Found:
        """Return what is wrong with the events that *data* completes.

        Raises ValueError once the checker is closed.
        """
        if self._closed:
            raise ValueError("this stream is closed; judge another with a new StreamChecker")
        return self._tell(self._framing.feed(data))

    def close(self) -> Found:
        """Return what is missing now that the body has ended; nothing when called again."""
        if self._closed:
            return ()
        self._closed = True
        found = self._tell(self._framing.close()) + self._bounded(self._missing())
        for rule, count in self._told.items():
            if count > MOST_OF_A_RULE:
                more = count - MOST_OF_A_RULE
                found += self._breach("stream.repeated", "$", str(more), name=rule)
        return found

    def _tell(self, events: Iterable[Event]) -> Found:
        found: Found = ()
        for event in events:
            found += self._bounded(self._event(event))
        return found

    def _bounded(self, found: Found) -> Found:
        kept: Found = ()
        for violation in found:
            self._told[violation.rule] += 1
            if self._told[violation.rule] <= MOST_OF_A_RULE:
                kept += (violation,)
        return kept

    def _event(self, event: Event) -> Found:
        path = f"$[{self._number}]"
        found: Found = ()
        for rule in event.breaches:
            found += self._breach(rule, path)
        if not event.data:
            return found
        self._number += 1
        if self._done:
            found += self._breach("stream.after_done", path, event.data)
        if event.data.strip().startswith(DONE):
            self._done = True
            return found + (() if event.data == DONE else self._breach("stream.done_form", path, event.data))
        try:
            value = read_json(event.data)
        except ValueError:
            return found + self._breach("stream.json", path, event.data)
        if isinstance(value, dict) and value.get("error"):
            return found + self._error(value, path)
        if event.event == "error":
            self._failed = True
            return found + self._breach("stream.error_event", path, value)
        return (
            found + schema_violations("chunk", value, self._profile, path) + self._chunk(value, event, path)
        )

    def _error(self, value: Mapping[str, Any], path: str) -> Found:
        """An error in mid-stream ends it: neither finish nor [DONE] is expected any more."""
        self._failed = True
        found = self._breach("stream.error", f"{path}.error", value["error"])
        return found if "choices" in value else found + check_error(value, profile=self._profile, root=path)

    def _chunk(self, chunk: Any, event: Event, path: str) -> Found:
        if not isinstance(chunk, dict):
            return ()
        found: Found = ()
        if not self._chunks:
            found += check_envelope_forms(chunk, path, self._profile)
        self._chunks += 1
        if chunk.get("object") != "chat.completion.chunk":
            found += self._breach("stream.object", f"{path}.object", chunk.get("object"))
        found += self._constants.take(chunk, path)
        found += self._parts(chunk, path)
        found += self._usage.take(chunk, path)
        return found + self._padding.take(chunk, event.data or "", path)

    def _parts(self, chunk: Mapping[str, Any], path: str) -> Found:
        choices = chunk.get("choices")
        found: Found = ()
        if choices == [] and not chunk.get("usage") and not chunk.get("moderation"):
            found += self._breach("stream.empty_choices", f"{path}.choices")
        if isinstance(choices, list) and len(choices) > 1:
            found += self._breach("stream.one_choice", f"{path}.choices", str(len(choices)))
        for place, choice in objects(choices):
            index = choice.get("index")
            if not isinstance(index, int) or (
                index not in self._choices and len(self._choices) >= MOST_CHOICES
            ):
                continue
            order = self._choices.setdefault(index, ChoiceOrder(self._profile))
            found += order.take(choice, f"{path}.choices[{place}]")
        return found

    def _missing(self) -> Found:
        if self._failed:
            return ()
        if not self._chunks:
            return self._breach("stream.empty", "$")
        found: Found = ()
        indexes = sorted(self._choices)
        if indexes != list(range(len(indexes))):
            found += self._breach("stream.choice_index", "$", indexes)
        for index in indexes:
            if not self._choices[index].finish:
                found += self._breach("stream.finish_missing", "$", index=index)
        found += self._usage.close()
        return found + (() if self._done else self._breach("stream.done_missing", "$"))

    def _breach(self, rule: str, path: str, got: Any = "", **values: Any) -> Found:
        quoted = shorten(got) if isinstance(got, str) else got
        return breach(STREAM_RULES, rule, path, self._profile, quoted, **values)
