"""OpenAI's own shape as templates (FACTS B.1, B.2): what a dialect has where its profile is silent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COMPLETION: Mapping[str, Any] = {
    "id": "$id",
    "object": "chat.completion",
    "created": "$created",
    "model": "$model",
    "choices": "$choices",
    "usage": "$usage",
    "service_tier": "$tier",
    "system_fingerprint": "$fingerprint",
}
CHOICE: Mapping[str, Any] = {
    "index": "$index",
    "message": "$message",
    "logprobs": "$logprobs",
    "finish_reason": "$finish_reason",
}
MESSAGE: Mapping[str, Any] = {
    "role": "assistant",
    "content": "$content",
    "tool_calls?": "$tool_calls",
    "function_call?": "$function_call",
    "refusal": "$refusal",
    "audio?": "$audio",
    "annotations": "$annotations",
}
TOOL_CALL: Mapping[str, Any] = {
    "id": "$call_id",
    "type": "function",
    "function": {"name": "$name", "arguments": "$arguments"},
}
CHUNK: Mapping[str, Any] = {
    "id": "$id",
    "object": "chat.completion.chunk",
    "created": "$created",
    "model": "$model",
    "service_tier": "$tier",
    "system_fingerprint": "$fingerprint",
    "choices": "$choices",
    "usage": "$pending",
    "obfuscation": "$padding",
}
CHUNK_CHOICE: Mapping[str, Any] = {
    "index": "$index",
    "delta": "$delta",
    "logprobs": "$logprobs",
    "finish_reason": "$finish_reason",
}
CHUNK_CALL: Mapping[str, Any] = {"index": "$call_index", **TOOL_CALL}
FRAMES: Mapping[str, Mapping[str, Any]] = {
    "role": {"delta": {"role": "assistant", "content": "", "refusal": None}},
    "role_call": {"delta": {"role": "assistant", "content": None, "tool_calls": ["$call"], "refusal": None}},
    "role_calls": {"delta": {"role": "assistant", "content": None}},
    "role_refusal": {"delta": {"role": "assistant", "content": None, "refusal": ""}},
    "text": {"delta": {"content": "$text"}},
    "refusal": {"delta": {"refusal": "$text"}},
    "call": {"delta": {"tool_calls": ["$call"]}},
    "arguments": {"delta": {"tool_calls": [{"index": "$call_index", "function": {"arguments": "$text"}}]}},
    "finish": {"delta": {}},
}
PADDING: Mapping[str, Any] = {"letters": "drawn", "modulo": 16, "remainder": 1}
