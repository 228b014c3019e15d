"""The values between the core and the shells."""

from __future__ import annotations

import pytest

from understudy.mockserver.wire import Request, raw


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"authorization", "Bearer sk-1"),
        (b"accept", "first"),  # of several, the first
        (b"x-latin", "caf\u00e9"),  # any byte is a latin-1 letter
        (b"missing", None),
    ],
)
def test_a_header_is_found_by_its_lower_case_name(name: bytes, value: str | None) -> None:
    sent = [
        (b"accept", b"first"),
        (b"accept", b"second"),
        (b"authorization", b"Bearer sk-1"),
        (b"x-latin", b"caf\xe9"),
    ]

    assert Request("GET", "/", sent).header(name) == value


@pytest.mark.parametrize(
    ("pair", "wire"),
    [
        (("Content-Type", "text/plain"), (b"content-type", b"text/plain")),
        (("x-latin", "caf\u00e9"), (b"x-latin", b"caf\xe9")),
        (("x-split", "a\r\nx: b\0"), (b"x-split", b"a??x: b?")),  # one header stays one
        (("x-tab", "a\tb"), (b"x-tab", b"a\tb")),
        (("x-wide", "\u4f60 \U0001f3ad"), (b"x-wide", b"? ?")),
    ],
)
def test_headers_go_out_in_lower_case_and_latin_1(pair: tuple[str, str], wire: tuple[bytes, bytes]) -> None:
    assert raw([pair]) == [wire]
