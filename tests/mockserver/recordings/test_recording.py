from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.chat import Verbatim
from understudy.mockserver.recordings.form import Piece
from understudy.mockserver.recordings.recording import BrokenRecording, read_recording

BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}


def exchange(**response: Any) -> dict[str, Any]:
    return {"request": {"body": BODY}, "response": {"status": 200, **(response or {"body": {"a": 1}})}}


def test_what_is_needed_is_enough() -> None:
    recording = read_recording(exchange(), "a.json")

    assert recording.verbatim == Verbatim(200, (("content-type", "application/json"),), b'{\n  "a": 1\n}\n')
    assert (recording.name, recording.model, recording.stream) == ("a.json", "gpt-4o-mini", False)
    assert (recording.profile, recording.timing, recording.order) == (None, (), ("", "", 0, "a.json"))


def test_everything_else_is_read_too() -> None:
    document = {
        "format": 1,
        "profile": "openai",
        "source": {"repo": "r", "path": "p", "index": 3},
        "request": {"method": "POST", "url": "u", "headers": {}, "body": {**BODY, "stream": True}},
        "response": {
            "status": 200,
            "headers": {"Content-Type": "text/event-stream", "X-Request-ID": "<X_REQUEST_ID>"},
            "sse": "data: é\n\ndata: [DONE]\n\n",
            "timing": [[0.25, 10], [0, 14]],
        },
        "fidelity": {"response_form": "sse", "headers": "placeholders", "later": 1},
        "unknown": {},
    }

    recording = read_recording(json.dumps(document).encode(), "a.json")

    assert recording.stream
    assert recording.body == "data: é\n\ndata: [DONE]\n\n".encode()
    assert recording.headers == (("content-type", "text/event-stream"),)
    assert recording.timing == (Piece(0.25, 10), Piece(0.0, 14))
    assert recording.order == ("r", "p", 3, "a.json")
    assert recording.profile == "openai"


def test_null_members_are_absent_ones() -> None:
    document = exchange(body={"a": 1}, sse=None, text=None, headers=None, timing=None)
    nulls = dict.fromkeys(["format", "profile", "source", "fidelity"])

    assert read_recording({**document, **nulls}, "a") == read_recording(exchange(), "a")


@pytest.mark.parametrize(
    ("body", "data"),
    [(None, b"null\n"), ([1], b"[\n  1\n]\n"), ("text", b'"text"\n'), (False, b"false\n")],
)
def test_a_reply_may_be_any_json(body: Any, data: bytes) -> None:
    assert read_recording(exchange(body=body), "a").body == data


BROKEN = [
    ("", "is not JSON: Expecting value", 1, 1),
    ('{\n  "request": {,\n', "is not JSON: Expecting property name", 2, 15),
    ("[\n]", "$ is [], expected an object", 1, 1),
    ('{"response": {}}', "$ lacks 'request', without which there is nothing to replay", 1, 1),
    ('{"request":\n {"headers": {}}}', "$.request lacks 'body'", 2, 2),
    ('{"request": {"body":\n "text"}}', '$.request.body is "text", expected an object', 2, 2),
    ('{"request": {"body": null}}', "$.request.body is null, expected an object", 1, 22),
    ('{"format": 2}', "$.format is 2; this version reads up to 1: upgrade understudy", 1, 12),
    ('{"format": 0}', "$.format is 0, expected 1", 1, 12),
    ('{"format": "1"}', '$.format is "1", expected an integer', 1, 12),
    ('{"format": true}', "$.format is true, expected an integer", 1, 12),
]
BROKEN_RESPONSES: list[tuple[dict[str, Any], str]] = [
    ({"status": 200}, "$.response has no body, expected exactly one of: body, sse, text"),
    ({"status": 200, "body": {}, "text": ""}, "$.response has body and text, expected exactly one of"),
    ({"status": "200", "body": {}}, '$.response.status is "200", expected an integer'),
    ({"status": 101, "body": {}}, "$.response.status is 101, expected a final status, 200 to 599"),
    ({"body": {}}, "$.response lacks 'status'"),
    ({"status": 200, "sse": ["data: x"]}, "$.response.sse is [1 item], expected a string"),
    ({"status": 200, "text": 3}, "$.response.text is 3, expected a string"),
    ({"status": 200, "body": {}, "headers": []}, "$.response.headers is [], expected an object"),
    ({"status": 200, "body": {}, "headers": {"a b": "c"}}, "$.response.headers.a b is no name for a header"),
    ({"status": 200, "body": {}, "headers": {"a": "b\r\nc: d"}}, "is not a header's value"),
    ({"status": 200, "body": {}, "headers": {"a": ["b", 4]}}, "is not a header's value"),
    ({"status": 200, "body": {}, "headers": {"a": "Ω"}}, "is not a header's value"),
    ({"status": 200, "text": "abc", "timing": [[0, 2]]}, "adds up to 2 bytes, but the body has 3"),
    ({"status": 200, "text": "abc", "timing": [[0, 3], [-1, 0]]}, "$.response.timing[1] expected [seconds"),
    ({"status": 200, "text": "abc", "timing": [[0, 4], [0, -1]]}, "$.response.timing[1] expected [seconds"),
    ({"status": 200, "text": "abc", "timing": [[0]]}, "$.response.timing[0] expected [seconds, bytes]"),
    ({"status": 200, "text": "abc", "timing": [[0, 1.5]]}, "$.response.timing[0] expected"),
    ({"status": 200, "text": "abc", "timing": [[float("inf"), 3]]}, "$.response.timing[0] expected"),
]


