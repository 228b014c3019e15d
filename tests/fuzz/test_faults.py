"""Every fault with whatever parameters, on the wire and on the steps; and specs of faults that nobody would write."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import strategies as st

from understudy.mockserver.build import build
from understudy.mockserver.faults.catalogue import FAULTS
from understudy.mockserver.faults.error_words import NAMED
from understudy.mockserver.faults.fault import Parameter
from understudy.mockserver.faults.rules import parse_fault
from understudy.mockserver.faults.trouble import Trouble
from understudy.mockserver.journal import Outcome
from understudy.mockserver.settings import Settings
from understudy.mockserver.wire import Request, Send

MEBIBYTE = 1024 * 1024
LARGEST = 300_000  # of what a parameter may count; bytes mostly
LEAVINGS = st.sampled_from(["end", "half", "half", "close", "reset"])
ENDINGS = (("stall_midstream", "wait"), ("stall_midstream", "end"), ("cut_midstream", "end"))


def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Values that *parameter* allows, its bounds among them."""
    least, most = parameter.minimum, min(parameter.maximum, LARGEST)
    if parameter.type is bool:
        return st.booleans()
    if parameter.type is str:
        return st.text('abcZ 09.-_/{}[]:;,=@"\\\\', min_size=int(least), max_size=int(min(most, 30)))
    if parameter.type is int:
        return st.integers(int(least), int(min(most, least + 8))) | st.integers(int(least), int(most))
    return st.floats(least, most) | st.sampled_from([least, most])


WAITS = st.sampled_from([0, -1, 0.5, 20, 1e6, "none", "date:+20s", "date:-5s"])
ERRORS = st.builds(
    lambda name, given: Trouble(name, tuple(given.items())),
    st.sampled_from([*NAMED, "400", "418", "429", "503", "599"]),
    st.fixed_dictionaries({}, optional={
        "retry_after": WAITS, "retry_after_ms": WAITS.filter(lambda told: not str(told).startswith("date")),
        "should_retry": st.booleans(), "header.x": st.text("ab ,:", max_size=9),
    }),
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn) -> Trouble:
    """A fault of the catalogue, with parameters or without."""
    fault = FAULTS[draw(st.sampled_from(list(FAULTS)))]
    options = {name: values(parameter) for name, parameter in fault.parameters.items()}
    given = draw(st.fixed_dictionaries({}, optional=options))
    if fault.name == "huge_body":
        given = {"bytes": 200_000, **given}
    elif fault.name == "bad_arguments_schema" and "arguments" in given:
        given["arguments"] = json.dumps(given["arguments"])  # JSON, but of another kind
    return Trouble(fault.name, tuple(given.items()))


def troubled(body: dict[str, Any], fault: str) -> bytes:
    """A good request, and the fault it asks for."""
    data = json.dumps(body).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer sk-1\r\n"
    return f"{head}content-length: {len(data)}\r\nx-understudy-fault: {fault}\r\n\r\n".encode() + data


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_been_and_gone(fuzz: Any, door: Any, name: str) -> None:
    for body in fuzz.bodies:
        spec = "huge_body:bytes=200000" if name == "huge_body" else name
        door.visit((troubled(body, spec),), "end")


def test_whatever_goes_wrong_on_purpose_the_server_answers_the_next(fuzz: Any, door: Any) -> None:
    for fault, leaving in ENDINGS:
        door.visit((troubled(fuzz.bodies[1], fault),), leaving)
    idle, files = door.tasks(), fuzz.files()
    cases = st.tuples(st.sampled_from(fuzz.bodies), spoilt() | spoilt() | ERRORS, LEAVINGS)

    def judge(case: tuple[dict[str, Any], Trouble, str]) -> None:
        body, trouble, leaving = case
        door.visit((troubled(body, str(trouble)),), leaving)

    fuzz.run(cases, judge, 400)

    fuzz.until(lambda: door.tasks() <= idle, "tasks are left")
    fuzz.until(lambda: fuzz.files() <= files, "sockets are left")
    asked = set(get_args(Outcome)) - {"open", "failed"}
    fuzz.until(lambda: asked <= door.outcomes.keys(), "an outcome is missing")
    assert door.faults >= FAULTS.keys()  # each of them has happened


@pytest.fixture(scope="module")
def door(fuzz: Any) -> Any:
    with fuzz.opened() as opened:
        yield opened


def words(*several: str) -> st.SearchStrategy[str]:
    return st.sampled_from(several)


NUMBERS = words(
    "0", "1", "2", "-1", "0.5", "1e9", "1e999", "nan", "null", "true", '"x"', "", "99999999999999999999"
)
PARAMETERS = sorted(
    {name for fault in FAULTS.values() for name in fault.parameters} | {"retry_after", "header.x", "code"}
)
PIECES = st.builds(
    lambda name, pairs: name + (":" + ",".join(f"{k}={v}" for k, v in pairs) if pairs else ""),
    st.sampled_from([*FAULTS, *NAMED, "429", "599", "ok", "600"]),
    st.lists(st.tuples(st.sampled_from(PARAMETERS), NUMBERS | st.text(max_size=5)), max_size=2),
)
WHENS = st.lists(
    st.tuples(words("times", "nth", "every", "p", "window", "per", "model", "stream", "key"), NUMBERS | words("0..1", "request")),
    max_size=2,
).map(lambda pairs: "@" + ",".join(f"{key}={value}" for key, value in pairs) if pairs else "")  # fmt: skip
SPECS = st.one_of(
    st.text(max_size=60),
    st.text(',:=@"\\', max_size=4_000),
    st.builds(lambda pieces, when: ",".join(pieces) + when, st.lists(PIECES, min_size=1, max_size=3), WHENS),
)


def test_a_spec_of_a_fault_is_read_or_refused_with_a_reason(fuzz: Any) -> None:
    def judge(spec: str) -> None:
        try:
            rule = parse_fault(spec)
        except ValueError:
            return
        assert str(parse_fault(str(rule))) == str(rule)

    fuzz.run(SPECS, judge, 400)


@pytest.fixture(scope="module")
def replies(fuzz: Any) -> list[Any]:
    """Real replies: their steps, as an engine gives them."""
    engine = build(Settings())
    known = [(b"authorization", b"Bearer sk-any")]
    asked = [
        Request("POST", "/v1/chat/completions", known, json.dumps(body).encode()) for body in fuzz.bodies
    ]
    return [list(engine.handle(request, 1_700_000_000.0).steps) for request in asked]


def test_every_fault_can_be_done_to_every_reply(fuzz: Any, replies: list[Any]) -> None:
    def judge(case: tuple[Trouble, int]) -> None:
        trouble, place = case
        steps = trouble.rewrite()(replies[place])
        sent = sum(len(step.data) for step in steps if isinstance(step, Send))
        assert sent < 8 * MEBIBYTE

    fuzz.run(st.tuples(spoilt(), st.integers(0, len(replies) - 1)), judge, 500)


def test_a_rule_that_was_read_can_be_done(fuzz: Any, replies: list[Any]) -> None:
    def judge(spec: str) -> None:
        with suppress(ValueError):
            for trouble in parse_fault(spec).troubles:
                if not trouble.is_error and trouble.name not in ("ok", "huge_body"):
                    for _ in trouble.rewrite()(replies[1]):
                        pass

    fuzz.run(st.builds(lambda piece, when: piece + when, PIECES, WHENS), judge, 300)
