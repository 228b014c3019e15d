"""Replies laid out but for their stamp: ids, times, drawn values and padding are filled in at the end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from understudy.mockserver.dialects.dialect import Dialect, Padding
from understudy.mockserver.dialects.patterns import draw
from understudy.mockserver.identity import PADDING, Stamp
from understudy.mockserver.layout import compact, quote

_ABC = "abcdefghijklmnopqrstuvwxyz0123456789"
_DONE = "data: [DONE]\n\n"
# a JSON text that no answer holds: control characters are what makes it one
_SLOT = re.compile(r'"\\u0000understudy ([a-z_]+)\\u0000"')


def slot(name: str) -> str:
    """Return what stands in a document for the value *name* of the stamp, until it is known."""
    return f"\0understudy {name}\0"


@dataclass(frozen=True, slots=True)
class Laid:
    """An answer laid out for *dialect*: a *body*, or the JSON texts of *events*.

    *id* and *created* are set where the answer brings its own (a recording).
    """

    dialect: Dialect
    body: str
    events: tuple[str, ...] | None
    id: str | None = None
    created: int | None = None

    def text(self, stamp: Stamp) -> str:
        """Return the body of the reply; of a stream, all of it."""
        created = stamp.created if self.created is None else self.created
        values = self._drawn(stamp, created)
        if self.events is None:
            return self.dialect.lead + _SLOT.sub(lambda match: values[match[1]], self.body)
        stream = self.dialect.stream
        frames = [self._comments(stamp)]
        for number, event in enumerate(self.events):
            if stream.chunks_per_second:
                values["created"] = str(created + number // stream.chunks_per_second)
            filled = _SLOT.sub(lambda match: values.get(match[1], match[0]), event)
            frames.append(f"data: {_padded(filled, stream.padding, stamp.offset + number)}\n\n")
        return "".join(frames) + (_DONE if stream.done else "")

    def _drawn(self, stamp: Stamp, created: int) -> dict[str, str]:
        """Return the JSON texts of what is drawn for this reply."""
        facts = {"created": created, "index": 0, "name": ""}
        drawn = drawn_for(self.dialect.draws, stamp, facts)
        return {
            "id": quote(stamp.id),
            **{name: compact(value) for name, value in drawn.items()},
            **({} if self.id is None else {"id": quote(self.id)}),
            "created": str(created),
        }

    def _comments(self, stamp: Stamp) -> str:
        comments = self.dialect.stream.comments
        if comments is None or stamp.offset % 100 >= comments.share:
            return ""
        return f": {comments.text}\n\n" * (1 + stamp.offset // 100 % comments.count)


def drawn_for(
    draws: Mapping[str, str], stamp: Stamp, facts: Mapping[str, object]
) -> dict[str, str | int | float]:
    """Return the values of *draws* for the reply that *stamp* is of."""
    return {name: draw(pattern, f"{stamp.id} {name}", facts) for name, pattern in draws.items()}


_PADDING_SLOT = f'"{slot("padding")}"'.replace("\0", "\\u0000")


def _padded(event: str, padding: Padding | None, place: int) -> str:
    if padding is None or _PADDING_SLOT not in event:
        return event
    letters = _ABC if padding.letters == "abc" else _letters(place)
    if padding.modulo:
        bare = len(event) - len(_PADDING_SLOT) + 2  # the quotes stay
        length = (padding.remainder - bare) % padding.modulo
    else:
        length = 1 + ord(PADDING[place * 7 % len(PADDING)]) % (padding.longest or len(_ABC))
    return event.replace(_PADDING_SLOT, quote(letters[:length]))


def _letters(place: int) -> str:
    start = place * 31 % (len(PADDING) - 64)
    return PADDING[start : start + 64]
