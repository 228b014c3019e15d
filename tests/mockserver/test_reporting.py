"""What the server says while it runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.contracts import Violation
from understudy.mockserver import reporting
from understudy.mockserver.journal import Entry
from understudy.mockserver.wire import Request

ESCAPES = "\x1b[31m\x1b]0;title\x07\r\n\x08\x7f\x9b2J\u202e\ud800"
BREACH = Violation("int_above_max", "error", "$.n", "Invalid 'n'.", "FACTS A.7")


def entry(**known: Any) -> Entry:
    defaults = {
        "number": 4, "at": 5.0, "request": Request("POST", "/v1/chat/completions", ()), "status": 200,
        "source": "generated", "model": "gpt-4o", "outcome": "sent",
    }  # fmt: skip
    return Entry(**{**defaults, **known})


@pytest.mark.parametrize(
    ("known", "reported"),
    [
        ({}, False),
        ({"status": 400}, True),
        ({"complaint": "no recording"}, True),
        ({"note": "made up"}, True),
        ({"outcome": "client left"}, True),
        ({"violations": (BREACH,), "status": 400}, True),
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_worth_it_is_reported_and_on_request_everything(
    form: reporting.Format, known: dict[str, Any], reported: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    reporting.reporter(form, everything=False)(entry(**known))
    said = capsys.readouterr()
    reporting.reporter(form, everything=True)(entry(**known))
    said_on_request = capsys.readouterr()

    assert bool(said.err) == reported
    assert said_on_request.err
    assert said.out == said_on_request.out == ""


def test_a_report_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    reporting.reporter("text", everything=False)(
        entry(
            status=400, outcome="timed out", violations=(BREACH,), complaint="c", note="n", trace="one\n  two"
        )
    )

    assert capsys.readouterr().err == (
        "POST /v1/chat/completions 400  generated  gpt-4o  timed out\n"
        "    $.n: Invalid 'n'. [int_above_max]\n    c\n    n\n    one\n      two\n"
    )


def test_a_reply_without_a_head_has_no_status_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    reporting.reporter("text", everything=False)(entry(status=0, outcome="cut"))

    assert capsys.readouterr().err == "POST /v1/chat/completions no reply  generated  gpt-4o  cut\n"


@pytest.mark.parametrize(
    "known",
    [
        {"request": Request("POST", f"/v1/{ESCAPES}", ())},
        {"model": ESCAPES},
        {"complaint": ESCAPES},
        {"note": ESCAPES},
        {"trace": f"ValueError: {ESCAPES}"},
        {
            "violations": (
                Violation("r", "error", f"$.{ESCAPES}", f"Unknown parameter: '{ESCAPES}'", "FACTS"),
            )
        },
    ],
    ids=lambda known: next(iter(known)),
)
def test_what_a_client_sends_does_not_drive_the_terminal(
    known: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    reporting.reporter("text", everything=True)(entry(**known))

    said = capsys.readouterr().err
    assert all(letter.isprintable() for line in said.split("\n") for letter in line), ascii(said)


def test_a_report_for_programs_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    usage = {"total_tokens": 12}
    reporting.reporter("json", everything=True)(
        entry(number=0, usage=usage, violations=(BREACH,), complaint=ESCAPES, trace="one\ntwo")
    )

    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "event": "request", "number": 0, "at": 5.0, "method": "POST", "path": "/v1/chat/completions", "status": 200,
        "source": "generated", "model": "gpt-4o", "outcome": "sent", "total_tokens": 12,
        "violations": ["int_above_max at $.n"], "complaint": ESCAPES, "trace": "one\ntwo",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("text", "OPENAI_BASE_URL=http://h/v1\n"),
        ("json", '{"event": "listening", "base_url": "http://h/v1"}\n'),
    ],
)
def test_where_it_listens_goes_to_standard_output(
    form: reporting.Format, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reporting.listening("http://h/v1", form)

    assert capsys.readouterr() == (line, "")


@pytest.mark.parametrize(
    ("form", "line"),
    [("text", "2 recordings\n"), ("json", '{"event": "notice", "message": "2 recordings", "n": 2}\n')],
)
def test_notices_go_to_standard_error(
    form: reporting.Format, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reporting.notice("2 recordings", form, n=2)

    assert capsys.readouterr() == ("", line)
