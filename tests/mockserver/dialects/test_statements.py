"""TRAFFIC 7, statement by statement, against generated replies of each profile."""

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


def sorted_keys(value: Any, but: tuple[str, ...] = ()) -> bool:
    if isinstance(value, dict):
        inside = [item for key, item in value.items() if key not in but]
        return list(value) == sorted(value) and all(sorted_keys(item, but) for item in inside)
    return all(sorted_keys(item, but) for item in value) if isinstance(value, list) else True


UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
COMMENT = ": OPENROUTER PROCESSING\n\n"
OPENROUTER = "id object created model provider system_fingerprint service_tier choices usage"
MISTRAL_ENDS = ("tool_calls", "tool_calls", True)

# provider, what TRAFFIC 7 (or FACTS B.5, H) says, what is generated and what it should be
ROWS: list[tuple[str, str, Callable[[Say], tuple[Any, Any]]]] = [
    ("openrouter", "compact", lambda say: say("openrouter", "text").compact),
    (
        "openrouter",
        "after leading blank lines",
        lambda say: fits(r"\s*\n\s*\{.*", say("openrouter", "text").text),
    ),
    ("openrouter", OPENROUTER, lambda say: (keys(say("openrouter", "text").document), OPENROUTER)),
    (
        "openrouter",
        "choice has native_finish_reason",
        lambda say: (say("openrouter", "text").choice["native_finish_reason"], "stop"),
    ),
    (
        "openrouter",
        "message adds reasoning, reasoning_details",
        lambda say: (
            keys(say("openrouter", "reasoning").choice["message"]),
            "role content refusal reasoning reasoning_details",
        ),
    ),
    (
        "openrouter",
        "gen-<10 digits>-<20>",
        lambda say: fits(r"gen-\d{10}-\w{20}", say("openrouter", "text").document["id"]),
    ),
    (
        "openrouter",
        "role + content repeated in most deltas",
        lambda say: (
            {keys(delta)[:12] for delta in say("openrouter", "text", **USAGE).deltas},
            {"content role"},
        ),
    ),
    (
        "openrouter",
        "after the finish chunk a chunk repeating finish_reason with usage (non-empty choices)",
        lambda say: (
            [choice(chunk)["finish_reason"] for chunk in say("openrouter", "text", stream=True).chunks[-2:]]
            + ["usage" in chunk for chunk in say("openrouter", "text", stream=True).chunks[-2:]],
            ["stop", "stop", False, True],
        ),
    ),
    (
        "openrouter",
        ": OPENROUTER PROCESSING comments in 44 % of streams",
        lambda say: (
            34
            <= sum(COMMENT in say("openrouter", "empty", attempt=at, **USAGE).text for at in range(100))
            <= 54,
            True,
        ),
    ),
    ("azure", "compact", lambda say: say("azure", "text").compact),
    (
        "azure",
        "keys sorted",
        lambda say: (sorted_keys(say("azure", "calls").document, but=("prompt_filter_results",)), True),
    ),
    (
        "azure",
        "content_filter_results, prompt_filter_results",
        lambda say: (
            [
                "prompt_filter_results" in say("azure", "text").document,
                "content_filter_results" in say("azure", "text").choice,
            ],
            [True, True],
        ),
    ),
    (
        "azure",
        "chatcmpl-29",
        lambda say: fits("chatcmpl-[A-Za-z0-9]{29}", say("azure", "text").document["id"]),
    ),
    (
        "azure",
        'first chunk has choices: [], created: 0, id/model/object: "" and prompt_filter_results',
        lambda say: (
            {
                k: v
                for k, v in say("azure", "text", stream=True).chunks[0].items()
                if k != "prompt_filter_results"
            },
            {"choices": [], "created": 0, "id": "", "model": "", "object": ""},
        ),
    ),
    (
        "azure",
        "obfuscation since 2025-08",
        lambda say: (set(say("azure", "text", **USAGE).having("obfuscation")[1:]), {True}),
    ),
    (
        "azure",
        "key order sorted (stream)",
        lambda say: (all(sorted_keys(chunk) for chunk in say("azure", "calls", **USAGE).chunks[1:]), True),
    ),
    (
        "azure",
        "role chunk with content_filter_results: {}",
        lambda say: (choice(say("azure", "text", **USAGE).chunks[1])["content_filter_results"], {}),
    ),
    ("xai", "compact", lambda say: say("xai", "text").compact),
    ("xai", "no logprobs key", lambda say: (keys(say("xai", "text").choice), "index message finish_reason")),
    (
        "xai",
        "reasoning_content",
        lambda say: (say("xai", "reasoning").choice["message"]["reasoning_content"], "Norway has a capital."),
    ),
    ("xai", "uuid[_us-east-1]", lambda say: fits(UUID + "(_us-east-1)?", say("xai", "text").document["id"])),
    (
        "xai",
        "finish_reason key absent until the end",
        lambda say: (
            ["finish_reason" in choice(chunk) for chunk in say("xai", "text", stream=True).chunks].index(
                True
            ),
            len(say("xai", "text", stream=True).chunks) - 1,
        ),
    ),
    (
        "xai",
        "usage in choices [] chunk",
        lambda say: (
            [bool(chunk["choices"]) for chunk in say("xai", "text", **USAGE).chunks if "usage" in chunk],
            [False],
        ),
    ),
    ("groq", "compact", lambda say: say("groq", "text").compact),
    (
        "groq",
        "usage has queue_time, prompt_time...",
        lambda say: (
            keys(say("groq", "text").document["usage"])[:120],
            "queue_time prompt_tokens prompt_time completion_tokens completion_time total_tokens total_time "
            "prompt_tokens_details",
        ),
    ),
    (
        "groq",
        "x_groq{id}",
        lambda say: fits("req_[0-9a-z]{26}", say("groq", "text").document["x_groq"]["id"]),
    ),
    (
        "groq",
        "service_tier on_demand",
        lambda say: (say("groq", "text").document["service_tier"], "on_demand"),
    ),
    ("groq", "chatcmpl-uuid", lambda say: fits("chatcmpl-" + UUID, say("groq", "text").document["id"])),
    (
        "groq",
        "x_groq in first and last chunk",
        lambda say: (
            [at for at, chunk in enumerate(say("groq", "text", stream=True).chunks) if "x_groq" in chunk],
            [0, len(say("groq", "text", stream=True).chunks) - 1],
        ),
    ),
    (
        "groq",
        "usage in finish chunk's x_groq (and in choices [] with include_usage)",
        lambda say: (
            ["usage" in say("groq", "text", stream=True).chunks[-1]["x_groq"]]
            + [bool(chunk["choices"]) for chunk in say("groq", "text", **USAGE).chunks if "usage" in chunk],
            [True, True, False],
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
