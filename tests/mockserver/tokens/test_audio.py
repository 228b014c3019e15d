"""Tokens of audio: ten a second of what sounds."""

from __future__ import annotations

import struct
from base64 import b64encode
from typing import Any

import pytest

from understudy.mockserver.tokens.audio import UNHEARD, audio_tokens

FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # MPEG 1, layer III, 128 kbit/s, 44,100 Hz: 417 bytes
HALF = b"\xff\xf3\x44\x00" + bytes(140)  # MPEG 2, 32 kbit/s, 24,000 Hz: 96 bytes, of 576 samples
ID3 = b"ID3\x04\x00\x00\x00\x00\x01\x00" + b"\xff\xfb\x90\x00" * 32  # 128 bytes that are no frames


def _wav(seconds: float, stated: int | None = None) -> bytes:
    data = bytes(int(seconds * 32_000))
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16)
    extra = struct.pack("<4sI", b"LIST", 3) + b"abc\x00"  # of odd length: padded
    body = (
        b"WAVE" + form + extra + struct.pack("<4sI", b"data", len(data) if stated is None else stated) + data
    )
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _described(before: int, after: int) -> bytes:
    """Return the first frame of an encoder that says what silence it added."""
    frame = bytearray(FRAME)
    frame[36:40] = b"Info"
    frame[36 + 141 : 36 + 144] = (before << 12 | after).to_bytes(3, "big")
    return bytes(frame)


# 1,152 samples a frame: 39 frames are 1.0188 s, 77 are 2.0114 s
@pytest.mark.parametrize(
    ("raw", "tokens"),
    [
        (_wav(0.2), 2),
        (_wav(1.5), 15),
        (_wav(1.59), 15),
        (_wav(2.0, stated=0), 20),
        (_wav(2.0, stated=0xFFFFFFFF), 20),
        (FRAME * 39, 10),
        (FRAME * 77, 20),
        (HALF[:96] * 84, 20),
        (ID3 + FRAME * 39, 10),
        (FRAME * 20 + b"\x00" * 50 + FRAME * 19, 10),
        (_described(0, 0) + FRAME * 38, 9),
        (_described(0, 0) + FRAME * 39, 10),
        (_described(576, 1105) + FRAME * 39, 9),
    ],
)
def test_audio_costs_by_its_length(raw: bytes, tokens: int) -> None:
    assert audio_tokens({"data": b64encode(raw).decode(), "format": "any"}) == tokens


@pytest.mark.parametrize(
    "audio",
    [
        None,
        {},
        {"data": 5},
        {"data": "ab=cd====="},
        {"data": ""},
        {"data": b64encode(b"RIFF").decode()},
        {"data": b64encode(b"RIFF" + bytes(8) + struct.pack("<4sI", b"data", 4) + bytes(4)).decode()},
        {"data": b64encode(b"no audio at all").decode()},
        {"data": b64encode(b"ID3").decode()},
        {"data": b64encode(b"\xff\xff\xff\xff" * 50).decode()},
        {"data": b64encode(b"\xff\xfb\xf0\x00" * 50).decode()},
        {"data": b64encode(b"\xff" * 10_000 + b"\xff\xfb\x90\x00" + bytes(413)).decode()},  # too late
    ],
)
def test_what_cannot_be_read_costs_two_seconds(audio: Any) -> None:
    assert audio_tokens(audio) == UNHEARD
