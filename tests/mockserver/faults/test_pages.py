"""Other bodies, other heads, and lengths that are not the body's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from understudy.contracts import check_error
from understudy.mockserver.faults.catalogue import rewrite
from understudy.mockserver.steps import header
from understudy.mockserver.wire import Cut, Head, Send, Step

Ask = Callable[..., "list[Step]"]
EITHER = pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])


def broken(name: str, steps: list[Step], **parameters: Any) -> tuple[Head, bytes, list[Step]]:
    head, *rest = rewrite(name, parameters)(steps)
    assert isinstance(head, Head)
    return head, b"".join(step.data for step in rest if isinstance(step, Send)), rest


@EITHER
@pytest.mark.parametrize(
    ("name", "status"), [("html_200", 200), ("html_502", 502), ("html_520", 520), ("html_524", 524)]
)
def test_a_page_comes_from_the_gateway_alone(name: str, status: int, stream: bool, ask: Ask) -> None:
    head, body, _ = broken(name, ask(stream=stream))

    assert (head.status, header(head, b"content-type")) == (status, b"text/html; charset=UTF-8")
    assert header(head, b"content-length") == b"%d" % len(body)
    assert body.startswith(b"<html>")
    assert b"<h1>%d " % status in body
    assert not [key for key, _ in head.headers if key.startswith((b"openai-", b"x-ratelimit-"))]
    assert len({key for key, _ in head.headers}) == len(head.headers)


@EITHER
def test_an_error_comes_as_a_success(stream: bool, ask: Ask) -> None:
    head, body, _ = broken("error_body_200", ask(stream=stream), message="zürich")

    assert (head.status, header(head, b"content-type")) == (200, b"application/json")
    assert header(head, b"content-length") == b"%d" % len(body)
    assert json.loads(body)["error"]["message"] == "zürich"
    assert check_error(json.loads(body)) == ()


@EITHER
def test_a_body_may_be_empty(stream: bool, ask: Ask) -> None:
    head, body, _ = broken("empty_body", ask(stream=stream))

    assert (head.status, header(head, b"content-length"), body) == (200, b"0", b"")


def test_a_type_may_be_wrong_and_the_body_is_not(ask: Ask) -> None:
    good = ask()

    head, _, rest = broken("wrong_content_type", good, content_type="text/plain")

    assert header(head, b"content-type") == b"text/plain"
    assert rest == good[1:]


def test_a_length_may_be_too_short_or_too_long(ask: Ask) -> None:
    good = ask()
    _, whole, _ = broken("no_request_id", good)

    short, part, _ = broken("short_content_length", good, missing=5)
    long, all_of_it, rest = broken("long_content_length", good, missing=5)

    assert (header(short, b"content-length"), part) == (b"%d" % (len(whole) - 5), whole[:-5])
    assert (header(long, b"content-length"), all_of_it) == (b"%d" % (len(whole) + 5), whole)
    assert rest[-1] == Cut()
    assert broken("short_content_length", good, missing=10**6)[1:] == (b"", [])


def test_the_id_of_a_request_may_be_missing(ask: Ask) -> None:
    good = ask()

    head, _, rest = broken("no_request_id", good)

    assert header(head, b"x-request-id") is None
    assert isinstance(good[0], Head)
    assert len(head.headers) == len(good[0].headers) - 1
    assert rest == good[1:]
