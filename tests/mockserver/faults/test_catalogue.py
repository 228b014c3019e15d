"""Every fault on real replies: where it breaks them, and what the contracts say of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.contracts import check_completion, check_exchange, check_stream, chunks_of
from understudy.mockserver.faults.catalogue import FAULTS, find, rewrite
from understudy.mockserver.faults.fault import Fault
from understudy.mockserver.steps import split_events
from understudy.mockserver.wire import Cut, Head, Send, Step, Wait

NAMED = [
    "refuse_connection",
    "reset_before_head",
    "stall_before_head",
    "slow_head",
    "slow_body",
    "cut_midstream",
    "reset_midstream",
    "stall_midstream",
    "no_done",
    "no_finish",
    "duplicate_event",
    "reordered_events",
    "malformed_event",
    "truncated_event",
    "split_utf8",
    "crlf",
    "comments",
    "bom",
    "retry_and_id_lines",
    "error_event",
    "named_error_event",
    "error_body_200",
    "html_502",
    "html_520",
    "html_524",
    "wrong_content_type",
    "empty_body",
    "short_content_length",
    "empty_choices",
    "bad_arguments_json",
    "bad_arguments_schema",
    "unknown_tool",
    "huge_body",
]

EVERY = pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
EITHER = pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
SMALL = {"huge_body": {"bytes": 200_000}}
CALL = "a function call"


def broken(fault: Fault, steps: list[Step], **parameters: Any) -> list[Step]:
    return list(rewrite(fault.name, {**SMALL.get(fault.name, {}), **parameters})(steps))


def body(steps: list[Step]) -> bytes:
    return b"".join(step.data for step in steps if isinstance(step, Send))


def applies(fault: Fault, stream: bool) -> bool:
    return fault.applies in ("both", "stream" if stream else "json")


def test_every_fault_of_the_issue_is_there() -> None:
    assert [name for name in NAMED if name not in FAULTS] == []


@EVERY
@EITHER
def test_it_changes_what_it_applies_to_and_nothing_else(
    fault: Fault, stream: bool, ask: Callable[..., list[Step]]
) -> None:
    good = ask(stream=stream, call=fault.needs == CALL)

    found = broken(fault, good)

    if applies(fault, stream):
        assert found != list(split_events(good))
    else:
        assert (found[0], body(found)) == (good[0], body(good))
    assert broken(fault, good) == found  # equal replies break equally


@EVERY
@EITHER
def test_the_head_comes_first_and_once_and_nothing_after_a_cut(
    fault: Fault, stream: bool, ask: Callable[..., list[Step]]
) -> None:
    _in_order(broken(fault, ask(stream=stream)))


def _in_order(steps: list[Step]) -> None:
    kinds = [type(step) for step in steps if not isinstance(step, Wait)]
    assert kinds.count(Head) <= 1
    assert Head not in kinds[1:]
    assert Send not in kinds or kinds[0] is Head
    assert Cut not in kinds[:-1]


@pytest.mark.parametrize(
    "fault", [one for one in FAULTS.values() if one.needs == CALL], ids=lambda one: one.name
)
@EITHER
def test_a_reply_without_what_it_needs_stays_as_it_is(
    fault: Fault, stream: bool, ask: Callable[..., list[Step]]
) -> None:
    good = ask(stream=stream)

    assert (broken(fault, good)[0], body(broken(fault, good))) == (good[0], body(good))


@EVERY
def test_the_contracts_name_what_it_says_they_name(
    fault: Fault, ask: Callable[..., list[Step]], asked: Callable[..., dict[str, Any]]
) -> None:
    found: set[str] = set()
    for stream in (False, True):
        steps = broken(fault, ask(stream=stream, call=fault.needs == CALL))
        if isinstance(steps[0], Head) and steps[0].status == 200 and applies(fault, stream):
            found |= _rules(asked(stream=stream, call=fault.needs == CALL), body(steps))

    assert set(fault.rules) <= found
    assert bool(found) == bool(fault.rules)


def _rules(request: dict[str, Any], data: bytes) -> set[str]:
    stream = "stream" in request
    found = check_stream(data) if stream else ()
    try:
        reply: Any = chunks_of(data) if stream else json.loads(data)
    except ValueError:
        return {one.rule for one in found}
    if not stream:
        found += check_completion(reply)
    if not found:
        found = check_exchange(request, reply)
    return {one.rule for one in found}


PACED = st.lists(st.floats(0, 5), max_size=6)


@settings(deadline=None, max_examples=200)
@given(name=st.sampled_from(list(FAULTS)), stream=st.booleans(), waits=PACED, place=st.integers(0, 60))
def test_paced_and_cut_anywhere_they_keep_their_order(
    name: str, stream: bool, waits: list[float], place: int, ask: Callable[..., list[Step]]
) -> None:
    fault = FAULTS[name]
    paced: list[Step] = []
    for number, step in enumerate(split_events(ask(stream=stream))):
        paced += [Wait(waits[number % len(waits)]), step] if waits else [step]
    given = {key: place for key in ("after_events", "after_bytes", "event") if key in fault.parameters}
    if "event" in given:
        given["event"] += 1

    _in_order(broken(fault, paced, **given))


@settings(deadline=None)
@given(data=st.binary(max_size=300), stream=st.booleans(), name=st.sampled_from(list(FAULTS)))
def test_any_body_at_all_is_no_crash(data: bytes, stream: bool, name: str) -> None:
    kind = b"text/event-stream" if stream else b"application/json"
    head = Head(200, [(b"content-type", kind), (b"content-length", b"%d" % len(data))])

    _in_order(broken(FAULTS[name], [head, Send(data)]))


def test_names_are_found_or_the_nearest_is_named() -> None:
    assert find("bom").name == "bom"
    with pytest.raises(ValueError, match="no fault is named 'cut_midsteam'; nearest is 'cut_midstream'"):
        find("cut_midsteam")
    with pytest.raises(ValueError, match="no fault is named 'xyzzy'; there are: refuse_connection, "):
        find("xyzzy")


def test_parameters_are_checked_before_any_reply_is_there() -> None:
    with pytest.raises(ValueError, match="fault cut_midstream: no parameter 'after_event'"):
        rewrite("cut_midstream", {"after_event": 3})
    with pytest.raises(ValueError, match=r"fault bad_arguments_schema: arguments: '\{' is no JSON"):
        rewrite("bad_arguments_schema", {"arguments": "{"})
