"""A stored completion and its messages, as the API shows them (FACTS G; the specification's example)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from understudy.contracts import check_request
from understudy.mockserver.chat import Document
from understudy.mockserver.errors import ApiError, Refusal, breach

LARGEST_PICTURE = 8 * 1024 * 1024
"""Bytes. A larger picture is left out of what is stored (FACTS A.1, ``store``)."""

_ORDER = (
    "object",
    "id",
    "model",
    "created",
    "request_id",
    "tool_choice",
    "usage",
    "seed",
    "top_p",
    "temperature",
    "presence_penalty",
    "frequency_penalty",
    "system_fingerprint",
    "input_user",
    "service_tier",
    "tools",
    "metadata",
    "choices",
    "response_format",
)
# member of the stored completion -> member of the request, and what stands there where it was not sent
_ECHOED: Mapping[str, tuple[str, Any]] = {
    "tool_choice": ("tool_choice", None),
    "top_p": ("top_p", 1.0),
    "temperature": ("temperature", 1.0),
    "presence_penalty": ("presence_penalty", 0.0),
    "frequency_penalty": ("frequency_penalty", 0.0),
    "input_user": ("user", None),
    "tools": ("tools", None),
    "response_format": ("response_format", None),
}
_WORTH_KEEPING = (
    "model",
    "messages",
    "metadata",
    "seed",
    *(name for name, _ in _ECHOED.values()),
)
_ANY_REQUEST: Mapping[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": ""}]}
_BEGINNING = 32  # lines of a stream: room for the first events, and comments before them
_SHOWN_PARTS = ("text", "image_url")
_ALSO_SAID = ("refusal", "tool_calls", "function_call", "tool_call_id", "audio")


def kept_request(request: Document) -> bytes:
    """Return as JSON what a stored completion shows of its *request*."""
    kept = {name: request[name] for name in _WORTH_KEEPING if request.get(name) is not None}
    messages = kept.get("messages")
    if isinstance(messages, list):
        kept["messages"] = [_without_large_pictures(message) for message in messages]
    return json.dumps(kept, separators=(",", ":")).encode("ascii")


def name_of(reply: bytes, *, streamed: bool) -> tuple[str, str]:
    """Return the id and the model of *reply*, "" for what it does not tell.

    Of a stream no more is read than its first events: only they can lack an id (Azure's first does).
    """
    texts = [reply]
    if streamed and not _is_whole(reply):
        lines = reply.split(b"\n", _BEGINNING)[:_BEGINNING]
        texts = [line.removeprefix(b"data:") for line in lines if line.startswith(b"data:")]
    for text in texts:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):  # a recorded reply may be anything
            break
        if isinstance(document, dict) and document.get("id") and isinstance(document["id"], str):
            return document["id"], str(document.get("model") or "")
    return "", ""


def stored_completion(
    request: Document, reply: bytes, *, streamed: bool, request_id: str, usage: Document | None
) -> dict[str, Any] | None:
    """Return what is stored of the *reply* to *request*, None where it is not a completion.

    *usage* stands in where the reply tells none, as a stream that was not asked for it. An empty
    *request_id* and a missing seed are drawn from the completion's id.
    """
    answer = _read(reply, streamed=streamed)
    if answer is None or not isinstance(answer.get("id"), str) or not answer["id"]:
        return None
    drawn = hashlib.blake2b(answer["id"].encode("utf-8", "replace"), digest_size=24).digest()
    seed, metadata = request.get("seed"), request.get("metadata")
    told = {name: request.get(asked, default) for name, (asked, default) in _ECHOED.items()}
    found = {
        **answer,
        **told,
        "request_id": request_id or "req_" + drawn[:16].hex(),
        "seed": int.from_bytes(drawn[16:], "big") >> 1 if seed is None else seed,
        "metadata": metadata if isinstance(metadata, Mapping) else {},
    }
    if usage is not None and found.get("usage") is None:
        found["usage"] = dict(usage)
    first = {name: found[name] for name in _ORDER if name in found}
    return {**first, **{name: value for name, value in found.items() if name not in first}}


def stored_messages(completion_id: str, messages: Any) -> list[dict[str, Any]]:
    """Return a request's *messages* with their ids: ``{completion_id}-{n}``, n from 0."""
    return [
        _message(f"{completion_id}-{number}", message)
        for number, message in enumerate(messages if isinstance(messages, list) else ())
        if isinstance(message, Mapping)
    ]


def new_metadata(body: Document) -> Mapping[str, Any]:
    """Return the metadata of an update; raises Refusal in the words of a request's 400."""
    if "metadata" not in body:
        message = "Missing required parameter: 'metadata'."
        raise Refusal(ApiError(400, message, param="metadata", code="missing_required_parameter"))
    for name in body:
        if name != "metadata":
            message = f"Unknown parameter: '{name}'."
            raise Refusal(ApiError(400, message, param=name, code="unknown_parameter"))
    breaches = check_request({**_ANY_REQUEST, "metadata": body["metadata"]})
    if breaches:
        raise Refusal(breach(breaches[0]))
    return body["metadata"] or {}


def unknown(completion_id: str) -> ApiError:
    """Not documented (FACTS G): worded as the API words it for its other stored things."""
    return ApiError(404, f"Chat completion with id '{completion_id}' not found.", voice="gateway")


def _message(message_id: str, message: Mapping[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    parts = content if isinstance(content, list) else None
    shown = {
        "id": message_id,
        "role": message.get("role"),
        "content": None if parts is not None else content,
        "name": message.get("name"),
        "content_parts": None if parts is None else [part for part in parts if _kind(part) in _SHOWN_PARTS],
    }
    return {**shown, **{name: message[name] for name in _ALSO_SAID if message.get(name) is not None}}


def _kind(part: Any) -> Any:
    return part.get("type") if isinstance(part, Mapping) else None


def _read(reply: bytes, *, streamed: bool) -> Mapping[str, Any] | None:
    from understudy.contracts import accumulate, chunks_of  # here: most servers never read what is stored

    try:
        whole = not streamed or _is_whole(reply)
        answer = json.loads(reply) if whole else accumulate(chunks_of(reply))
    except (ValueError, RecursionError):  # a recorded reply may be anything
        return None
    return answer if isinstance(answer, dict) and answer.get("choices") else None


def _is_whole(reply: bytes) -> bool:
    """Return whether *reply* is a document: a recording may have answered at once what asked for a stream."""
    return reply.lstrip().startswith(b"{")


def _without_large_pictures(message: Any) -> Any:
    content = message.get("content") if isinstance(message, Mapping) else None
    if not isinstance(content, list):
        return message
    return {**message, "content": [part for part in content if not _is_large_picture(part)]}


def _is_large_picture(part: Any) -> bool:
    picture = part.get("image_url") if _kind(part) == "image_url" else None
    url = picture.get("url") if isinstance(picture, Mapping) else None
    if not isinstance(url, str) or not url.startswith("data:"):
        return False
    return (len(url) - url.find(",") - 1) * 3 // 4 > LARGEST_PICTURE
