"""Parameters are read, and refused with what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.faults.fault import SILENT, Fault, Parameter, Seen, always, both

COUNT = Parameter(int, 3, "events", "", 0, 10)
SHARE = Parameter(float, 0.5, "seconds", "", 0, 1)
TRUTH = Parameter(bool, True, "", "")
WORD = Parameter(str, "a", "", "", 1, 3)
UNSET = Parameter(int, None, "bytes", "", 1, 10)


def fault(**parameters: Parameter) -> Fault:
    return Fault("f", "", "body", "both", both(SILENT), "", "", always(iter), parameters)


@pytest.mark.parametrize(
    ("parameter", "given", "read"),
    [
        (COUNT, 4, 4),
        (COUNT, "4", 4),
        (COUNT, 4.0, 4),
        (SHARE, 1, 1.0),
        (SHARE, "0.25", 0.25),
        (TRUTH, False, False),
        (TRUTH, "false", False),
        (WORD, "abc", "abc"),
        (UNSET, None, None),
        (UNSET, "7", 7),
    ],
)
def test_a_value_is_read_as_its_type(parameter: Parameter, given: Any, read: Any) -> None:
    found = parameter.read(given)

    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("parameter", "given", "allowed"),
    [
        (COUNT, 11, "out of bounds: expected a whole number of 0 to 10 events"),
        (COUNT, -1, "out of bounds"),
        (COUNT, 1.5, "not a whole number"),
        (COUNT, True, "not a whole number"),
        (COUNT, "three", "not a whole number"),
        (COUNT, None, "not a whole number"),
        (COUNT, float("inf"), "not a whole number"),
        (SHARE, float("nan"), "not a number"),
        (SHARE, float("inf"), "out of bounds"),
        (SHARE, [], "not a number of 0 to 1 seconds"),
        (TRUTH, 1, "not true or false"),
        (TRUTH, "yes", "not true or false"),
        (WORD, "", "out of bounds: expected a text of 1 to 3 characters"),
        (WORD, 1, "not a text"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(parameter: Parameter, given: Any, allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        parameter.read(given)


def test_values_are_those_given_and_the_defaults() -> None:
    assert fault(a=COUNT, b=WORD).values({"a": 5}) == {"a": 5, "b": "a"}


def test_a_mistake_names_the_fault_and_the_nearest() -> None:
    with pytest.raises(ValueError, match="fault f: no parameter 'cuont'; it has: count; nearest is 'count'"):
        fault(count=COUNT).values({"cuont": 1})
    with pytest.raises(ValueError, match="fault f: no parameter 'x'; it has: none"):
        fault().values({"x": 1})
    with pytest.raises(ValueError, match="fault f: count: 99 is out of bounds"):
        fault(count=COUNT).values({"count": 99})


def test_seen_is_for_documents_and_streams_alike() -> None:
    assert both("E", "n", retried=True) == {"json": Seen("E", "n", True), "stream": Seen("E", "n", True)}
