"""How a reply ends: for the wire (FIN, RST), for a client that stays, and for the journal."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from understudy.mockserver.app import App
from understudy.mockserver.build import build
from understudy.mockserver.faults.rules import fault
from understudy.mockserver.serve import serving
from understudy.mockserver.settings import Settings

BOUND = 20.0  # seconds
ASKED: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}

# fault, whether a stream is asked for -> whether a head comes, how the connection ends
ON_THE_WIRE = [
    ("refuse_connection", False, False, "RST"),
    ("reset_before_head", True, False, "RST"),
    ("close_before_head", False, False, "FIN"),
    ("cut_midstream", True, True, "FIN"),
    ("cut_midstream", False, True, "FIN"),
    ("reset_midstream", True, True, "RST"),
    ("reset_midstream", False, True, "RST"),
    ("long_content_length", False, True, "FIN"),
]


@pytest.mark.parametrize(("name", "stream", "head", "end"), ON_THE_WIRE)
def test_fin_and_rst_are_seen_on_a_raw_socket(name: str, stream: bool, head: bool, end: str) -> None:
    engine = build(Settings(faults=(fault(name),)))
    with serving(App(engine)) as url:
        data, ended = exchange(url, {**ASKED, "stream": stream})

    assert ended == end
    assert data.startswith(b"HTTP/1.1 200 OK\r\n") if head else data == b""
    assert b"[DONE]" not in data
    assert b"\r\n0\r\n\r\n" not in data
    assert [(entry.outcome, entry.fault) for entry in engine.journal] == [("cut", name)]


def exchange(url: str, document: Any) -> tuple[bytes, str]:
    """Return all that comes, and how the connection ended."""
    place = urlsplit(url)
    body = json.dumps(document).encode()
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=BOUND) as client:
        client.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-any\r\n"
            b"content-length: %d\r\n\r\n%s" % (len(body), body)
        )
        data = b""
        try:
            while piece := client.recv(65_536):
                data += piece
        except ConnectionResetError:
            return data, "RST"
        return data, "FIN"


@pytest.mark.parametrize("name", ["stall_before_head", "stall_midstream"])
@pytest.mark.parametrize("sync", [True, False], ids=["sync", "async"])
def test_a_client_that_outstays_a_stall_is_let_go(name: str, sync: bool, doors: Any) -> None:
    door = doors.served._replace(sync=sync)

    lived = doors.ask(door, Settings(faults=(fault(name),)), "stream", ASKED, 0, BOUND, stall_limit=0.1)

    assert type(lived.error) is openai.APIConnectionError
    assert [(entry.outcome, entry.fault) for entry in lived.entries] == [("timed out", name)]


def test_in_process_nobody_can_outstay_a_stall(doors: Any) -> None:
    lived = doors.ask(doors.direct, Settings(faults=(fault("stall_before_head"),)), "json", ASKED, 0, None)

    assert "the client has no read timeout" in lived.words
    assert [entry.outcome for entry in lived.entries] == ["client left"]


@pytest.mark.parametrize("name", ["html_502", "html_520", "html_524"])
def test_the_journal_has_the_status_that_was_sent(name: str, door: Any, doors: Any) -> None:
    lived = doors.ask(door, Settings(faults=(fault(name),)), "json", ASKED, 0, BOUND)

    entry = lived.entries[0]
    assert entry.status == int(name[-3:])
    assert (b"content-type", b"text/html; charset=UTF-8") in entry.headers
