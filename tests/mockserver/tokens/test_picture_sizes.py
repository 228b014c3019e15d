"""Sizes read from the headers of pictures."""

from __future__ import annotations

import struct
from base64 import b64encode

import pytest

from understudy.mockserver.tokens.picture_sizes import size_of

WIDTH, HEIGHT = 640, 481
SOF = b"\xff\xc0" + struct.pack(">HBHH", 17, 8, HEIGHT, WIDTH) + bytes(10)
LOSSLESS = struct.pack("<I", WIDTH - 1 | HEIGHT - 1 << 14)


def _riff(chunk: bytes) -> bytes:
    return struct.pack("<4sI", b"RIFF", 4 + len(chunk)) + b"WEBP" + chunk


PICTURES = {
    "png": b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", WIDTH, HEIGHT) + bytes(9),
    "gif": b"GIF89a" + struct.pack("<HH", WIDTH, HEIGHT) + bytes(3),
    "jpeg": b"\xff\xd8\xff\xe0\x00\x04ab" + SOF,
    "jpeg behind a thumbnail": b"\xff\xd8" + (b"\xff\xe1\xff\xff" + bytes(65_533)) * 3 + SOF,
    "webp lossy": _riff(b"VP8 " + bytes(10) + struct.pack("<HH", WIDTH | 0x4000, HEIGHT) + bytes(4)),
    "webp lossless": _riff(b"VP8L" + bytes(4) + b"\x2f" + LOSSLESS + bytes(8)),
    "webp extended": _riff(
        b"VP8X" + bytes(8) + (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little")
    ),
    "bmp": b"BM" + bytes(16) + struct.pack("<ii", WIDTH, HEIGHT),
    "bmp from the top": b"BM" + bytes(16) + struct.pack("<ii", WIDTH, -HEIGHT),
}


def _uri(raw: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{b64encode(raw).decode()}"


@pytest.mark.parametrize("picture", PICTURES)
def test_a_header_tells_the_size(picture: str) -> None:
    assert size_of(_uri(PICTURES[picture])) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("picture", PICTURES)
def test_a_header_that_is_cut_tells_nothing(picture: str) -> None:
    raw = PICTURES[picture]

    for length in range(min(len(raw), 24)):
        assert size_of(_uri(raw[:length])) in (None, (WIDTH, HEIGHT))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "data:image/png,raw",
        "data:text/plain;base64,aGk=",
        "data:image/png;base64,ab=cd=====",
        _uri(b"no picture at all, but long enough to be one"),
        _uri(PICTURES["png"][:16] + bytes(8)),
        _uri(_riff(b"ICCP" + bytes(30))),
        "",
    ],
)
def test_what_is_no_picture_we_know_has_no_size(url: str) -> None:
    assert size_of(url) is None
