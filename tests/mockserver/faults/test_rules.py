from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from understudy.mockserver.faults.rules import FaultRule, fail, fault, parse_fault, parse_header, read_fault
from understudy.mockserver.faults.trouble import Trouble
from understudy.mockserver.faults.when import When

TWICE = FaultRule((Trouble("rate_limit", (("retry_after", 20),)),), When(times=2))
SEQUENCE = FaultRule((Trouble("429"), Trouble("429"), Trouble("ok")))


def came(rule: FaultRule, requests: int = 7) -> list[str | None]:
    hits = [rule.hits(count, 0.0, lambda: 0.5) for count in range(requests)]
    return [None if hit is None else str(hit) for hit in hits]


def test_the_four_ways_to_write_a_rule_say_the_same() -> None:
    document = {"fault": "rate_limit", "parameters": {"retry_after": 20}, "times": 2}

    assert parse_fault("rate_limit:retry_after=20@times=2") == TWICE
    assert read_fault(document) == TWICE
    assert fault("rate_limit", retry_after=20, times=2) == TWICE
    assert fail("rate_limit", retry_after=20, times=2) == TWICE


def test_a_sequence_is_a_rule() -> None:
    assert parse_fault("429,429,ok") == SEQUENCE
    assert read_fault({"sequence": [429, 429, "ok"]}) == SEQUENCE
    assert read_fault("429,429,ok") == fault("429,429,ok") == SEQUENCE
    assert read_fault(503) == fail(503) == parse_fault("503")


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("429,503,ok", ["429", "503", "ok", None, None, None, None]),
        ("429,ok@then=repeat", ["429", "ok", "ok", "ok", "ok", "ok", "ok"]),
        ("429,ok@then=cycle", ["429", "ok", "429", "ok", "429", "ok", "429"]),
        ("503@times=2", ["503", "503", None, None, None, None, None]),
        ("503@p=0.5", [None] * 7),
        ("503@p=0.6", ["503"] * 7),
    ],
)
def test_faults_come_when_they_should(text: str, hits: list[str | None]) -> None:
    assert came(parse_fault(text)) == hits


def test_a_rule_remembers_where_it_was_written_and_how() -> None:
    rule = parse_fault("cut-midstream:after_events=3@p=0.1,model=gpt*,stream=true", "--fault")

    assert (rule.name, dict(rule.parameters), rule.place) == ("cut_midstream", {"after_events": 3}, "--fault")
    assert str(rule) == "cut_midstream:after_events=3@p=0.1,model=gpt*,stream=true"
    assert parse_fault(str(rule), "--fault") == rule


def test_python_says_headers_and_matches_as_mappings() -> None:
    rule = fail(429, headers={"x-team": "red"}, match={"user": {"contains": "a"}}, window=(1, None))

    assert dict(rule.parameters) == {"header.x-team": "red"}
    assert rule.when.window == (1.0, float("inf"))
    assert rule.match.text == '{"user": {"contains": "a"}}'


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (599.0, "599"),
        ({"fault": 429.0, "times": 2.0}, "429@times=2"),
        ({"sequence": [429.0, "ok"]}, "429,ok"),
        ({"fault": "503", "nth": [1.0, 3]}, "503@nth=1|3"),
        ({"fault": "503", "parameters": {"code": True, "header.x-a": 1.5}}, "503:code=true,header.x-a=1.5"),
    ],
)
def test_numbers_of_json_are_read_as_they_are_meant(document: Any, text: str) -> None:
    rule = read_fault(document)

    assert str(rule) == text
    assert parse_fault(text) == rule


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("crlf@times=1", "stream=true"),
        ("crlf,no_done,ok", "stream=true"),
        ("crlf@path=/v1/*", "path=/v1/*,stream=true"),
        ("crlf@stream=false", "stream=false"),
        ("short_content_length", "stream=false"),
        ("short_content_length@path=/v1/*", "path=/v1/*"),
        ("crlf,short_content_length", ""),
        ("crlf,429", ""),
        ("429", ""),
        ("ok,ok", ""),
    ],
)
def test_faults_that_streams_alone_can_have_are_for_streams(text: str, match: str) -> None:
    assert parse_fault(text).match.text == match


@pytest.mark.parametrize("spec", ["rate_limit:retry_after=1e306", "rate_limit:retry_after=1e-308"])
def test_a_wait_is_of_a_size_that_can_be_sent(spec: str) -> None:
    with pytest.raises(ValueError, match=r"retry_after is .*1e-6 to 1e12 seconds"):
        parse_fault(spec)


def test_a_header_has_no_window() -> None:
    with pytest.raises(
        ValueError, match=r"x-understudy-fault '503@window=0\.\.9': window has no meaning here"
    ):
        parse_header("503@window=0..9")


def test_a_header_counts_the_attempts_of_its_request() -> None:
    rule = parse_header("429@times=2")

    assert (rule.when.per, rule.counted, rule.place) == ("request", False, "x-understudy-fault")
    assert parse_fault("429@times=2").counted


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "rate_limt@times=2",
            "--fault 'rate_limt@times=2': there is no fault 'rate_limt'; nearest is 'rate_limit'",
        ),
        ("503@tims=2", "unknown key 'tims'; nearest is 'times'"),
        ("503@then=ok,p=2", "p is 2"),
        ("503@then=cycle", "then says what follows a sequence"),
        ("503@then=stop", "then is 'stop', expected ok, repeat, cycle"),
        ("429,429@times=2", "a sequence counts requests itself"),
        ("429,429@p=0.5", "only per=request"),
        ("429," * 1000 + "ok", "4002 characters"),
    ],
)
def test_mistakes_in_a_text_are_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_fault(text, "--fault")


def test_mistakes_in_a_header_name_it() -> None:
    with pytest.raises(ValueError, match="x-understudy-fault '50': there is no fault '50'"):
        parse_header("50")


@pytest.mark.parametrize("value", ["429@times=2,per=all", "429,ok@per=all", "429@nth=2,per=null"])
def test_a_header_cannot_count_all_requests(value: str) -> None:
    with pytest.raises(ValueError, match=r"x-understudy-fault '429.*per is 'all', expected request"):
        parse_header(value)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, "fault or sequence; this one has neither"),
        ({"fault": 503, "sequence": [429]}, "this one has fault and sequence"),
        ({"sequence": []}, "a sequence of 0 faults"),
        ({"sequence": [429] * 1001}, "a sequence of 1001 faults, expected 1 to 1000"),
        ({"sequence": [429, 503], "parameters": {"retry_after": 1}}, "parameters are of one fault"),
        ({"fault": "429@times=2"}, "behind the @ has keys of its own here: times"),
        ({"fault": 429, "parameters": {"retry_after": [1]}}, "retry_after is list, expected a text"),
    ],
)
def test_mistakes_in_data_are_told(document: Mapping[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_fault(document)


def test_fail_is_for_errors() -> None:
    with pytest.raises(
        ValueError, match=r"'cut_midstream' is no error.*fault\(…\) takes those of the catalogue"
    ):
        fail("cut_midstream")
