"""Key orders of generated replies against those of the recorded ones, provider by provider."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import pytest

Say: TypeAlias = Callable[..., Any]
Orders: TypeAlias = dict[str, list[tuple[str, ...]]]


def orders_of_body(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "completion", body
    yield "usage", body.get("usage") or {}
    for choice in body["choices"]:
        yield "choice", choice
        message = choice.get("message") or {}
        yield "message", message
        for call in message.get("tool_calls") or ():
            yield "call", call


def orders_of_chunk(chunk: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "chunk", chunk
    yield "usage", chunk.get("usage") or {}
    for choice in chunk["choices"]:
        yield "chunk choice", choice
        delta = choice.get("delta") or {}
        yield "delta", delta
        for call in delta.get("tool_calls") or ():
            yield "chunk call", call


def collected(places: Iterator[tuple[str, Mapping[str, Any]]], into: Orders) -> Orders:
    for place, document in places:
        if (keys := tuple(document)) not in into.setdefault(place, []):
            into[place].append(keys)
    return into


def recorded(response: Mapping[str, Any]) -> Orders:
    """Return the key orders of a recorded reply, none for what is no completion."""
    orders: Orders = {}
    body = response.get("body")
    if isinstance(body, dict) and body.get("choices"):
        return collected(orders_of_body(body), orders)
    for frame in str(response.get("sse", "")).split("\n\n"):
        if frame.startswith("data: {"):
            chunk = json.loads(frame[6:])
            if "error" not in chunk and isinstance(chunk.get("choices"), list):
                collected(orders_of_chunk(chunk), orders)
    return orders


def generated(say: Say, provider: str, *, stream: bool) -> Orders:
    orders: Orders = {}
    for kind in ("text", "one call", "calls", "reasoning", "logprobs"):
        if stream:
            told = say(provider, kind, stream=True, stream_options={"include_usage": True})
            for chunk in told.chunks:
                collected(orders_of_chunk(chunk), orders)
        else:
            collected(orders_of_body(say(provider, kind).document), orders)
    return orders


def agree(found: tuple[str, ...], ours: list[tuple[str, ...]]) -> bool:
    """Return whether the keys that both have come in the same order, for the nearest of *ours*."""
    nearest = max(ours, key=lambda keys: len(set(keys) & set(found)))
    both = set(nearest) & set(found)
    return [key for key in nearest if key in both] == [key for key in found if key in both]


def told_apart(say: Say, traffic: Any, provider: str) -> tuple[int, int, list[str]]:
    """Return how many recordings agree, of how many, and what stands in another order in the others."""
    ours = {stream: generated(say, provider, stream=stream) for stream in (False, True)}
    agreeing, count, differences = 0, 0, []
    for row in traffic.rows:
        # rig rewrote its recordings with their keys sorted, others keep them parsed
        rewritten = (row["keys_sorted"] == "True" and provider != "azure") or row["ids_redacted"] == "1"
        if row["provider"] != provider or row["status"] != "200" or rewritten:
            continue
        orders = recorded(traffic.load(row)["response"])
        known = ours[row["stream"] == "1"]
        found = [
            f"{place}: {' '.join(keys)}"
            for place, several in orders.items()
            for keys in several
            if keys and place in known and not agree(keys, known[place])
        ]
        count += bool(orders)
        agreeing += bool(orders) and not found
        differences += found
    return agreeing, count, sorted(set(differences))


# provider: how many of how many recordings agree, and the orders of those that do not
GROK_ON_AZURE = [
    "call: id index type function",
    "choice: index message finish_reason",
    "chunk call: id function index type",
    "chunk choice: index delta",
    "chunk choice: index delta finish_reason",
    "chunk: id object created model choices system_fingerprint service_tier",
    "chunk: id object created model choices usage system_fingerprint service_tier",
    "completion: id model choices usage created object prompt_filter_results",
    "message: role content",
    "message: role content tool_calls",
    "usage: prompt_tokens completion_tokens total_tokens audio_prompt_tokens prompt_tokens_details "
    "completion_tokens_details num_sources_used",
    "usage: prompt_tokens completion_tokens total_tokens prompt_tokens_details completion_tokens_details "
    "num_sources_used cost_in_usd_ticks",
]
AZURE_OF_2023 = [
    "choice: index finish_reason message content_filter_results",
    "completion: id object created model prompt_filter_results choices usage",
    "usage: prompt_tokens completion_tokens total_tokens",
]
OPENROUTER_OF_2025 = [
    "choice: logprobs finish_reason index message",
    "choice: logprobs finish_reason native_finish_reason index message",
    "chunk: id provider model object created choices",
    "chunk: id provider model object created choices system_fingerprint",
    "chunk: id provider model object created choices usage",
    "completion: id provider model object created choices system_fingerprint usage",
    "completion: id provider model object created choices usage",
    "delta: role content",
    "delta: role content reasoning reasoning_details",
    "delta: role content tool_calls",
]
# what stands behind OpenRouter sends these its own way
BEHIND_OPENROUTER = [
    "call: index id type function",
    "chunk call: index function type",
    "usage: prompt_tokens completion_tokens total_tokens cost prompt_tokens_details "
    "completion_tokens_details cost_details server_tool_use_details",
]
TOGETHER_OF_2025 = [
    "choice: finish_reason seed logprobs index message",
    "chunk choice: index delta logprobs finish_reason",
    "chunk: id object created model choices",
]
EXPECTED: Mapping[str, tuple[int, int, list[str]]] = {
    "azure": (43, 54, GROK_ON_AZURE + AZURE_OF_2023),
    "deepseek": (18, 18, []),
    "groq": (15, 15, []),
    "mistral": (30, 30, []),
    "ollama": (33, 33, []),
    "openrouter": (36, 75, OPENROUTER_OF_2025 + BEHIND_OPENROUTER),
    "together": (3, 6, TOGETHER_OF_2025),
    "vllm": (2, 2, []),
    "xai": (24, 24, []),
}


@pytest.mark.parametrize("provider", EXPECTED)
def test_keys_stand_in_the_recorded_order(say: Say, traffic: Any, provider: str) -> None:
    agreeing, count, exceptions = EXPECTED[provider]

    found = told_apart(say, traffic, provider)

    assert found == (agreeing, count, sorted(exceptions))
