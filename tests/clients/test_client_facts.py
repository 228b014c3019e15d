"""What the official client does with odd replies (FACTS F), and that the contracts name the cause.

The rows hold for openai 3.14 and later; nothing of ours is served here but bytes written down.
"""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import openai
import pytest
from openai import OpenAI

from understudy.contracts import check_completion, check_error, check_stream

httpx2 = pytest.importorskip("httpx2", reason="the official client before 3.0 stands on httpx")
pytestmark = pytest.mark.skipif(
    tuple(map(int, openai.__version__.split(".")[:2])) < (3, 14), reason="older clients do otherwise"
)

QUESTION: Any = [{"role": "user", "content": "hi"}]
ERROR = {"message": "no", "type": "invalid_request_error", "param": "n", "code": "c"}
MESSAGE = {"role": "assistant", "content": "Hi", "refusal": None}
CHOICE = {"index": 0, "message": MESSAGE, "logprobs": None, "finish_reason": "stop"}
WHOLE = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o",
    "choices": [CHOICE],
}


class Door:
    """A client whose requests are answered with one reply after another, the last for good."""

    def __init__(self, *replies: Any, retries: int = 0) -> None:
        self.asked: list[Any] = []
        self._replies = list(replies)
        http = httpx2.Client(transport=httpx2.MockTransport(self._answer))
        self.client = OpenAI(
            api_key="sk-any", base_url="http://fake/v1", max_retries=retries, http_client=http
        )

    def _answer(self, request: Any) -> Any:
        self.asked.append(request)
        status, body, headers = self._replies[min(len(self.asked), len(self._replies)) - 1]
        return httpx2.Response(status, content=body, headers=headers)

    def ask(self, **members: Any) -> Any:
        return self.client.chat.completions.create(model="gpt-4o", messages=QUESTION, **members)


def sent(document: Any, status: int = 200, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    named = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return status, document if isinstance(document, bytes) else json.dumps(document).encode(), named


def failure(*reply: Any, **headers: str) -> openai.APIError:
    with pytest.raises(openai.APIError) as caught:
        Door(sent(*reply, **headers)).ask()
    return caught.value


def test_the_standard_envelope_is_raised_by_status() -> None:
    error = failure({"error": ERROR}, 400, x_request_id="req_1")

    assert type(error) is openai.BadRequestError
    assert (error.code, error.param, error.type, error.request_id) == (
        "c",
        "n",
        "invalid_request_error",
        "req_1",
    )
    assert (error.body, str(error)) == (ERROR, "Error code: 400 - no")
    assert check_error({"error": ERROR}) == ()


def test_an_integer_code_becomes_a_text() -> None:
    assert failure({"error": {**ERROR, "code": 400}}, 400).code == "400"
    assert check_error({"error": {**ERROR, "code": 400}}) != ()


@pytest.mark.parametrize(
    ("body", "seen"),
    [({"error": "text"}, "text"), ({"message": "m", "code": 400}, {"message": "m", "code": 400})],
    ids=["a text", "flat"],
)
def test_other_envelopes_are_the_body(body: Any, seen: Any) -> None:
    assert failure(body, 400).body == seen
    assert check_error(body) != ()


def test_a_list_of_details_says_only_its_status() -> None:
    error = failure({"detail": [{"loc": ["body"], "msg": "m", "type": "t"}]}, 422)

    assert (type(error), str(error)) == (openai.UnprocessableEntityError, "Error code: 422")


def test_a_page_instead_of_an_error_is_the_body() -> None:
    error = failure(b"<html>502 Bad Gateway</html>", 502, content_type="text/html")

    assert (str(error), error.body) == ("Error code: 502", "<html>502 Bad Gateway</html>")


@pytest.mark.parametrize("status", [402, 405, 408, 413, 499])
def test_statuses_without_a_class_of_their_own(status: int) -> None:
    assert type(failure({"error": ERROR}, status)) is openai.APIStatusError


def test_an_error_with_200_goes_unnoticed_but_by_the_contract() -> None:
    reply = Door(sent({"error": ERROR})).ask()

    assert (reply.id, reply.choices) == (None, None)
    assert [found.rule for found in check_completion({"error": ERROR})] == ["completion.error_body"]


def test_a_page_with_200_is_a_text() -> None:
    assert Door(sent(b"<html>", content_type="text/html")).ask() == "<html>"


def test_json_is_read_whatever_its_type() -> None:
    assert Door(sent(WHOLE, content_type="text/plain")).ask().choices[0].message.content == "Hi"


@pytest.mark.parametrize("body", [b"", b'{"id": '], ids=["empty", "broken"])
def test_no_json_is_an_error_of_json_and_not_tried_again(body: bytes) -> None:
    door = Door(sent(body), retries=2)

    with pytest.raises(json.JSONDecodeError):
        door.ask()
    assert len(door.asked) == 1


@pytest.mark.parametrize("change", [{"choices": None}, {"choices": [{"index": "x"}]}, {"created": "now"}])
def test_wrong_types_are_taken_silently_but_by_the_contract(change: dict[str, Any]) -> None:
    assert Door(sent({**WHOLE, **change})).ask() is not None
    assert check_completion({**WHOLE, **change}) != ()


def chunk(delta: Any, finish: str | None = None, **members: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {
        "id": "chatcmpl-" + "a" * 29, "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
        "service_tier": "default", "system_fingerprint": None, "choices": [choice], **members,
    }  # fmt: skip


def event(document: Any) -> bytes:
    return b"data: " + json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() + b"\n\n"


START = chunk({"role": "assistant", "content": "", "refusal": None})
HI, END, DONE = chunk({"content": "Hi \u2028ü"}), chunk({}, "stop"), b"data: [DONE]\n\n"
RIGHT = event(START) + event(HI) + event(END) + DONE
TEXT = "Hi \u2028ü"
IN_TWO = event(HI).replace(b',"object"', b',\ndata: "object"', 1)
NO_NAME = {"error": {"message": "m", "type": "t", "param": None, "code": "c"}}


def stream(data: bytes) -> tuple[int, bytes, dict[str, str]]:
    return sent(data, content_type="text/event-stream; charset=utf-8")


def heard(data: bytes) -> tuple[int, str]:
    """Return how many chunks the client yields, and the text they carry."""
    chunks = list(Door(stream(data)).ask(stream=True))
    return len(chunks), "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


# row of F.3 -> the bytes, how many chunks come, their text, the rule of ours that names the cause
DECODED: dict[str, tuple[bytes, int, str, str]] = {
    "CRLF": (RIGHT.replace(b"\n", b"\r\n"), 3, TEXT, "framing.line_end"),
    "comment": (b": hi\n\n" + RIGHT, 3, TEXT, "framing.comment"),
    "no space": (RIGHT.replace(b"data: ", b"data:"), 3, TEXT, "framing.space"),
    "multi-line data": (event(START) + IN_TWO + event(END) + DONE, 3, TEXT, "framing.several_data_lines"),
    "byte order mark": (b"\xef\xbb\xbf" + RIGHT, 2, TEXT, "framing.byte_order_mark"),
    "no last blank line": (event(START) + event(HI)[:-1], 1, "", "framing.unterminated"),
    "no DONE": (RIGHT.removesuffix(DONE), 3, TEXT, "stream.done_missing"),
    "nothing": (b"", 0, "", "stream.empty"),
    "a page": (b"<html></html>\n", 0, "", "framing.unknown_field"),
    "plain JSON": (json.dumps(WHOLE).encode(), 0, "", "framing.unknown_field"),
    "DONE and more": (RIGHT.replace(b"[DONE]", b"[DONE] extra"), 3, TEXT, "stream.done_form"),
    "error is null": (RIGHT.replace(b'"choices"', b'"error":null,"choices"', 1), 3, TEXT, ""),
    "named event without error": (
        event(START) + b"event: error\n" + event({"message": "m"}) + DONE, 2, "", "framing.event_field"
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", DECODED)
def test_the_decoder_takes_it(row: str) -> None:
    data, count, text, rule = DECODED[row]

    assert heard(data) == (count, text)
    assert not rule or rule in {found.rule for found in check_stream(data)}


# row of F.3 -> the bytes, what is raised, the rule of ours that names the cause
RAISED: dict[str, tuple[bytes, type[Exception], str]] = {
    "two spaces before DONE": (RIGHT.replace(b" [DONE]", b"  [DONE]"), json.JSONDecodeError, "framing.space"),
    "empty data": (event(START) + b"data:\n\n" + RIGHT, json.JSONDecodeError, "framing.no_data"),
    "event alone": (event(START) + b"event: x\n\n" + RIGHT, json.JSONDecodeError, "framing.no_data"),
    "retry alone": (b"retry: 1\n\n" + RIGHT, json.JSONDecodeError, "framing.retry_field"),
    "id sticks": (b"id: 1\n" + event(START) + b": c\n\n" + RIGHT, json.JSONDecodeError, "framing.id_field"),
    "malformed JSON": (event(START) + b"data: {oops\n\n", json.JSONDecodeError, "stream.json"),
    "invalid UTF-8": (RIGHT.replace("ü".encode(), b"\xff"), UnicodeDecodeError, "framing.encoding"),
    "error event": (event(START) + event(NO_NAME), openai.APIError, "stream.error"),
    "named error event": (event(START) + b"event: error\n" + event(NO_NAME), openai.APIError, "stream.error"),
    "error is a text": (event(START) + event({"error": "text"}), openai.APIError, "stream.error"),
}


@pytest.mark.parametrize("row", RAISED)
def test_the_decoder_raises(row: str) -> None:
    data, kind, rule = RAISED[row]

    with pytest.raises(kind) as caught:
        heard(data)
    assert not isinstance(caught.value, openai.APIStatusError)
    assert rule in {found.rule for found in check_stream(data)}


# ---- retries


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the client would have slept, in seconds."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def attempts(status: int = 429, **headers: str) -> list[Any]:
    door = Door(sent({"error": ERROR}, status, **headers), retries=2)
    with pytest.raises(openai.APIStatusError):
        door.ask()
    return door.asked


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_what_may_pass_is_tried_three_times_with_growing_gaps(status: int, waits: list[float]) -> None:
    asked = attempts(status)

    assert [request.headers["x-stainless-retry-count"] for request in asked] == ["0", "1", "2"]
    assert 0.375 <= waits[0] <= 0.5
    assert 0.75 <= waits[1] <= 1.0
    assert {request.content for request in asked} == {asked[0].content}


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 415, 422, 499])
def test_what_will_not_pass_is_asked_once(status: int, waits: list[float]) -> None:
    assert (len(attempts(status)), waits) == (1, [])


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"retry_after_ms": "150"}, 0.15, 0.15),
        ({"retry_after": "2"}, 2, 2),
        ({"retry_after": "1.5"}, 1.5, 1.5),
        ({"retry_after": "120"}, 120, 120),
        ({"retry_after_ms": "150", "retry_after": "3"}, 0.15, 0.15),
        ({"retry_after": "0"}, 0.375, 0.5),
        ({"retry_after": "-1"}, 0.375, 0.5),
    ],
    ids=lambda value: str(value),
)
def test_advice_is_followed_within_its_range(headers: Any, least: float, most: float, waits: Any) -> None:
    assert len(attempts(**headers)) == 3
    assert least <= waits[0] <= most


def test_advice_may_be_a_date(waits: list[float]) -> None:
    assert len(attempts(retry_after=formatdate(time.time() + 60, usegmt=True))) == 3
    assert 0 < waits[0] <= 60


@pytest.mark.parametrize("headers", [{}, {"x_should_retry": "true"}])
def test_beyond_two_minutes_it_is_not_tried_again(headers: dict[str, str], waits: list[float]) -> None:
    assert (len(attempts(retry_after="121", **headers)), waits) == (1, [])


@pytest.mark.parametrize(
    ("status", "said", "count"), [(400, "true", 3), (500, "false", 1), (400, "TRUE", 1), (500, "FALSE", 3)]
)
def test_the_server_may_say_whether_to_try_again(status: int, said: str, count: int, waits: Any) -> None:
    assert len(attempts(status, x_should_retry=said)) == count


def test_the_defaults_of_the_client() -> None:
    door = Door(sent({"error": ERROR}, 429), retries=OpenAI.__init__.__kwdefaults__["max_retries"])

    assert (door.client.max_retries, door.client.timeout.read, door.client.timeout.connect) == (2, 600, 5)
