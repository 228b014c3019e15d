"""Sounds that decoders take, in every format."""

from __future__ import annotations

import io
import struct
import wave
from itertools import pairwise
from typing import Any

import pytest

from understudy.mockserver.generation.checksums import crc8, crc16, crc32
from understudy.mockserver.generation.sounds import FORMATS, RATE, sound

BEGINNINGS = {
    "wav": b"RIFF", "flac": b"fLaC", "mp3": b"\xff\xf3", "aac": b"\xff\xf1", "opus": b"OggS", "pcm16": b"\0\0",
}  # fmt: skip


def test_there_are_the_formats_of_the_api() -> None:
    assert set(FORMATS) == {"wav", "aac", "mp3", "flac", "opus", "pcm16"}
    with pytest.raises(ValueError, match="no audio format 'ogg'; there are: wav, "):
        sound("ogg", 100, 220)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("milliseconds", [0, 50, 600, 2_500])
def test_a_sound_begins_as_its_format_does_and_is_always_the_same(form: str, milliseconds: int) -> None:
    data = sound(form, milliseconds, 330)

    assert data.startswith(BEGINNINGS[form][: len(data)])
    assert sound.__wrapped__(form, milliseconds, 330) == data


def test_wav_is_a_soft_tone_of_the_length_asked_for() -> None:
    with wave.open(io.BytesIO(sound("wav", 500, 220))) as file:
        frames = file.readframes(file.getnframes())
        parameters = file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()

    samples = struct.unpack(f"<{len(frames) // 2}h", frames)
    assert parameters == (1, 2, RATE, RATE // 2)
    assert frames == sound("pcm16", 500, 220)
    assert 4_000 < max(samples) == -min(samples) < 8_000
    # a tone of 220 Hz goes up through nought 110 times in half a second
    assert 108 <= sum(a < 0 <= b for a, b in pairwise(samples)) <= 112


def test_flac_has_the_sums_of_its_frames() -> None:
    data = sound("flac", 40, 220)  # one frame
    frame = data[42:]

    assert crc8(frame[:8]) == 0  # with its own sum, nothing is left
    assert crc16(frame) == 0


def test_ogg_has_the_sums_of_its_pages() -> None:
    data = sound("opus", 2_500, 220)
    pages = [b"OggS" + page for page in data.split(b"OggS")[1:]]

    assert len(pages) == 5  # two of headers, 126 packets on three
    for page in pages:
        assert crc32(page[:22] + bytes(4) + page[26:]) == struct.unpack("<I", page[22:26])[0]
    assert [page[5] for page in pages] == [2, 0, 0, 0, 4]


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "pcm16"])
def test_a_decoder_reads_it_to_its_end(form: str) -> None:
    av: Any = pytest.importorskip("av", reason="PyAV decodes every format; pip install av to check them")

    with av.open(io.BytesIO(sound(form, 600, 330))) as container:
        frames = list(container.decode(audio=0))

    seconds = sum(frame.samples for frame in frames) / frames[0].sample_rate
    assert {frame.layout.nb_channels for frame in frames} == {1}
    assert 0.6 <= seconds <= 0.7
