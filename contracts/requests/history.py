"""Rules of the conversation so far: each tool call is answered, each answer has its call (FACTS A.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from understudy.contracts.families import Family
from understudy.contracts.requests.findings import NOTHING, Finding, Planned, Request

# "preceeding" is the API's spelling in most reports
_ORPHAN = (
    "Invalid parameter: messages with role 'tool' must be a response to a "
    "preceeding message with 'tool_calls'."
)
_UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
    "'tool_call_id'. The following tool_call_ids did not have response messages: {ids}"
)
_UNKNOWN_ID = "Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of previous message."
_PART_KIND = "Invalid 'messages[{index}]'. Content blocks are expected to be either text or image_url type."


def calls_and_answers_pair(request: Request, _: Family) -> Sequence[Finding]:
    """Say which tool messages answer nothing, and which calls stay unanswered.

    The place is written ``messages.[3].role`` here, with a dot before the bracket; for unanswered
    calls it is the message that came instead, or the last one where none came.
    """
    found: list[Finding] = []
    messages = request["messages"]
    calls: Any = None  # of the assistant message whose answers are being read
    asked: set[str] = set()
    answered: set[str] = set()
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            found += _answer(index, message["tool_call_id"], asked, answered)
            continue
        if calls:
            found += _unanswered(index, calls, answered)
        calls = message.get("tool_calls") if message["role"] == "assistant" else None
        asked = {call["id"] for call in calls} if calls else set()
        answered = set()
    if calls:
        found += _unanswered(len(messages) - 1, calls, answered)
    return found


def _answer(index: int, call: str, asked: set[str], answered: set[str]) -> Sequence[Finding]:
    if call in asked:
        answered.add(call)
        return NOTHING
    if asked:
        place = f"messages.[{index}].tool_call_id"
        return (Finding("unknown_tool_call_id", place, _UNKNOWN_ID.format(id=call)),)
    return (Finding("orphan_tool_message", f"messages.[{index}].role", _ORPHAN),)


def _unanswered(index: int, calls: Iterable[Any], answered: set[str]) -> Sequence[Finding]:
    ids = [call["id"] for call in calls if call["id"] not in answered]
    if not ids:
        return NOTHING
    message = _UNANSWERED.format(ids=", ".join(ids))
    return (Finding("unanswered_tool_calls", f"messages.[{index}].role", message),)


def parts_fit_the_model(request: Request, family: Family) -> Sequence[Finding]:
    """Say where a model that does not listen is sent sound."""
    if family.audio or not family.known:
        return NOTHING
    return [
        Finding("unsupported_content_part", f"messages[{index}]", _PART_KIND.format(index=index))
        for index, message in enumerate(request["messages"])
        if isinstance(message.get("content"), list)
        and any(part["type"] == "input_audio" for part in message["content"])
    ]


def roles_fit_the_model(request: Request, family: Family) -> Sequence[Finding]:
    """Say where a model that takes no instructions is given some."""
    if not family.refused_roles:
        return NOTHING
    return [
        Finding("unsupported_role", place, _role_refused(place, message["role"]))
        for place, message in ((f"messages[{i}].role", m) for i, m in enumerate(request["messages"]))
        if message["role"] in family.refused_roles
    ]


def _role_refused(place: str, role: str) -> str:
    return f"Unsupported value: '{place}' does not support '{role}' with this model."


HISTORY_CHECKS: tuple[Planned, ...] = (
    ("messages", calls_and_answers_pair, ("messages",)),
    ("messages", parts_fit_the_model, ("messages",)),
    ("messages", roles_fit_the_model, ("messages",)),
)
