"""TRAFFIC 7, continued: mistral, deepseek, ollama, together; FACTS H and J: vllm, bytespike."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

Say: TypeAlias = Callable[..., Any]
USAGE = {"stream": True, "stream_options": {"include_usage": True}}


def keys(document: dict[str, Any]) -> str:
    return " ".join(document)


def choice(document: dict[str, Any]) -> dict[str, Any]:
    only: dict[str, Any] = document["choices"][0]
    return only


def fits(pattern: str, text: str) -> tuple[bool, bool]:
    return re.fullmatch(pattern, text) is not None, True


UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MISTRAL_ENDS = ("tool_calls", "tool_calls", True)

# provider, what TRAFFIC 7 (or FACTS B.5, H) says, what is generated and what it should be
ROWS: list[tuple[str, str, Callable[[Say], tuple[Any, Any]]]] = [
    ("mistral", "compact", lambda say: say("mistral", "text").compact),
    (
        "mistral",
        "id created model usage object choices",
        lambda say: (keys(say("mistral", "text").document), "id created model usage object choices"),
    ),
    (
        "mistral",
        "message role tool_calls content",
        lambda say: (keys(say("mistral", "text").choice["message"]), "role tool_calls content"),
    ),
    ("mistral", "32 hex", lambda say: fits("[0-9a-f]{32}", say("mistral", "text").document["id"])),
    (
        "mistral",
        "whole tool call in one chunk with the finish",
        lambda say: (
            [
                (keys(choice(chunk)["delta"]), choice(chunk)["finish_reason"], "usage" in chunk)
                for chunk in say("mistral", "calls", stream=True).chunks[1:]
            ],
            [MISTRAL_ENDS],
        ),
    ),
    (
        "mistral",
        "usage in the finish chunk, always",
        lambda say: ("usage" in say("mistral", "text", stream=True).chunks[-1], True),
    ),
    (
        "mistral",
        "padding member p",
        lambda say: (set(say("mistral", "text", **USAGE).having("p")[1:]), {True}),
    ),
    ("deepseek", "compact", lambda say: say("deepseek", "text").compact),
    (
        "deepseek",
        "prompt_cache_hit/miss_tokens",
        lambda say: (
            [
                say("deepseek", "text").document["usage"][f"prompt_cache_{kind}_tokens"]
                for kind in ("hit", "miss")
            ],
            [1_024, 276],
        ),
    ),
    (
        "deepseek",
        "fingerprint fp_058df29938_prod0820_fp8_kvcache_20260402",
        lambda say: fits(
            "fp_[0-9a-f]{10}_prod0820_fp8_kvcache_20260402",
            say("deepseek", "text").document["system_fingerprint"],
        ),
    ),
    ("deepseek", "uuid", lambda say: fits(UUID, say("deepseek", "text").document["id"])),
    (
        "deepseek",
        "usage: null then in the finish chunk",
        lambda say: (
            [chunk["usage"] is None for chunk in say("deepseek", "empty", **USAGE).chunks],
            [True, False],
        ),
    ),
    ("ollama", "compact", lambda say: say("ollama", "text").compact),
    ("ollama", "fp_ollama", lambda say: (say("ollama", "text").document["system_fingerprint"], "fp_ollama")),
    (
        "ollama",
        "message.reasoning",
        lambda say: (say("ollama", "reasoning").choice["message"]["reasoning"], "Norway has a capital."),
    ),
    (
        "ollama",
        "chatcmpl-<1-999>",
        lambda say: fits("chatcmpl-[1-9][0-9]{0,2}", say("ollama", "text").document["id"]),
    ),
    (
        "ollama",
        "role in every delta",
        lambda say: ({delta["role"] for delta in say("ollama", "text", **USAGE).deltas}, {"assistant"}),
    ),
    (
        "ollama",
        "whole tool call in one delta",
        lambda say: (
            [
                delta["tool_calls"][0]["function"]
                for delta in say("ollama", "calls", **USAGE).deltas
                if "tool_calls" in delta
            ],
            [{"name": name, "arguments": '{"city": "Oslo"}'} for name in ("get_weather", "get_time")],
        ),
    ),
    (
        "together",
        "sends token_id",
        lambda say: ({type(delta["token_id"]) for delta in say("together", "text", **USAGE).deltas}, {int}),
    ),
    (
        "together",
        "every chunk has text twin, role in every delta (FACTS H)",
        lambda say: (
            {
                (choice(chunk)["text"] == choice(chunk)["delta"]["content"], choice(chunk)["delta"]["role"])
                for chunk in say("together", "text", stream=True).chunks
            },
            {(True, "assistant")},
        ),
    ),
    (
        "together",
        "prompt: [], seed per choice, tool_calls: [] (FACTS H)",
        lambda say: (
            [
                say("together", "text").document["prompt"],
                say("together", "text").choice["message"]["tool_calls"],
                type(say("together", "text").choice["seed"]),
            ],
            [[], [], int],
        ),
    ),
    (
        "vllm",
        "role chunk may lack content; fingerprint only on terminal chunks (FACTS H)",
        lambda say: (
            [say("vllm", "text", **USAGE).deltas[0]]
            + ["system_fingerprint" in chunk for chunk in say("vllm", "empty", stream=True).chunks],
            [{"role": "assistant"}, False, True],
        ),
    ),
    (
        "vllm",
        "tool_calls: [] and stop_reason keys (FACTS H)",
        lambda say: (
            (
                say("vllm", "text").choice["message"]["tool_calls"],
                "stop_reason" in say("vllm", "text").choice,
            ),
            ([], True),
        ),
    ),
    (
        "vllm",
        "tool ids chatcmpl-tool-... (FACTS H)",
        lambda say: fits(
            "chatcmpl-tool-[0-9a-f]{32}", say("vllm", "one call").choice["message"]["tool_calls"][0]["id"]
        ),
    ),
    (
        "bytespike",
        "response example (FACTS J): no created, no refusal, no details of usage",
        lambda say: (
            [
                keys(say("bytespike", "text").document),
                keys(say("bytespike", "text").choice),
                keys(say("bytespike", "text").choice["message"]),
                keys(say("bytespike", "text").document["usage"]),
            ],
            [
                "id object model choices usage",
                "index message finish_reason",
                "role content",
                "prompt_tokens completion_tokens total_tokens",
            ],
        ),
    ),
]


@pytest.mark.parametrize(
    ("provider", "statement", "judged"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS]
)
def test_a_statement_holds_of_generated_replies(
    say: Say, provider: str, statement: str, judged: Callable[[Say], tuple[Any, Any]]
) -> None:
    found, expected = judged(say)

    assert found == expected, f"{provider}: {statement}"


@pytest.mark.parametrize("provider", sorted({row[0] for row in ROWS}))
@pytest.mark.parametrize("kind", ["text", "calls"])
def test_a_stream_ends_with_done_and_each_frame_stands_alone(say: Say, provider: str, kind: str) -> None:
    text = say(provider, kind, **USAGE).text

    assert text.endswith("}\n\ndata: [DONE]\n\n")
    assert all(frame.startswith(("data: ", ": ")) for frame in text[:-2].split("\n\n"))
