"""A file's bytes against the contract of what they are: a recording, a document or a stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from understudy.contracts.documents import KINDS, contract_of
from understudy.contracts.exchanges.check import check_exchange
from understudy.contracts.profiles.loading import names
from understudy.contracts.profiles.profile import Profile
from understudy.contracts.replies.completion_rules import RULES
from understudy.contracts.replies.completions import check_completion, check_document, read_json
from understudy.contracts.replies.errors import check_error
from understudy.contracts.replies.rules import breach
from understudy.contracts.requests.check import check_request
from understudy.contracts.streams.accumulation import chunks_of
from understudy.contracts.streams.check import check_stream
from understudy.contracts.violations import Violation
from understudy.contracts.wording import Finding, Part

KINDS_OF_FILE = ("recording", *KINDS, "stream")

Found = tuple[Finding, ...]

_REFUSED = (400, 422)
_STREAM_STARTS = ("data:", "event:", "id:", "retry:", ":")
_OBJECTS = {
    "chat.completion": "completion",
    "chat.completion.chunk": "chunk",
    "chat.completion.deleted": "deleted",
    "model": "model",
}
_OTHER_OBJECTS = ("list", "model", "chat.completion.deleted")


class Unreadable(ValueError):
    """What was to be judged is not what it should be. *line* and *column* count from 1."""

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}, column {column}: {reason}")
        self.reason = reason
        self.line = line
        self.column = column


def judge(data: bytes, kind: str | None = None, *, profile: str | Profile | None = None) -> Found:
    """Return what is wrong with *data*, a file of *kind* (one of ``KINDS_OF_FILE``).

    Without a kind it is told from the content. Without a profile it is the one the recording
    names, else openai. Raises Unreadable for what is not JSON or not of that kind, ValueError for
    a kind or profile that does not exist.
    """
    if kind is not None and kind not in KINDS_OF_FILE:
        raise ValueError(f"no kind {kind!r}; there are: {', '.join(KINDS_OF_FILE)}")
    if profile is not None:
        contract_of(profile)
    if kind == "stream":
        return _part("stream", check_stream(data, profile=profile or "openai"))
    text = _text(data)
    if kind is None and text.lstrip().startswith(_STREAM_STARTS):
        return judge(data, "stream", profile=profile)
    document = _json(text)
    kind = kind or kind_of_document(document)
    if kind == "recording":
        return judge_recording(document, profile=profile)
    return _judge_document(kind, document, profile or "openai")


def judge_recording(recording: Any, *, profile: str | Profile | None = None) -> Found:
    """Return what is wrong with the request, the reply, and the two together.

    Where the API refused the request (400, 422) the request's breaches are why: they are told as
    info. A reply that is an error owes nothing to its request. Raises Unreadable for what is no
    recording.
    """
    request, response = _member(recording, "request"), _member(recording, "response")
    named = recording.get("profile")
    profile = profile or (named if named in names() else "openai")
    status = response.get("status")
    if not isinstance(status, int):
        raise Unreadable(f"response.status is {status!r}, expected a number")
    asked = request.get("body")
    found = _part("request", _request(asked, status, profile)) if asked is not None else ()
    if status >= 400:
        return found + (
            _part("error", check_error(response["body"], profile=profile)) if "body" in response else ()
        )
    if not any(name in response for name in ("body", "sse", "text")):
        raise Unreadable("response has none of body, sse and text")
    return found + _reply(asked, response, profile)


def kind_of_document(document: Any) -> str:
    """Return what *document* is. Raises Unreadable where that cannot be told."""
    if isinstance(document, dict):
        if "request" in document and "response" in document:
            return "recording"
        if document.get("object") in _OBJECTS and "error" not in document:
            deleted = document["object"] == "model" and "deleted" in document
            return "deleted" if deleted else _OBJECTS[document["object"]]
        if document.get("object") == "list":
            return _kind_of_list(document)
        for member, kind in (("error", "error"), ("messages", "request"), ("choices", "completion")):
            if member in document:
                return kind
    raise Unreadable(f"cannot tell what this is; name it, one of: {', '.join(KINDS_OF_FILE)}")


def _kind_of_list(document: Mapping[str, Any]) -> str:
    data = document.get("data")
    first = data[0] if isinstance(data, list) and data else {}
    if "has_more" not in document and not (isinstance(first, dict) and "choices" in first):
        return "models"
    return "message_list" if isinstance(first, dict) and "role" in first else "stored_list"


def _judge_document(kind: str, document: Any, profile: str | Profile) -> Found:
    if kind == "request":
        return _part("request", check_request(document, profile=profile))
    part: Any = "stream" if kind == "chunk" else kind
    return _part(part, check_document(kind, document, profile=profile))


def _request(body: Any, status: int, profile: str | Profile) -> tuple[Violation, ...]:
    found = check_request(body, profile=profile)
    if status not in _REFUSED:
        return found
    return tuple(replace(violation, tier="info") for violation in found)


def _reply(asked: Any, response: Mapping[str, Any], profile: str | Profile) -> Found:
    if "text" in response:
        return _part(
            "completion",
            breach(RULES, "completion.not_json", "$", contract_of(profile), str(response["text"])),
        )
    if "body" in response:
        body = response["body"]
        if isinstance(body, dict) and body.get("object") in _OTHER_OBJECTS:
            return _judge_document(kind_of_document(body), body, profile)
        found = _part("completion", check_completion(body, profile=profile))
        return found + _exchange(asked, body, profile)
    data = str(response["sse"]).encode("utf-8", "surrogatepass")
    found = _part("stream", check_stream(data, profile=profile))
    try:
        chunks = chunks_of(data)
    except ValueError:
        return found  # the findings of the stream say where it is no JSON
    return found + _exchange(asked, chunks, profile)


def _exchange(asked: Any, reply: Any, profile: str | Profile) -> Found:
    if not isinstance(asked, dict) or not isinstance(reply, dict | list):
        return ()
    return _part("exchange", check_exchange(asked, reply, profile=profile))


def _member(recording: Any, name: str) -> Mapping[str, Any]:
    member = recording.get(name) if isinstance(recording, dict) else None
    if not isinstance(member, dict):
        raise Unreadable(f"a recording has an object {name!r}, got {type(member).__name__}")
    return member


def _part(part: Part, violations: tuple[Violation, ...]) -> Found:
    return tuple(Finding(part, violation) for violation in violations)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise Unreadable(f"not UTF-8: byte {data[error.start]:#04x}", line, column) from None


def _json(text: str) -> Any:
    try:
        return read_json(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON: {error.msg}", error.lineno, error.colno) from None
    except ValueError as error:
        raise Unreadable(f"not JSON: {error}") from None
