"""``understudy journal``, against a journal in JSON behind a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from understudy.mockserver.journal_command import entries_of, journal

TOKEN = "let-me-in-🦊"


def entry(number: int, at: float, status: int, **more: Any) -> Mapping[str, Any]:
    return {
        "number": number, "at": at, "ended": at, "method": "POST", "path": "/v1/chat/completions", "status": status,
        "source": "generated", "model": "gpt-4o", "outcome": "sent", "key": "sk-1", "fingerprint": "f",
        "retry_count": number, "headers": {"retry-after": "2"} if status == 429 else {}, **more,
    }  # fmt: skip


RETRIED = [entry(0, 100.0, 429), entry(1, 102.0, 429), entry(2, 102.5, 200)]


@contextmanager
def served(
    entries: list[Mapping[str, Any]], page: int = 2, answer: tuple[int, bytes] | None = None
) -> Iterator[str]:
    """Serve *entries* below ``/there``, *page* at a time, as the admin API does; or always *answer*."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer or self._page()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def _page(self) -> tuple[int, bytes]:
            parts = urlsplit(self.path)
            if self.headers.get("authorization", "").encode("latin-1") != f"Bearer {TOKEN}".encode():
                return 401, b"{}"
            if parts.path != "/there/__understudy/journal":
                return 404, b"{}"
            after = int(parse_qs(parts.query).get("after", ["-1"])[0])
            left = [one for one in entries if one["number"] > after]
            return 200, json.dumps({"data": left[:page], "has_more": len(left) > page}).encode()

        def log_message(self, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/there/v1"
        finally:
            server.shutdown()
            thread.join()


def run(url: str, *options: str) -> Result:
    return CliRunner().invoke(journal, ["--url", url, *options], env={"UNDERSTUDY_ADMIN_TOKEN": TOKEN})


def test_all_pages_are_read() -> None:
    entries = [entry(number, 100.0 + number, 200) for number in range(5)]
    with served(entries) as url:
        assert list(entries_of(url, TOKEN)) == entries
    with served([]) as url:
        assert list(entries_of(url, TOKEN)) == []


def test_a_line_a_request() -> None:
    with served(
        [*RETRIED, entry(3, 103.0, 200, outcome="cut", fault="cut_midstream", model="\x1b[2J")]
    ) as url:
        result = run(url)

    assert result.exit_code == 0
    assert result.output.splitlines()[0] == "0  POST /v1/chat/completions 429  generated  gpt-4o"
    assert result.output.splitlines()[3] == (
        "3  POST /v1/chat/completions 200  generated  \\x1b[2J  cut  cut_midstream"
    )


def test_a_request_that_got_no_reply() -> None:
    with served([entry(3, 103.0, 0, outcome="cut", fault="drop")]) as url:
        lines = run(url).output.splitlines()

    assert lines == ["3  POST /v1/chat/completions no reply  generated  gpt-4o  cut  drop"]


def test_json_is_a_document_a_line() -> None:
    with served(RETRIED) as url:
        result = run(url, "--format", "json")

    assert [json.loads(line) for line in result.output.splitlines()] == RETRIED


def test_backoff_is_drawn() -> None:
    with served(RETRIED) as url:
        result = run(url, "--backoff", "--ascii", "--width", "70")

    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "gpt-4o: answered, 3 attempts in 2.500 s"
    assert "           waited 2.000 s, advised 2.000 s (retry-after): honoured" in lines
    assert "           waited 0.500 s, advised 2.000 s (retry-after): early" in lines
    assert result.output.isascii()
    assert max(map(len, lines)) <= 70


@pytest.mark.parametrize(("charset", "blocks"), [("utf-8", True), ("latin-1", False)])
def test_blocks_are_drawn_where_they_can_be(charset: str, blocks: bool) -> None:
    with served(RETRIED) as url:
        result = CliRunner(charset=charset).invoke(journal, ["--url", url, "--backoff", "--token", TOKEN])

    assert ("█" in result.output) is blocks
    assert result.exit_code == 0


def test_backoff_in_json() -> None:
    with served([*RETRIED, entry(7, 110.0, 200, fingerprint="g", retry_count=0)]) as url:
        every = json.loads(run(url, "--backoff", "--format", "json").output)
        retried = json.loads(run(url, "--backoff", "--retried", "--format", "json").output)

    assert [call["attempts_made"] for call in every["calls"]] == [3, 1]
    assert [call["attempts_made"] for call in retried["calls"]] == [3]
    assert retried["summary"]["done"] == {"honoured": 1, "early": 1}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, b"{}"), "does not show its journal (401): give its --admin-token as --token"),
        ((404, b"{}"), "has no journal to show (404): its admin API is off, or it is no understudy"),
        ((200, b"<html>"), "answered 200, with 6 bytes that are no journal of an understudy"),
        ((200, b'{"data": [1]}'), "bytes that are no journal"),
        ((200, b"[" * 100_000), "bytes that are no journal"),
        ((200, b"[]"), "bytes that are no journal"),
        ((500, b'{"data": []}'), "answered 500"),
    ],
)
def test_a_server_without_a_journal_is_named(answer: tuple[int, bytes], message: str) -> None:
    with served([], answer=answer) as url:
        result = run(url)

    assert result.exit_code == 2
    assert message in result.output
    assert url.removesuffix("/v1") in result.output


def test_no_server_is_named() -> None:
    with served([]) as url:
        pass

    result = run(url)

    assert result.exit_code == 2
    assert (
        f"no server answers at {url.removesuffix('/v1')}: Connection refused; is it running?" in result.output
    )


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://", "http://[::1", "127.0.0.1:99999"])
def test_what_is_no_url_is_named(url: str) -> None:
    result = run(url)

    assert result.exit_code == 2
    assert f"{url!r} is no URL of a server" in result.output


def test_an_entry_that_cannot_be_read_is_named() -> None:
    with served([{"number": 0, "at": 1.0}]) as url:
        result = run(url, "--backoff")

    assert result.exit_code == 2
    assert "entry 0 of the journal has no fingerprint" in result.output


def test_retried_goes_with_backoff() -> None:
    assert "--retried goes with --backoff" in run("http://127.0.0.1:1", "--retried").output
