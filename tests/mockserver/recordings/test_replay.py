from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.mockserver.recordings.replay import content_length, json_bytes, replay_headers

BODY = {"a": "é", "b": []}


@pytest.mark.parametrize(
    ("layout", "status", "length", "expected"),
    [
        ("compact", 200, None, '{"a":"é","b":[]}'),
        ("compact", 200, 18, '{"a":"é","b":[]}\n'),
        ("compact", 200, 21, '{"a":"\\u00e9","b":[]}'),
        ("compact", 200, 22, '{"a":"\\u00e9","b":[]}\n'),
        ("compact", 200, 999, '{"a":"é","b":[]}'),
        ("spaced", 200, None, '{"a": "é", "b": []}'),
        ("indent-2", 200, None, '{\n  "a": "é",\n  "b": []\n}\n'),
        ("indent-2", 404, None, '{\n  "a": "é",\n  "b": []\n}'),
        ("indent-2", 404, 17, '{"a":"é","b":[]}'),  # the recorder laid it out anew
        ("indent-4", 401, None, '{\n    "a": "é",\n    "b": []\n}\n'),
        ("parsed", 200, None, '{\n  "a": "é",\n  "b": []\n}\n'),
        ("parsed", 200, 17, '{\n  "a": "é",\n  "b": []\n}\n'),
    ],
)
def test_a_body_gets_the_text_it_was_recorded_with(
    layout: str, status: int, length: int | None, expected: str
) -> None:
    assert json_bytes(BODY, layout, status, length) == expected.encode()


def test_half_a_surrogate_pair_is_escaped_as_it_must_have_been() -> None:
    data = json_bytes({"a": "\ud83d", "b": "é"}, "compact", 200, None)

    assert data == b'{"a":"\\ud83d","b":"\\u00e9"}'


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content-length": "12"}, 12),
        ({}, None),
        ({"content-length": "12", "content-encoding": "gzip"}, None),
        ({"content-length": "CONTENT-LENGTH-XXX"}, None),
        ({"content-length": ["1", "2"]}, None),
        ({"content-length": "²"}, None),
    ],
)
def test_a_length_counts_only_where_it_is_that_of_the_plain_body(
    headers: dict[str, Any], expected: int | None
) -> None:
    assert content_length(headers) == expected


def test_headers_of_the_connection_and_of_the_host_in_front_are_left_out() -> None:
    recorded = {
        "Content-Type": "application/json",
        "transfer-encoding": "chunked",
        "connection": "keep-alive",
        "content-encoding": "br",
        "date": "Mon, 01 Jan 2026 00:00:00 GMT",
        "cf-ray": "0123456789abcdef-ZRH",
        "server": "cloudflare",
        "set-cookie": ["a=1", "b=2"],
        "x-request-id": "req_1",
        "access-control-expose-headers": ["X-Request-ID", "CF-Ray"],
    }

    assert replay_headers(recorded, "body", placeholders=False) == (
        ("content-type", "application/json"),
        ("x-request-id", "req_1"),
        ("access-control-expose-headers", "X-Request-ID"),
        ("access-control-expose-headers", "CF-Ray"),
    )


@pytest.mark.parametrize("value", ["X-REQUEST-ID-XXX", "<X_REQUEST_ID>", "REDACTED", "req_REDACTED_1"])
def test_a_placeholder_is_left_out_where_the_recorder_says_it_set_them(value: str) -> None:
    headers = {"content-type": "a/b", "x-request-id": value}

    assert replay_headers(headers, "body", placeholders=True) == (("content-type", "a/b"),)
    assert replay_headers(headers, "body", placeholders=False)[1:] == (("x-request-id", value),)


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("body", "application/json"),
        ("sse", "text/event-stream; charset=utf-8"),
        ("text", "text/plain; charset=utf-8"),
    ],
)
def test_a_reply_never_goes_without_a_content_type(form: str, kind: str) -> None:
    assert replay_headers({}, form, placeholders=False) == (("content-type", kind),)


def test_layouts_agree_with_the_standard_encoder() -> None:
    body: dict[str, Any] = {"a": [1, 2.5, -3e-05, True, None, {}], "b": {"c": "\u2028 \x7f\n"}, "d": []}

    for layout, indent in [("indent-2", 2), ("indent-4", 4)]:
        expected = json.dumps(body, indent=indent, ensure_ascii=False).encode()
        assert json_bytes(body, layout, 200, None) == expected + b"\n"
