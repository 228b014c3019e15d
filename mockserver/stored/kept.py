"""One completion in the memory: bytes at first, a document once somebody asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from understudy.mockserver.chat import Document
from understudy.mockserver.stored.documents import name_of, stored_completion
from understudy.mockserver.stored.paging import Query


@dataclass(slots=True)
class Kept:
    """One completion. *request* and *reply* are bytes until somebody asks: most are never read, and to
    put a stream together is dear."""

    account: str
    number: int
    request: bytes
    reply: bytes
    streamed: bool
    request_id: str
    usage: Document | None
    size: int = field(init=False)
    id: str = ""
    model: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        self.size = len(self.request) + len(self.reply)

    def named(self) -> bool:
        """Find out its id and model, once; return whether it has an id."""
        if not self.asked:
            self.asked = json.loads(self.request)
            self.id, self.model = name_of(self.reply, streamed=self.streamed)
        return bool(self.id)

    def read(self) -> bool:
        """Read the reply, once; return whether it was a completion."""
        if self.document is None and self.named():
            self.document = stored_completion(
                self.asked,
                self.reply,
                streamed=self.streamed,
                request_id=self.request_id,
                usage=self.usage,
            )
            self.request = self.reply = b""
        return self.document is not None

    def fits(self, query: Query, cursor: int | None) -> bool:
        """Return whether it stands after *cursor*, and has the model and metadata of *query*."""
        if cursor is not None and not (self.number < cursor if query.descending else self.number > cursor):
            return False
        # by the name it was asked by, or the dated one it answered with
        if query.model not in ("", self.asked.get("model"), self.model):
            return False
        metadata = (self.asked if self.document is None else self.document).get("metadata")
        known = metadata if isinstance(metadata, Mapping) else {}
        return all(known.get(key) == value for key, value in query.metadata.items())
