"""What goes into a header as it is, and what would break the reply."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.faults.header_text import check_header
from understudy.mockserver.faults.rules import fail, fault, parse_fault


@pytest.mark.parametrize(
    ("name", "value"), [("x-team", "red"), ("X-A!", ""), ("date", "Mon, 1\t2"), ("x", "é")]
)
def test_what_http_has_is_taken(name: str, value: str) -> None:
    check_header(name, value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("", "x", "'' is no name of a header"),
        ("a b", "x", "'a b' is no name of a header"),
        ("x-é", "x", "is no name of a header"),
        ("x-a", "a\r\nb: c", r"the header x-a is 'a\\r\\nb: c', expected Latin-1 text in one line"),
        ("x-a", "\x7f", "expected Latin-1"),
        ("x-a", "🦊", "expected Latin-1"),
        ("Content-Length", "5", "the header Content-Length says where a body ends"),
        ("transfer-encoding", "chunked", "says where a body ends"),
        ("connection", "close", "says where a body ends"),
    ],
)
def test_what_would_break_a_reply_is_refused(name: str, value: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        check_header(name, value)


@pytest.mark.parametrize(
    "text",
    [
        r'wrong_content_type:content_type="a\r\nb: c"',
        r'503:header.x-a="a\r\nb: c"',
        "503:header.content-length=5",
        "429:header.=x",
        r'gateway_html_502:header.x-a="a\nb"',
        r'503:retry_after_ms="1\r\nb: c"',
        r'503:retry_after="Mon, 1\r\nb: c"',
        r'503:should_retry="a\nb"',
    ],
)
def test_faults_say_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match=r"of a header|the header"):
        parse_fault(text)


@pytest.mark.parametrize("parameters", [{"headers": {"a b": "c"}}, {"headers": {"x": "a\nb"}}])
def test_nor_in_python(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"of a header|the header"):
        fail(503, **parameters)
    with pytest.raises(ValueError, match="the header content-type"):
        fault("wrong_content_type", content_type="a\nb")
