"""The completions that were stored, within bounds, each seen by its own account only (FACTS G)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from typing import Any

from understudy.mockserver.chat import Document
from understudy.mockserver.errors import Refusal
from understudy.mockserver.stored.documents import kept_request, new_metadata, stored_messages, unknown
from understudy.mockserver.stored.kept import Kept
from understudy.mockserver.stored.paging import page, read_query, unknown_cursor

_MOST_GONE = 1_000


class Stored:
    """At most *limit_entries* completions, which came as at most *limit_bytes*; the oldest go first.

    Safe for several threads. What is asked of an account never shows another's. Raises ValueError
    for a bound below 1.
    """

    def __init__(self, limit_entries: int, limit_bytes: int) -> None:
        for name, limit in (("limit_entries", limit_entries), ("limit_bytes", limit_bytes)):
            if limit < 1:
                raise ValueError(f"{name} is {limit}, expected 1 or more")
        self._limit_entries, self._limit_bytes = limit_entries, limit_bytes
        self._lock = Lock()
        self._number = 0
        self._bytes = 0
        self._kept: dict[int, Kept] = {}
        # where those stood that are no more: whoever deletes while paging goes on from there
        self._gone: dict[tuple[str, str], int] = {}

    def keep(
        self,
        account: str,
        request: Document,
        reply: bytes,
        streamed: bool,
        *,
        request_id: str = "",
        usage: Document | None = None,
    ) -> None:
        """Store the *reply* to *request*: the body as it was sent, *streamed* or whole.

        *request_id* and *usage* are what the reply's headers and the journal say of it. What is larger
        than all that may be kept is not kept.
        """
        kept = Kept(account, 0, kept_request(request), reply, streamed, request_id, usage)
        if kept.size > self._limit_bytes:
            return
        with self._lock:
            self._number += 1
            kept.number = self._number
            self._kept[kept.number] = kept
            self._bytes += kept.size
            while len(self._kept) > self._limit_entries or self._bytes > self._limit_bytes:
                self._drop(next(iter(self._kept.values())))

    def clear(self) -> None:
        """Forget all completions, of every account."""
        with self._lock:
            self._kept, self._gone, self._bytes = {}, {}, 0

    def listing(self, account: str, query: bytes) -> dict[str, Any]:
        """Return the page of completions that the raw *query* asks for; raises Refusal."""
        asked = read_query(query)
        with self._lock:
            found = self._of(account)
            cursor = self._place(account, asked.after, found) if asked.after else None
            if asked.descending:
                found.reverse()
            return page(self._documents(kept for kept in found if kept.fits(asked, cursor)), asked.limit)

    def get(self, account: str, completion_id: str) -> dict[str, Any]:
        """Return the completion; raises Refusal (404) where there is none."""
        with self._lock:
            return dict(self._find(account, completion_id).document or {})

    def update(self, account: str, completion_id: str, body: Document) -> dict[str, Any]:
        """Replace the metadata by that of *body*, null for none, and return the completion.

        Raises Refusal: 404, or the 400 of a request for the same mistake (FACTS A.7).
        """
        with self._lock:
            kept = self._find(account, completion_id)
            kept.document = {**(kept.document or {}), "metadata": new_metadata(body)}
            return dict(kept.document)

    def delete(self, account: str, completion_id: str) -> dict[str, Any]:
        """Forget the completion and return the receipt; raises Refusal (404)."""
        with self._lock:
            self._drop(self._find(account, completion_id))
        return {"object": "chat.completion.deleted", "id": completion_id, "deleted": True}

    def messages(self, account: str, completion_id: str, query: bytes) -> dict[str, Any]:
        """Return the page of the request's messages that the raw *query* asks for; raises Refusal."""
        with self._lock:
            asked_before = self._find(account, completion_id).asked
        asked = read_query(query, filtered=False)
        found = stored_messages(completion_id, asked_before.get("messages"))
        if asked.descending:
            found.reverse()
        if asked.after:
            ids = [message["id"] for message in found]
            if asked.after not in ids:
                raise unknown_cursor(asked.after)
            found = found[ids.index(asked.after) + 1 :]
        return page(found, asked.limit)

    def _of(self, account: str) -> list[Kept]:
        """Return the completions of *account*, oldest first.

        Dropped on the way: what has no id, and of those with one id (a recording that was served
        twice) all but the newest.
        """
        found: dict[str, Kept] = {}
        for kept in [kept for kept in self._kept.values() if kept.account == account]:
            if not kept.named():
                self._drop(kept)
                continue
            if (earlier := found.pop(kept.id, None)) is not None:
                self._drop(earlier)
            found[kept.id] = kept
        return list(found.values())

    def _documents(self, found: Iterable[Kept]) -> Iterator[Mapping[str, Any]]:
        """Yield the documents of *found*, each read when its turn comes; what is none is dropped."""
        for kept in found:
            if kept.read() and kept.document is not None:
                yield kept.document
            else:
                self._drop(kept)

    def _find(self, account: str, completion_id: str) -> Kept:
        for kept in self._of(account):
            if kept.id == completion_id and kept.read():
                return kept
        raise Refusal(unknown(completion_id))

    def _place(self, account: str, after: str, found: list[Kept]) -> int:
        places = {kept.id: kept.number for kept in found}
        place = places.get(after) or self._gone.get((account, after))
        if place is None:
            raise unknown_cursor(after)
        return place

    def _drop(self, kept: Kept) -> None:
        del self._kept[kept.number]
        self._bytes -= kept.size
        if kept.id:
            self._gone[kept.account, kept.id] = kept.number
            if len(self._gone) > _MOST_GONE:
                del self._gone[next(iter(self._gone))]
