"""The members of a completion around its choices and its usage (FACTS B.1)."""

from __future__ import annotations

from typing import Any

from understudy.contracts import Family, snapshot_of
from understudy.mockserver.chat import Answer, ChatRequest, Document
from understudy.mockserver.identity import system_fingerprint
from understudy.mockserver.moderation import moderation

_STAMPED = ("id", "object", "created")
# the tier that a request for one is served by; all others are served by the default
_TIERS = {"flex": "flex", "priority": "priority", "fast": "priority", "scale": "scale"}


def envelope_of(chat: ChatRequest, answer: Answer, family: Family) -> dict[str, Any]:
    """Return the members that no stamp brings, in the API's order: the model, then what follows the usage.

    An answer that brings an envelope brings all of it.
    """
    if answer.envelope:
        own = {key: value for key, value in answer.envelope.items() if key not in _STAMPED}
        return {"model": chat.model, **own}
    asked, model = chat.document, snapshot_of(chat.model)
    members: dict[str, Any] = {"model": model}
    if family.service_tier:
        members["service_tier"] = tier_of(asked)
    members["system_fingerprint"] = _fingerprint(model, family)
    if isinstance(asked.get("moderation"), dict):
        members["moderation"] = moderation(chat, answer)
    if not chat.stream and asked.get("store") is True and asked.get("metadata"):
        members["metadata"] = asked["metadata"]  # only of stored completions; chunks have no such member
    return members


def tier_of(asked: Document) -> str:
    """Return the service tier by which a request is served (FACTS B.1)."""
    return _TIERS.get(str(asked.get("service_tier")), "default")


def _fingerprint(model: str, family: Family) -> str | None:
    if family.fingerprint:
        return system_fingerprint(model)
    return "" if family.fingerprint_blank else None
