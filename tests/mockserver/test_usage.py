"""The usage member, key for key (FACTS C.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.contracts import Family, check_completion, family_of
from understudy.mockserver.usage import Counts, laid_out, usage_document

READ = {"cached_tokens": 0, "audio_tokens": 0}
MADE = {
    "reasoning_tokens": 0,
    "audio_tokens": 0,
    "accepted_prediction_tokens": 0,
    "rejected_prediction_tokens": 0,
}
COUNTS = Counts(
    prompt=3_000, completion=500, cached=1_152, cache_write=1_024, reasoning=128, audio_prompt=40, image_prompt=85,
    audio_completion=60,
)  # fmt: skip


@pytest.mark.parametrize(
    ("model", "counts", "read", "made"),
    [
        pytest.param("gpt-4o", Counts(9, 3), READ, MADE, id="plain text"),
        pytest.param(
            "gpt-5", COUNTS, {"cached_tokens": 1_152, "audio_tokens": 40},
            {**MADE, "reasoning_tokens": 128, "audio_tokens": 60}, id="reasoning",
        ),
        pytest.param(
            "gpt-5.6-luna", COUNTS, {"cached_tokens": 1_152, "cache_write_tokens": 1_024, "audio_tokens": 40},
            {**MADE, "reasoning_tokens": 128, "audio_tokens": 60}, id="written to the cache",
        ),
        pytest.param(
            "gpt-audio", COUNTS, {"cached_tokens": 1_152, "audio_tokens": 40, "text_tokens": 2_875, "image_tokens": 85},
            {**MADE, "reasoning_tokens": 128, "audio_tokens": 60, "text_tokens": 312}, id="audio",
        ),
        pytest.param(
            "gpt-audio", Counts(9, 3), {**READ, "text_tokens": 9, "image_tokens": 0}, {**MADE, "text_tokens": 3},
            id="text of an audio model",
        ),
    ],
)  # fmt: skip
def test_each_family_has_its_keys_in_their_order(
    model: str, counts: Counts, read: dict[str, int], made: dict[str, int]
) -> None:
    usage = usage_document(counts, family_of(model))

    assert list(usage) == [
        "prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details",
    ]  # fmt: skip
    assert list(usage["prompt_tokens_details"].items()) == list(read.items())
    assert list(usage["completion_tokens_details"].items()) == list(made.items())
    assert usage["total_tokens"] == counts.prompt + counts.completion


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5", "gpt-5.6-luna", "gpt-audio", "gpt-4o-search-preview"])
@pytest.mark.parametrize("counts", [Counts(0, 0), Counts(9, 3), COUNTS], ids=["none", "few", "all kinds"])
def test_a_usage_is_laid_out_like_the_standard_encoder_s(model: str, counts: Counts) -> None:
    usage = usage_document(counts, family_of(model))

    assert laid_out(usage) == json.dumps(usage, indent=2).replace("\n", "\n  ")


OWN = usage_document(Counts(9, 3), Family())


@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"prompt_tokens": 1},
        {**OWN, "total_tokens": None},
        {**OWN, "prompt_tokens": True},
        {**OWN, "prompt_tokens_details": None},
        {**OWN, "completion_tokens_details": {"%d: 0": 1, "reasoning_tokens": 1.5}},
        {**OWN, "cost": "100 %"},
        dict.fromkeys("abcde", 1),
    ],
    ids=repr,
)
def test_a_usage_of_any_other_form_is_laid_out_too(usage: dict[str, Any]) -> None:
    assert json.loads(laid_out(usage)) == usage


def test_a_usage_keeps_its_contract() -> None:
    message = {"role": "assistant", "content": "a", "refusal": None}
    body = {
        "id": "chatcmpl-" + "a" * 29,
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage_document(COUNTS, family_of("gpt-5.6-luna")),
        "system_fingerprint": None,
    }

    assert check_completion(body) == ()
