"""Every fault of the catalogue at every door: the official client does there what the catalogue says.

Complete by construction: the rows are the catalogue's. What the client does is in its data, and nowhere
else; here is only how a reply that breaks so ends for the server.
"""

from __future__ import annotations

from typing import Any

import openai
import pytest

from understudy.mockserver.faults.catalogue import FAULTS
from understudy.mockserver.faults.fault import SILENT, UNHARMED, Fault, Way
from understudy.mockserver.faults.rules import fault as rule
from understudy.mockserver.settings import Settings

pytestmark = pytest.mark.skipif(
    tuple(map(int, openai.__version__.split(".")[:2])) < (3, 14), reason="older clients do otherwise"
)

PARAMETERS: dict[str, dict[str, Any]] = {"huge_body": {"bytes": 300_000}}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA, "strict": True}}
TEXT: dict[str, Any] = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "Tell me of Zürich."}],
}
CALL = {**TEXT, "tools": [TOOL], "tool_choice": "required"}

# how the sending ended, as the journal has it; all others: sent
ENDS = {
    "refuse_connection": "cut",
    "reset_before_head": "cut",
    "close_before_head": "cut",
    "stall_before_head": "client left",
    "cut_midstream": "cut",
    "reset_midstream": "cut",
    "stall_midstream": "client left",
    "open_after_done": "client left",
    "long_content_length": "cut",
}

ROWS = [(fault, way) for fault in FAULTS.values() for way in fault.clients]
table = pytest.mark.parametrize(("fault", "way"), ROWS, ids=[f"{fault.name}-{way}" for fault, way in ROWS])
retried = pytest.mark.parametrize(
    ("fault", "way"),
    [row for row in ROWS if row[0].clients[row[1]].retried],
    ids=[f"{fault.name}-{way}" for fault, way in ROWS if fault.clients[way].retried],
)


def asked(fault: Fault) -> dict[str, Any]:
    return CALL if fault.needs == "a function call" else TEXT


def broken(fault: Fault, **when: Any) -> Settings:
    return Settings(faults=(rule(fault.name, **PARAMETERS.get(fault.name, {}), **when),))


def patience(fault: Fault, way: Way, door: Any, *, recovers: bool = False) -> float:
    """Seconds that the client waits for the next bytes: not long for what never comes over a real socket,
    but where something has to come first, long enough for a slow machine."""
    if not door.served or fault.clients[way].outcome != "APITimeoutError":
        return 30.0
    return 1.0 if recovers or not fault.clients[way].retried else 0.2


@pytest.fixture(scope="session")
def directly(doors: Any) -> Any:
    """What the sync client sees in process: with a fault, and without any."""
    known: dict[Any, Any] = {}

    def lived(fault: Fault, way: Way, faulty: bool) -> Any:
        key = (fault.name if faulty else "", way, id(asked(fault)))
        if key not in known:
            settings = broken(fault) if faulty else Settings()
            known[key] = doors.ask(doors.direct, settings, way, asked(fault), 1, 30.0)
        return known[key]

    return lived


@table
def test_the_client_does_what_the_catalogue_says(
    fault: Fault, way: Way, door: Any, doors: Any, directly: Any
) -> None:
    expected = fault.clients[way]

    lived = doors.ask(door, broken(fault), way, asked(fault), 1, patience(fault, way, door))

    unharmed = directly(fault, way, faulty=False)
    if lived.error is not None:
        outcome = type(lived.error).__name__
    else:
        outcome = UNHARMED if lived.got == unharmed.got else SILENT
    assert outcome == expected.outcome
    assert len(lived.entries) == (2 if expected.retried else 1)
    assert {entry.fault.partition(":")[0] for entry in lived.entries} == {fault.name}
    assert {entry.outcome for entry in lived.entries} == {ENDS.get(fault.name, "sent")}


@table
def test_in_process_it_is_the_same_as_over_a_socket(
    fault: Fault, way: Way, doors: Any, directly: Any
) -> None:
    timeout = patience(fault, way, doors.served)

    served = doors.ask(doors.served, broken(fault), way, asked(fault), 1, timeout)

    lived = directly(fault, way, faulty=True)
    if fault.name != "reset_midstream":  # what of it arrives before a reset is up to the kernel
        assert lived.got == served.got
    if fault.name == "refuse_connection":  # a server has to accept it first
        assert (lived.words, served.words) == (
            "APIConnectionError: Connection error. from ConnectError: [Errno 111] Connection refused",
            "APIConnectionError: Connection error. from ReadError: [Errno 104] Connection reset by peer",
        )
    else:
        assert lived.words == served.words


@retried
def test_after_a_fault_the_retry_is_answered(
    fault: Fault, way: Way, door: Any, doors: Any, directly: Any
) -> None:
    once = broken(fault, times=1)

    lived = doors.ask(door, once, way, asked(fault), 2, patience(fault, way, door, recovers=True))

    assert lived.error is None
    assert said(lived.got) == said(directly(fault, way, faulty=False).got)
    assert len(lived.waits) == 1
    assert [entry.outcome for entry in lived.entries] == [ENDS.get(fault.name, "sent"), "sent"]
    assert [bool(entry.fault) for entry in lived.entries] == [True, False]


def said(got: list[Any]) -> list[Any]:
    """Return the choices alone: ids are those of the attempt."""
    return [seen["choices"] for seen, _ in got]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_every_fault_says_what_the_client_does_wherever_it_applies(fault: Fault) -> None:
    applies = {"json": {"json"}, "stream": {"stream"}, "both": {"json", "stream"}}[fault.applies]

    assert set(fault.clients) - {"helper"} == applies
