"""Each genuine OpenAI exchange of the corpus, asked again of invention: the reply has the same keys.

Compared are keys at every depth, on the body and on every kind of chunk: as sets for all recordings,
and in their order where a recording kept it (raw, not sorted, from the day of today's form on). What
the answer happens to say is no part of it: where one calls a tool and the other speaks, all the rest
is compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from understudy.contracts import accumulate, chunks_of
from understudy.mockserver.build import build
from understudy.mockserver.engine import Engine
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Head, Request, Send

# since when the API sends a member (FACTS B, TRAFFIC 3 and 4): earlier recordings lack it
SINCE = {
    "logprobs": "2023-12-01",
    "system_fingerprint": "2023-12-01",
    "refusal": "2024-08-15",
    "prompt_tokens_details": "2024-10-01",
    "completion_tokens_details": "2024-10-01",
    "audio_tokens": "2024-11-01",
    "accepted_prediction_tokens": "2024-11-01",
    "rejected_prediction_tokens": "2024-11-01",
    "service_tier": "2025-01-01",
    "annotations": "2025-04-01",
    "obfuscation": "2025-08-05",
}
ORDERED_SINCE = "2025-08-05"

# the recordings that are not met, and why
EXCEPTIONS = {
    "interactions/openai/activeagent-04195e7594.json": "asks for usage, and the recorded stream has none",
    "interactions/openai/dd-trace-py-9cdf8aaa93.json": "an image as plain text, which is refused today",
    "interactions/openai/ruby-openai-b52d549927.json": "of 2023-04, when the first chunk had a role alone",
}

# members that tell what was said
TELLING = ("tool_calls", "function_call", "audio", "refusal", "content")

Document = Mapping[str, Any]


class Said(NamedTuple):
    """A reply: its documents by what they are there for, and what each choice says."""

    documents: Mapping[str, Sequence[Document]]
    choices: frozenset[str]


def whole(body: Document) -> Said:
    return Said({"body": [body]}, said(body))


def streamed(stream: bytes) -> Said:
    chunks = chunks_of(stream)
    documents: dict[str, list[Document]] = {}
    for chunk in chunks:
        documents.setdefault(kind(chunk), []).append(chunk)
    return Said(documents, said(accumulate(chunks)))


def said(body: Document) -> frozenset[str]:
    """Return the kinds of what the choices say: calls of several tools open otherwise than that of one."""
    messages = [choice.get("message") or {} for choice in body["choices"]]
    citing = ["citations" for message in messages if message.get("annotations")]
    return frozenset([_said(message) for message in messages] + citing)


def _said(message: Document) -> str:
    calls = message.get("tool_calls") or ()
    kinds = sorted({str(call.get("type")) for call in calls})
    beside = " beside text" if calls and message.get("content") else ""
    if kinds:
        return f"{'calls' if len(calls) > 1 else 'call'} of {' and '.join(kinds)}{beside}"
    return next((name for name in TELLING if message.get(name)), "nothing")


def kind(chunk: Document) -> str:
    """Return what a chunk is there for."""
    if not chunk["choices"]:
        return next((name for name in ("usage", "moderation") if chunk.get(name)), "empty")
    choice = chunk["choices"][0]
    delta = choice["delta"]
    if choice["finish_reason"]:
        return "finish"
    if "role" in delta:
        return "role"
    calls = delta.get("tool_calls")
    if calls:
        return "tool opening" if "id" in calls[0] else "tool fragment"
    return " and ".join(delta)


def shape(value: Any, left_out: frozenset[str], ordered: bool) -> Any:
    """Return the keys of *value* at every depth; of a list, those that its items have."""
    if isinstance(value, Mapping):
        pairs = [(key, shape(item, left_out, ordered)) for key, item in value.items() if key not in left_out]
        return tuple(pairs) if ordered else frozenset(pairs)
    if isinstance(value, list):
        return "each", frozenset(shape(item, left_out, ordered) for item in value)
    return None


def difference(recorded: Said, ours: Said, left_out: frozenset[str], ordered: bool) -> str:
    """Return what is wrong with our reply, "" for nothing."""
    alike = recorded.choices == ours.choices
    parallel = any(name.startswith("calls") for name in recorded.choices | ours.choices)
    if not alike:
        left_out |= frozenset(TELLING)
        if "citations" in recorded.choices ^ ours.choices:
            left_out |= {"annotations"}
        ordered = ordered and not parallel  # a stream of several calls has an order of its own
    for name, documents in recorded.documents.items():
        mine = ours.documents.get(name)
        if mine is None:
            if alike or name in ALWAYS:
                return f"no {name}"
            continue
        shapes = [{shape(item, left_out, ordered) for item in items} for items in (documents, mine)]
        if shapes[0] != shapes[1]:
            return f"{name}: {shapes[0] ^ shapes[1]}"
    extra = set(ours.documents) - set(recorded.documents)
    return f"also {extra}" if extra and (alike or extra & ALWAYS) else ""


ALWAYS = {"body", "role", "finish", "usage", "moderation"}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(Settings())


def ask(engine: Engine, document: Document) -> Said | str:
    """Return our reply to the request *document*, or the words it is refused with."""
    headers = [(b"authorization", b"Bearer sk-any"), (b"content-type", b"application/json")]
    body = json.dumps(document).encode()
    steps = list(engine.handle(Request("POST", "/v1/chat/completions", headers, body), 1_800_000_000.0).steps)
    status = next(step.status for step in steps if isinstance(step, Head))
    data = b"".join(step.data for step in steps if isinstance(step, Send))
    if status != 200:
        return f"{status} {json.loads(data)['error']['message']}"
    return streamed(data) if document.get("stream") else whole(json.loads(data))


class Compared(NamedTuple):
    row: Mapping[str, str]
    ordered: bool
    alike: bool
    wrong: str


@pytest.fixture(scope="module")
def compared(traffic: Any, engine: Engine) -> list[Compared]:
    return [compare(engine, row, traffic.load(row)) for row in traffic.rows if genuine(row)]


def genuine(row: Mapping[str, str]) -> bool:
    return row["provider"] == "openai" and row["status"].startswith("2")


def compare(engine: Engine, row: Mapping[str, str], recording: Document) -> Compared:
    response = recording["response"]
    stream = response.get("sse")
    recorded = whole(response["body"]) if stream is None else streamed(stream.encode())
    ordered = in_order(row)
    ours = ask(engine, recording["request"]["body"])
    if isinstance(ours, str):
        return Compared(row, ordered, False, ours)
    date = row["date"] or "9999"
    left_out = frozenset(name for name, since in SINCE.items() if date < since)
    wrong = difference(recorded, ours, left_out, ordered)
    return Compared(row, ordered, recorded.choices == ours.choices, wrong)


def in_order(row: Mapping[str, str]) -> bool:
    """Return whether the recording kept the order of keys, and is of today's."""
    kept = row["keys_sorted"] != "True" and row["ids_redacted"] != "True" and row["body_style"] != "parsed"
    return kept and row["date"] >= ORDERED_SINCE


def test_the_same_request_gets_the_same_keys(compared: list[Compared]) -> None:
    wrong = {item.row["file"]: item.wrong for item in compared if item.wrong}

    assert {name: words for name, words in wrong.items() if name not in EXCEPTIONS} == {}
    assert sorted(EXCEPTIONS) == sorted(wrong)  # one that is healed is taken off the list


def test_hardly_any_recording_is_an_exception(compared: list[Compared]) -> None:
    ordered = [item for item in compared if item.ordered]
    alike = [item for item in compared if item.alike]

    assert len(compared) >= 361
    assert len(ordered) >= 200
    assert len(alike) >= 200
    assert len(EXCEPTIONS) <= 0.02 * len(compared)