@pytest.mark.parametrize(("text", "reason", "line", "column"), BROKEN)
def test_a_broken_file_is_named_with_its_place_and_the_reason(
    text: str, reason: str, line: int, column: int
) -> None:
    with pytest.raises(BrokenRecording) as caught:
        read_recording(text.encode(), "folder/a.json")

    assert caught.value.reason.startswith(reason)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(f"folder/a.json, line {line}, column {column}: {reason}")


@pytest.mark.parametrize(("response", "reason"), BROKEN_RESPONSES)
def test_a_reply_that_could_not_be_served_is_refused(response: dict[str, Any], reason: str) -> None:
    text = json.dumps({"request": {"body": BODY}, "response": response}, indent=1)

    with pytest.raises(BrokenRecording) as caught:
        read_recording(text.encode(), "a.json")

    assert reason in caught.value.reason
    assert caught.value.line is not None
    assert caught.value.line > 10


def test_an_unknown_text_form_is_refused() -> None:
    with pytest.raises(BrokenRecording, match=r"response_form is 'indent-3', expected one of: compact"):
        read_recording({**exchange(), "fidelity": {"response_form": "indent-3"}}, "a.json")


def test_a_document_in_memory_has_no_lines() -> None:
    with pytest.raises(BrokenRecording) as caught:
        read_recording({}, "a.json")

    assert (caught.value.line, caught.value.column) == (None, None)
    assert str(caught.value).startswith("a.json: $ lacks 'request'")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": "\xff"}', "is not UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"format": 1' + b"0" * 5_000 + b"}", "this version reads up to 1|is not usable JSON"),
    ],
)
def test_bytes_that_python_cannot_read_are_a_broken_recording_too(data: bytes, reason: str) -> None:
    with pytest.raises(BrokenRecording, match=reason):
        read_recording(data, "a.json")


def test_a_byte_order_mark_is_no_offence() -> None:
    data = b"\xef\xbb\xbf" + json.dumps(exchange()).encode()

    assert read_recording(data, "a") == read_recording(exchange(), "a")


@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(BrokenRecording):
        read_recording(data, "a.json")


@given(st.data())
def test_any_value_in_the_place_of_a_member_is_read_or_refused(data: st.DataObject) -> None:
    values: st.SearchStrategy[Any] = (
        st.none() | st.integers(-3, 3) | st.text(max_size=3) | st.just([]) | st.just({})
    )
    document = exchange(body={}, headers={"a": "b"}, timing=[[0, 3]])
    document |= {"source": {"repo": "r"}, "fidelity": {"headers": "full"}, "format": 1}
    place = data.draw(st.sampled_from([document, *(v for v in document.values() if isinstance(v, dict))]))
    place[data.draw(st.sampled_from([*place]))] = data.draw(values)

    with suppress(BrokenRecording):
        assert read_recording(document, "a").verbatim.status == 200


def test_a_request_nested_beyond_reason_is_refused() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(BrokenRecording, match="a: is nested too deeply to be a chat exchange"):
        read_recording({**exchange(), "request": {"body": {"model": "m", "messages": deep}}}, "a")
    while deep:  # taken apart step by step: freeing it at once would recurse
        deep = deep.pop()
