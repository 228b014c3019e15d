"""The moderation member: its form is the recorded one, and it finds nothing."""

from __future__ import annotations

from typing import Any

from understudy.mockserver.chat import Answer, Choice, read_chat
from understudy.mockserver.moderation import moderation

ANSWER = Answer((Choice({"role": "assistant", "content": "a"}),))
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}


def moderated(content: Any = "Hello", answer: Answer = ANSWER, **asked: Any) -> dict[str, Any]:
    messages = [{"role": "system"}, {"role": "user", "content": content}]
    return moderation(read_chat({"model": "gpt-5", "messages": messages, **asked}), answer)


def test_prompt_and_answer_have_a_result_each_in_the_recorded_form(traffic: Any) -> None:
    recorded = traffic.load({"file": "interactions/openai/pydantic-ai-03a818a02c.json"})["response"]["body"]

    found = moderated(moderation={"model": "omni-moderation-latest"})

    assert forms(found) == forms(recorded["moderation"])
    for side in ("input", "output"):
        categories = found[side]["results"][0]["categories"]
        assert list(categories) == list(recorded["moderation"][side]["results"][0]["categories"])


def forms(value: Any) -> Any:
    """Return *value* with its numbers left out."""
    if isinstance(value, dict):
        return {key: forms(item) for key, item in value.items()}
    if isinstance(value, list):
        return [forms(item) for item in value]
    return None if isinstance(value, float) else value


def test_each_choice_has_a_result() -> None:
    found = moderated(answer=Answer(ANSWER.choices * 3))

    assert [len(found[side]["results"]) for side in ("input", "output")] == [1, 3]


def test_scores_are_low_and_equal_for_equal_requests() -> None:
    one, same, other = (moderated(content) for content in ("a", "a", "b"))

    assert one == same != other
    scores = one["input"]["results"][0]["category_scores"].values()
    assert all(1e-7 <= score < 1e-3 for score in scores)
    assert one["input"]["results"][0]["flagged"] is False


def test_the_model_asked_for_is_named() -> None:
    assert moderated(moderation={"model": "text-moderation-007"})["input"]["model"] == "text-moderation-007"
    assert moderated(moderation={"model": ""})["output"]["model"] == "omni-moderation-latest"


def test_pictures_in_the_prompt_are_judged_where_they_can_be() -> None:
    found = moderated([{"type": "text", "text": "a"}, PICTURE])

    types = found["input"]["results"][0]["category_applied_input_types"]
    assert (types["violence"], types["hate"]) == (["text", "image"], ["text"])
    assert found["output"]["results"][0]["category_applied_input_types"]["violence"] == ["text"]
