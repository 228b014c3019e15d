"""A huge body is as large as it says, and takes no room."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable

from understudy.contracts import check_completion, check_stream
from understudy.mockserver.faults.catalogue import rewrite
from understudy.mockserver.steps import header
from understudy.mockserver.wire import Head, Send, Step

Ask = Callable[..., "list[Step]"]


def body(steps: list[Step]) -> bytes:
    return b"".join(step.data for step in steps if isinstance(step, Send))


def test_a_document_has_so_many_bytes_of_text_more(ask: Ask) -> None:
    good = ask()
    size = 200_001

    head, *rest = rewrite("huge_body", {"bytes": size})(good)
    found = body(rest)

    assert isinstance(head, Head)
    assert header(head, b"content-length") == b"%d" % len(found)
    assert len(found) == len(body(good)) + size
    document, before = json.loads(found), json.loads(body(good))
    content = document["choices"][0]["message"].pop("content")
    assert content.endswith(before["choices"][0]["message"].pop("content"))
    assert document == before
    assert check_completion(json.loads(found)) == ()


def test_a_stream_has_so_many_events_more(ask: Ask) -> None:
    good = body(ask(stream=True))

    found = body(list(rewrite("huge_body", {"bytes": 200_000})(ask(stream=True))))

    assert 200_000 <= len(found) - len(good) < 201_000
    assert check_stream(found) == ()


def test_it_is_made_while_it_is_sent(ask: Ask) -> None:
    for stream in (False, True):
        steps = rewrite("huge_body", {"bytes": 256 * 1024 * 1024})(ask(stream=stream))
        tracemalloc.start()
        sent = sum(len(step.data) for step in steps if isinstance(step, Send))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert sent > 256 * 1024 * 1024
        assert peak < 2 * 1024 * 1024


def test_a_reply_without_text_stays(ask: Ask) -> None:
    for stream in (False, True):
        good = ask(stream=stream, call=True)

        assert body(list(rewrite("huge_body", {})(good))) == body(good)
