"""What all chunks of a stream have in common: envelope, usage and padding (FACTS B.2, B.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from understudy.contracts.replies.completions import check_usage
from understudy.contracts.replies.rules import breach, quote
from understudy.contracts.streams.rules import ORDER_RULES
from understudy.contracts.violations import Violation

CONSTANT = ("id", "created", "model", "service_tier", "system_fingerprint")
LONGEST_PADDING = 15

Found = tuple[Violation, ...]

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SPACE = re.compile(r"\s")
_ABSENT: Any = object()


class Constants:
    """The members of the first chunk that must come again in each."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._first: dict[str, Any] | None = None

    def take(self, chunk: Mapping[str, Any], path: str) -> Found:
        here = {name: chunk.get(name, _ABSENT) for name in CONSTANT}
        if self._first is None:
            self._first = here
        found: Found = ()
        for name, value in here.items():
            first = self._first[name]
            if value != first:
                found += breach(
                    ORDER_RULES,
                    "stream.envelope",
                    f"{path}.{name}",
                    self._profile,
                    _said(value),
                    name=name,
                    first=_said(first),
                )
        return found


class UsageOrder:
    """Usage: announced by null in every chunk, sent once, last, in a chunk of its own."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._announced: bool | None = None
        self._sent = False

    def take(self, chunk: Mapping[str, Any], path: str) -> Found:
        present, usage = "usage" in chunk, chunk.get("usage")
        where = f"{path}.usage"
        if usage is None and chunk.get("moderation"):
            return ()  # that chunk comes after usage, without the member
        self._announced = present if self._announced is None else self._announced
        found: Found = ()
        if present is not self._announced:
            found += self._breach("stream.usage_key", where, "there" if present else "missing")
        if usage is None and self._sent:
            found += self._breach("stream.usage_lost", path)
            found += self._breach("stream.usage_early", path) if chunk.get("choices") else ()
        if usage is None:
            return found
        if self._sent:
            found += self._breach("stream.usage_repeated", where)
        self._sent = True
        if chunk.get("choices"):
            found += self._breach("stream.usage_place", where)
        return found + check_usage(usage, where, self._profile)

    def close(self) -> Found:
        return self._breach("stream.usage_missing", "$") if self._announced and not self._sent else ()

    def _breach(self, rule: str, path: str, got: Any = "") -> Found:
        return breach(ORDER_RULES, rule, path, self._profile, got)


class Padding:
    """Obfuscation: on all chunks or none, padding the compact JSON to 1 modulo 16 characters."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._first: bool | None = None

    def take(self, chunk: Mapping[str, Any], text: str, path: str) -> Found:
        if self._profile != "openai" or "\n" in text:
            return ()  # data on several lines is complained of already
        found: Found = ()
        if _SPACE.search(_STRING.sub("", text)):
            found += breach(ORDER_RULES, "stream.compact", path, self._profile)
        if chunk.get("moderation"):
            return found
        present = "obfuscation" in chunk
        self._first = present if self._first is None else self._first
        where = f"{path}.obfuscation"
        if present is not self._first:
            state = "there" if present else "missing"
            found += breach(ORDER_RULES, "stream.obfuscation_key", where, self._profile, state)
        elif len(str(chunk.get("obfuscation", ""))) > LONGEST_PADDING:
            pass  # the schema says so, and the length of the whole follows from it
        elif present and len(text) % 16 != 1:
            size, rest = len(text), len(text) % 16
            found += breach(ORDER_RULES, "stream.obfuscation_length", where, self._profile, size, rest=rest)
        return found


def _said(value: Any) -> str:
    return "absent" if value is _ABSENT else quote(value)
