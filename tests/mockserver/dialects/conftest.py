"""Answers of every kind, said in the dialect of a built-in profile."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, NamedTuple

import pytest

from understudy.contracts import family_of
from understudy.mockserver.chat import Answer, Choice, read_chat
from understudy.mockserver.dialects.dialect import Dialect, dialect_of
from understudy.mockserver.dialects.replies import encode, usage_of
from understudy.mockserver.identity import stamp
from understudy.mockserver.usage import Counts

COUNTS = Counts(prompt=1_300, completion=40, cached=1_024, reasoning=0)


def message(**members: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, **members}


def call(name: str, letter: str) -> dict[str, Any]:
    return {
        "id": f"call_{letter * 24}",
        "type": "function",
        "function": {"name": name, "arguments": '{"city": "Oslo"}'},
    }


EMPTY = {"refusal": None, "annotations": []}
TEXT = Choice(message(content="It rains in Oslo \u2614.", **EMPTY))
ANSWERS: Mapping[str, tuple[Choice, ...]] = {
    "text": (TEXT,),
    "one call": (Choice(message(tool_calls=[call("get_weather", "a")], **EMPTY), "tool_calls"),),
    "calls": (
        Choice(message(tool_calls=[call("get_weather", "a"), call("get_time", "b")], **EMPTY), "tool_calls"),
    ),
    "two choices": (TEXT, Choice(message(content="No.", **EMPTY), "length")),
    "reasoning": (
        Choice(message(content="Oslo.", **EMPTY), reasoning="Norway has a capital.", reasoning_tokens=64),
    ),
    "refusal": (Choice({**message(refusal="I cannot help with that."), "annotations": []}),),
    "empty": (Choice(message(content="", **EMPTY)),),
    "text and call": (
        Choice(message(content="Let me look.", tool_calls=[call("get_weather", "a")], **EMPTY), "tool_calls"),
    ),
    "logprobs": (
        Choice(
            message(content="Hi", **EMPTY),
            logprobs={
                "content": [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}],
                "refusal": None,
            },
        ),
    ),
}


class Told(NamedTuple):
    """What was said: the *text*, the request it answers, and of a stream its *chunks*."""

    text: str
    request: dict[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.text)
        return document

    @property
    def chunks(self) -> list[dict[str, Any]]:
        frames = self.text.split("\n\n")
        return [json.loads(frame[6:]) for frame in frames if frame.startswith("data: {")]

    @property
    def choice(self) -> dict[str, Any]:
        only: dict[str, Any] = self.document["choices"][0]
        return only

    @property
    def deltas(self) -> list[dict[str, Any]]:
        return [chunk["choices"][0]["delta"] for chunk in self.chunks if chunk["choices"]]

    @property
    def compact(self) -> tuple[str, str]:
        """The text, and what it is when compact."""
        text = self.text.strip()
        return text, json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))

    def having(self, member: str) -> list[bool]:
        """Return for each chunk whether it has *member*."""
        return [member in chunk for chunk in self.chunks]


def reply_section(name: str) -> dict[str, Any]:
    path = files("understudy.contracts.profiles").joinpath(f"data/{name}.json")
    section: dict[str, Any] = json.loads(path.read_text("utf-8")).get("reply", {})
    return section


def dialect(name: str) -> Dialect:
    return dialect_of(reply_section(name))


@pytest.fixture(scope="session")
def dialect_named() -> Callable[[str], Dialect]:
    return dialect


@pytest.fixture(scope="session")
def answers() -> Mapping[str, tuple[Choice, ...]]:
    return ANSWERS


@pytest.fixture(scope="session")
def say() -> Callable[..., Told]:
    """Say the answer of a kind in a dialect: by name, or given. *attempt* makes another stamp."""

    def said(speaking: str | Dialect, kind: str, *, attempt: int = 0, **asked: Any) -> Told:
        spoken = dialect(speaking) if isinstance(speaking, str) else speaking
        request = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}], **asked}
        chat, family = read_chat(request), family_of("gpt-4o-mini")
        thought = sum(choice.reasoning_tokens for choice in ANSWERS[kind])
        counts = COUNTS._replace(reasoning=thought, completion=COUNTS.completion + thought)
        usage = usage_of(counts, family, spoken)
        laid = encode(chat, Answer(ANSWERS[kind]), family, usage, spoken)
        assert (laid.events is not None) == chat.stream
        return Told(laid.text(stamp(0, b"r" * 16, attempt, 1_790_000_000.0)), request)

    return said
