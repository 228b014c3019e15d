from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.contracts.judge import Unreadable, judge, kind_of_document

Document = dict[str, Any]

REQUEST = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
COMPLETION = {
    "id": "chatcmpl-CVf4msBhgrvUf9Va4VuyLMKAjhbCG",
    "object": "chat.completion",
    "created": 1761669844,
    "model": "gpt-4o-2024-08-06",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hi", "refusal": None},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 8, "completion_tokens": 1, "total_tokens": 9},
}
ERROR = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}
MODEL = {"id": "m", "object": "model", "created": 1, "owned_by": "me"}
PAGE = {"object": "list", "first_id": None, "last_id": None, "has_more": False}
CHUNK = {
    **{name: COMPLETION[name] for name in ("id", "created", "model")},
    "object": "chat.completion.chunk",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}],
}
FINISH = {**CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def sse(*chunks: Document) -> str:
    return (
        "".join(f"data: {json.dumps(chunk, separators=(',', ':'))}\n\n" for chunk in chunks)
        + "data: [DONE]\n\n"
    )


def recording(response: Any, request: Any = REQUEST, status: Any = 200, **more: Any) -> bytes:
    document = {
        "request": {"body": request},
        "response": {"status": status, "headers": {}, **response},
        **more,
    }
    return json.dumps(document).encode()


def told(data: bytes, kind: str | None = None, profile: str | None = None) -> list[tuple[str, str, str]]:
    findings = judge(data, kind, profile=profile)
    return [(finding.part, finding.violation.rule, finding.violation.tier) for finding in findings]


@pytest.mark.parametrize(
    "data",
    [
        recording({"body": COMPLETION}),
        recording({"sse": sse(CHUNK, FINISH)}, {**REQUEST, "stream": True}),
        recording({"body": ERROR}, status=500),
        recording({"text": "<html>"}, status=502),
        recording({"body": COMPLETION}, None),
        b"\xef\xbb\xbf" + recording({"body": COMPLETION}),
    ],
)
def test_a_right_recording_is_right(data: bytes) -> None:
    assert told(data) == []


@pytest.mark.parametrize(
    ("data", "findings"),
    [
        (
            recording({"body": {**COMPLETION, "object": "x"}}, {**REQUEST, "n": 2}),
            [("completion", "completion.const", "error"), ("exchange", "exchange.choices", "error")],
        ),
        (
            recording({"sse": sse(CHUNK)}, {**REQUEST, "stream": True}),
            [("stream", "stream.finish_missing", "error")],
        ),
        (
            recording({"sse": "data: {\n\n"}, {**REQUEST, "stream": True}),
            [("stream", "stream.json", "error"), ("stream", "stream.empty", "error")],
        ),
        (
            recording({"sse": sse(CHUNK, FINISH)}),
            [("exchange", "exchange.form", "error")],
        ),
        (recording({"body": {**MODEL, "created": "x"}}, None), [("model", "model.type", "error")]),
        (recording({"text": "<html>"}), [("completion", "completion.not_json", "error")]),
        (recording({"body": {"error": "x"}}, status=500), [("error", "error.type", "error")]),
        (
            recording({"body": ERROR}),
            [("completion", "completion.error_body", "error")],
        ),
    ],
)
def test_each_part_of_a_recording_is_judged(data: bytes, findings: list[tuple[str, str, str]]) -> None:
    assert told(data) == findings


def test_a_refused_request_is_told_as_info() -> None:
    wrong = {"model": "gpt-4o", "messages": 3}

    refused = judge(recording({"body": ERROR}, wrong, 400))
    served = judge(recording({"body": COMPLETION}, wrong))

    assert {(finding.part, finding.violation.tier) for finding in refused} == {("request", "info")}
    assert ("request", "error") in {(finding.part, finding.violation.tier) for finding in served}


def test_the_recording_names_its_profile_and_the_caller_overrules_it() -> None:
    provider = {**COMPLETION, "service_tier": "on_demand"}

    assert told(recording({"body": provider}, profile="compatible")) == []
    assert told(recording({"body": provider}, profile="compatible"), profile="openai") == [
        ("completion", "completion.enum", "error")
    ]
    assert told(recording({"body": provider}, profile="unheard of")) == [
        ("completion", "completion.enum", "error")
    ]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (REQUEST, "request"),
        (COMPLETION, "completion"),
        ({"choices": []}, "completion"),
        (CHUNK, "chunk"),
        (ERROR, "error"),
        (MODEL, "model"),
        ({"object": "list", "data": [MODEL]}, "models"),
        ({**PAGE, "data": [COMPLETION]}, "stored_list"),
        ({**PAGE, "data": []}, "stored_list"),
        ({**PAGE, "data": [{"role": "user"}]}, "message_list"),
        ({"id": "x", "object": "chat.completion.deleted", "deleted": True}, "deleted"),
        ({"id": "x", "object": "model", "deleted": True}, "deleted"),
        ({"request": {}, "response": {}}, "recording"),
    ],
)
def test_the_kind_is_told_from_the_document(document: Document, kind: str) -> None:
    assert kind_of_document(document) == kind


@pytest.mark.parametrize(
    ("data", "kind", "findings"),
    [
        (
            b": hi\n\ndata: [DONE]\n\n",
            None,
            [("stream", "framing.comment", "warning"), ("stream", "stream.empty", "error")],
        ),
        (b"", "stream", [("stream", "stream.empty", "error")]),
        (b"{}", "model", [("model", "model.required", "error")] * 4),
        (json.dumps({**CHUNK, "id": 3}).encode(), None, [("stream", "chunk.type", "error")]),
        (b'{"model": "gpt-4o"}', "request", [("request", "*", "error")]),
    ],
)
def test_a_document_is_judged_as_its_kind(
    data: bytes, kind: str | None, findings: list[tuple[str, str, str]]
) -> None:
    found = told(data, kind)

    assert [(part, "*" if part == "request" else rule, tier) for part, rule, tier in found] == findings


@pytest.mark.parametrize(
    ("data", "kind", "complaint"),
    [
        (b'{"a": 1,\n  b}', None, "line 2, column 3: not JSON: Expecting property name"),
        (b"", None, "line 1, column 1: not JSON"),
        (b'{"a":\n "\xff"}', None, "line 2, column 3: not UTF-8: byte 0xff"),
        (b'{"a": NaN}', None, "not JSON: NaN"),
        (b"[" * 100_000, None, "not JSON: nested too deeply"),
        (b"{}", None, "cannot tell what this is; name it, one of: recording, request"),
        (b"[]", None, "cannot tell what this is"),
        (b'{"request": []}', "recording", "a recording has an object 'request', got list"),
        (b'{"request": {}, "response": {}}', None, "response.status is None, expected a number"),
        (b'{"request": {}, "response": {"status": 200}}', None, "response has none of body, sse and text"),
    ],
)
def test_what_cannot_be_judged_says_why(data: bytes, kind: str | None, complaint: str) -> None:
    with pytest.raises(Unreadable) as caught:
        judge(data, kind)

    assert complaint in str(caught.value)


@pytest.mark.parametrize(("kind", "profile"), [("embedding", None), (None, "azura")])
def test_an_unknown_kind_or_profile_is_refused(kind: str | None, profile: str | None) -> None:
    with pytest.raises(ValueError, match="there are: "):
        judge(b"{}", kind, profile=profile)
