from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.contracts.streams.framing import Event, Framing
from understudy.contracts.streams.framing_rules import FRAMING_RULES


def events_of(*pieces: bytes, largest: int = 1000) -> list[Event]:
    framing = Framing(largest)
    events = [event for piece in pieces for event in framing.feed(piece)]
    return events + framing.close()


@pytest.mark.parametrize(
    ("data", "event"),
    [
        (b"data: a\n\n", Event("a")),
        (b"data: \xc3\xa4\n\n", Event("ä")),
        (b"data:a\n\n", Event("a", breaches=("framing.space",))),
        (b"data:  a\n\n", Event(" a", breaches=("framing.space",))),
        (b"data: a\r\n\r\n", Event("a", breaches=("framing.line_end",))),
        (b"data: a\r\r", Event("a", breaches=("framing.line_end",))),
        (b"data: a\ndata: b\n\n", Event("a\nb", breaches=("framing.several_data_lines",))),
        (b": hi\n\n", Event(None, comments=("hi",), breaches=("framing.comment",))),
        (b"event: e\ndata: a\n\n", Event("a", event="e", breaches=("framing.event_field",))),
        (b"id: 1\ndata: a\n\n", Event("a", id="1", breaches=("framing.id_field",))),
        (b"retry: 1\ndata: a\n\n", Event("a", retry="1", breaches=("framing.retry_field",))),
        (b"what: 1\ndata: a\n\n", Event("a", breaches=("framing.unknown_field",))),
        (b"event: e\n\n", Event(None, event="e", breaches=("framing.event_field", "framing.no_data"))),
        (b"data: \n\n", Event("", breaches=("framing.no_data",))),
        (b"data: a", Event("a", breaches=("framing.unterminated",))),
        (b"data: a\n", Event("a", breaches=("framing.unterminated",))),
        (b"\xef\xbb\xbfdata: a\n\n", Event("a", breaches=("framing.byte_order_mark",))),
        (b"data: \xff\n\n", Event("�", breaches=("framing.encoding",))),
        (b"\n", Event(None, breaches=("framing.stray_blank_line",))),
        (b"data: " + b"a" * 1000 + b"\n\n", Event(None, breaches=("framing.too_large",))),
    ],
)
def test_each_form_is_read_and_noted(data: bytes, event: Event) -> None:
    assert events_of(data) == [event]
    assert set(event.breaches) <= set(FRAMING_RULES)


def test_cut_at_every_byte_the_events_are_the_same() -> None:
    data = (
        b"\xef\xbb\xbfdata: \xf0\x9f\x98\x80\n\n: c\r\n\r\nevent: x\rdata: a\r\rdata: b\ndata: \xff\n\n\n"
        b"data: " + b"z" * 60 + b"\nid: 4\n\ndata: last"
    )
    whole = events_of(data, largest=50)

    assert len(whole) == 7
    assert events_of(*(data[i : i + 1] for i in range(len(data))), largest=50) == whole
    for at in range(len(data)):
        assert events_of(data[:at], data[at:], largest=50) == whole


@given(
    st.lists(
        st.sampled_from(
            [b"data:", b" ", b"a", b"\r", b"\n", b"\n\n", b"\r\n", b"\xef\xbb\xbf", b":", b"id", b"\xc3"]
        )
    ),
    st.integers(0, 40),
)
def test_any_cut_of_any_bytes_gives_the_same_events(parts: list[bytes], at: int) -> None:
    data = b"".join(parts)

    assert events_of(data[:at], data[at:], largest=12) == events_of(data, largest=12)
    assert events_of(*(data[i : i + 1] for i in range(len(data))), largest=12) == events_of(data, largest=12)


def test_a_line_without_end_takes_bounded_memory() -> None:
    framing = Framing(largest=100)

    for _ in range(1000):
        framing.feed(b"a" * 50)

    assert len(framing._pending) < 200
    assert [event.breaches for event in framing.close()] == [("framing.too_large", "framing.unterminated")]
