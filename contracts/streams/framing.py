"""Server-sent events out of bytes that may be cut anywhere, and what is odd about their form.

Reads leniently, as the event-stream standard asks: LF, CRLF or CR, a byte order mark, comments,
several data lines. Whatever the API itself never sends is noted beside the event as the id of a
rule; ``framing_rules`` says what each means. Knows nothing of JSON.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LARGEST_EVENT = 16 * 1024 * 1024
"""Bytes. An event beyond it is dropped and noted; whole audio answers stay well below."""

BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_FIELDS = {"event": "framing.event_field", "id": "framing.id_field", "retry": "framing.retry_field"}


class Event(NamedTuple):
    """One block of lines. *data* is None where it had no data line. *breaches* are rule ids."""

    data: str | None
    event: str | None = None
    id: str | None = None
    retry: str | None = None
    comments: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()


class Framing:
    """The parser. Equal bytes give equal events, however they are cut."""

    def __init__(self, largest: int = LARGEST_EVENT) -> None:
        self._largest = largest
        self._pending = bytearray()
        self._scanned = 0
        self._at_start = True
        self._line_was_cut = False
        self._block = _Block()

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that *data* completes."""
        self._pending += data
        if self._at_start and not self._past_start(final=False):
            return []
        return self._read(final=False)

    def close(self) -> list[Event]:
        """Return what is left when the body ends: nothing, or one event without its blank line."""
        self._past_start(final=True)
        events = self._read(final=True)
        if self._pending or self._line_was_cut:
            self._line(bytes(self._pending))
            self._pending.clear()
        if self._block.begun:
            self._block.note("framing.unterminated")
            events.append(self._block.finish())
            self._block = _Block()
        return events

    def _past_start(self, *, final: bool) -> bool:
        """Take off a byte order mark; False where too little has come to know."""
        if not self._at_start:
            return True
        if not final and len(self._pending) < len(BOM) and BOM.startswith(self._pending):
            return False
        self._at_start = False
        if self._pending.startswith(BOM):
            del self._pending[: len(BOM)]
            self._block.note("framing.byte_order_mark")
        return True

    def _read(self, *, final: bool) -> list[Event]:
        events: list[Event] = []
        start = 0
        while found := _LINE_END.search(self._pending, max(start, self._scanned)):
            # a CR at the very end may be half of a CRLF: wait for the next byte
            if not final and found.group() == b"\r" and found.end() == len(self._pending):
                break
            if found.group() != b"\n":
                self._block.note("framing.line_end")
            if event := self._line(bytes(self._pending[start : found.start()])):
                events.append(event)
            start = self._scanned = found.end()
        del self._pending[:start]
        self._scanned = max(0, len(self._pending) - 1)
        self._drop_overlong()
        return events

    def _line(self, line: bytes) -> Event | None:
        """Take one whole line; return the event where it was the blank one that ends a block."""
        blank = not line and not self._line_was_cut
        self._line_was_cut = False
        if not blank:
            self._block.take(line, self._largest)
            return None
        block, self._block = self._block, _Block()
        if not block.begun:
            block.note("framing.stray_blank_line")
        return block.finish()

    def _drop_overlong(self) -> None:
        """Keep memory bounded while a line is not yet whole. (Its last byte may be a CR: kept.)"""
        if len(self._pending) > 1 and self._block.size + len(self._pending) > self._largest + 1:
            self._block.overflow()
            del self._pending[:-1]
            self._scanned = 0
            self._line_was_cut = True


class _Block:
    """The lines since the last blank one."""

    def __init__(self) -> None:
        self.size = 0
        self._too_large = False
        self._data: list[str] = []
        self._fields: dict[str, str] = {}
        self._comments: list[str] = []
        self._breaches: set[str] = set()

    @property
    def begun(self) -> bool:
        return bool(self.size or self._too_large)

    def note(self, rule: str) -> None:
        self._breaches.add(rule)

    def overflow(self) -> None:
        self._too_large = True
        self.note("framing.too_large")
        self._data.clear()

    def take(self, line: bytes, largest: int) -> None:
        self.size += len(line)
        if self._too_large or self.size > largest:
            self.overflow()
            return
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            self.note("framing.encoding")
            text = line.decode("utf-8", "replace")
        if text.startswith(":"):
            self.note("framing.comment")
            self._comments.append(text[1:].removeprefix(" "))
        else:
            self._field(text)

    def _field(self, text: str) -> None:
        name, colon, value = text.partition(":")
        if name != "data":
            self.note(_FIELDS.get(name, "framing.unknown_field"))
            if name in _FIELDS:
                self._fields[name] = value.removeprefix(" ")
            return
        if not colon or not value.startswith(" ") or value.startswith("  "):
            self.note("framing.space")
        if self._data:
            self.note("framing.several_data_lines")
        self._data.append(value.removeprefix(" "))

    def finish(self) -> Event:
        data = "\n".join(self._data) if self._data else None
        if not data and self.begun and not self._too_large and (self._fields or data == ""):
            self.note("framing.no_data")
        get = self._fields.get
        return Event(
            data, get("event"), get("id"), get("retry"), tuple(self._comments), tuple(sorted(self._breaches))
        )
