from __future__ import annotations

import pytest

from understudy.contracts import Violation
from understudy.contracts.wording import Finding, as_annotation, as_record, as_text, printable

VIOLATION = Violation(
    rule="completion.usage_total",
    tier="error",
    path="$.usage.total_tokens",
    message="usage does not add up: 1 + 2 is not 4",
    source="FACTS C.2",
    got="4",
    documented="the sum",
    advice="send the sum",
)
FINDING = Finding("completion", VIOLATION)


def test_the_text_says_what_where_and_what_to_do() -> None:
    assert as_text(FINDING).splitlines() == [
        "error   completion $.usage.total_tokens",
        "        usage does not add up: 1 + 2 is not 4",
        "        documented: the sum",
        "        mend: send the sum",
        "        [completion.usage_total, FACTS C.2]",
    ]


def test_a_bare_violation_is_told_in_fewer_lines() -> None:
    bare = Violation(rule="r", tier="info", path="$", message="m", source="")

    assert as_text(Finding("stream", bare)).splitlines() == ["info    stream $", "        m", "        [r]"]


def test_the_record_has_seven_members() -> None:
    assert as_record(FINDING, "a.json") == {
        "file": "a.json",
        "part": "completion",
        "rule": "completion.usage_total",
        "tier": "error",
        "path": "$.usage.total_tokens",
        "message": "usage does not add up: 1 + 2 is not 4",
        "source": "FACTS C.2",
    }


@pytest.mark.parametrize(
    ("tier", "command"), [("error", "error"), ("warning", "warning"), ("info", "notice")]
)
def test_the_annotation_is_escaped(tier: str, command: str) -> None:
    violation = Violation(rule="r.x", tier=tier, path="$", message="50%\n::no", source="s")  # type: ignore[arg-type]

    assert as_annotation(Finding("error", violation), "a,b:c%.json") == (
        f"::{command} file=a%2Cb%3Ac%25.json,title=r.x (error)::$: 50%25\\n::no"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("grün", "grün"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb", "a\\nb"),
        ("\ud800", "\\ud800"),
        ("\u202e", "\\u202e"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown
