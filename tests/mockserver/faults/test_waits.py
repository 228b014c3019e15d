from __future__ import annotations

import math
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.mockserver.faults.waits import NONE, Wait, http_date, number, read_wait, wait_headers

NOW = 1_790_000_000.5
EXTREME = (1e306, -1e13, 1e-308, 10**400)


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        (20, Wait(20.0)),
        (0, Wait(0.0)),
        (-1.5, Wait(-1.5)),
        ("20", Wait(20.0)),
        ("500ms", Wait(0.5)),
        ("2m", Wait(120.0)),
        ("1h", Wait(3600.0)),
        ("date:+20s", Wait(20.0, "+")),
        ("date:-5", Wait(-5.0, "+")),
        ("Wed, 21 Oct 2026 07:28:00 GMT", Wait(None, "Wed, 21 Oct 2026 07:28:00 GMT")),
        (NONE, Wait()),
        (None, Wait()),
    ],
)
def test_a_wait_has_many_spellings(told: float | str | None, wait: Wait) -> None:
    assert read_wait(told) == wait


@pytest.mark.parametrize("told", ["soon", "date:", "20 apples", True, math.inf, math.nan, "", *EXTREME])
def test_what_is_no_wait_is_told_with_what_is(told: float | str) -> None:
    with pytest.raises(ValueError, match=r"retry_after is .*expected seconds .*date:\+20s.*HTTP date"):
        read_wait(told)


@pytest.mark.parametrize(
    ("retry_after", "milliseconds", "both", "headers"),
    [
        (20, None, True, {"retry-after": "20", "retry-after-ms": "20000"}),
        (45.175, None, True, {"retry-after": "46", "retry-after-ms": "45175"}),
        (45.175, None, False, {"retry-after": "45.175"}),
        (0.5, NONE, True, {"retry-after": "0.5"}),
        (0, None, True, {"retry-after": "0"}),
        (-1, None, True, {"retry-after": "-1"}),
        (1e12, None, False, {"retry-after": "1000000000000"}),
        (3, 150, True, {"retry-after": "3", "retry-after-ms": "150"}),
        (None, 150.5, True, {"retry-after-ms": "150.5"}),
        (None, "soon", False, {"retry-after-ms": "soon"}),
        (NONE, NONE, True, {}),
    ],
)
def test_the_headers_say_it_as_they_were_told(
    retry_after: float | str | None, milliseconds: float | str | None, both: bool, headers: dict[str, str]
) -> None:
    assert dict(wait_headers(read_wait(retry_after), milliseconds, None, NOW, both=both)) == headers


@pytest.mark.parametrize("milliseconds", [5e-324, 1e306, -1e16, 10**400, math.nan])
def test_milliseconds_are_of_a_size_that_can_be_sent(milliseconds: float) -> None:
    with pytest.raises(ValueError, match=r"retry_after_ms is .*expected milliseconds from 0\.001 to 1e15"):
        wait_headers(Wait(), milliseconds, None, NOW)


@pytest.mark.parametrize(("told", "value"), [(True, "true"), (False, "false"), ("TRUE", "TRUE")])
def test_should_retry_goes_out_as_it_is_told(told: bool | str, value: str) -> None:
    assert wait_headers(Wait(), None, told, NOW) == (("x-should-retry", value),)


def test_a_date_counts_from_now_and_is_never_too_early() -> None:
    headers = dict(wait_headers(read_wait("date:+20s"), None, None, NOW, both=True))

    assert list(headers) == ["retry-after"]
    assert 20 <= parsedate_to_datetime(headers["retry-after"]).timestamp() - NOW < 21


@given(st.floats(-1e6, 1e15))
def test_any_moment_is_a_date(moment: float) -> None:
    read = parsedate_to_datetime(http_date(moment)).timestamp()

    assert read == min(max(math.ceil(moment), 0), 253_402_300_799)


@pytest.mark.parametrize(("value", "text"), [(1e22, "1" + "0" * 22), (0.25, "0.25"), (3.0, "3"), (1e-9, "0")])
def test_numbers_have_no_powers_of_ten(value: float, text: str) -> None:
    assert number(value) == text
