"""Short sounds in every format that can be asked for (FACTS A.1: audio), from arithmetic alone.

Where a format is kept simple enough to be written without a codec, the sound is a soft tone: wav, pcm16,
flac. In mp3, aac and opus it is silence, in frames that every decoder takes. All are mono; 24 kHz but for
opus, which is always 48.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import count

from understudy.mockserver.generation.checksums import crc8, crc16, crc32

RATE = 24_000  # samples a second
_LOUDEST = 6_000  # of 32,767
_FADE = RATE // 100  # samples in which a tone begins and ends, so that it does not click
_FLAC_BLOCK = 1_024  # samples
_OPUS_PAGE = 50  # packets of 20 ms
_SERIAL = 0x756E6473


@lru_cache(maxsize=32)
def sound(form: str, milliseconds: int, tone: int) -> bytes:
    """Return a file of *form*, about *milliseconds* long; *tone* is in hertz. ValueError for other forms."""
    make = _FORMS.get(form)
    if make is None:
        raise ValueError(f"no audio format {form!r}; there are: {', '.join(_FORMS)}")
    return make(milliseconds, tone)


def _samples(milliseconds: int, tone: int) -> list[int]:
    """Return a tone of parabolas: nearly a sine, and in whole numbers alike on every machine."""
    size = RATE * milliseconds // 1000
    wave = []
    for at in range(size):
        phase = 2 * tone * at % (2 * RATE) - RATE  # -RATE to RATE is one period
        height = 4 * phase * (RATE - abs(phase)) // RATE  # -RATE to RATE
        wave.append(_LOUDEST * min(at, size - at, _FADE) * height // (RATE * _FADE))
    return wave


def _pcm16(milliseconds: int, tone: int) -> bytes:
    wave = _samples(milliseconds, tone)
    return struct.pack(f"<{len(wave)}h", *wave)


def _wav(milliseconds: int, tone: int) -> bytes:
    data = _pcm16(milliseconds, tone)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _flac(milliseconds: int, tone: int) -> bytes:
    """Verbatim subframes: the samples as they are, in FLAC's framing (RFC 9639)."""
    wave = _samples(milliseconds, tone)
    blocks = [wave[at : at + _FLAC_BLOCK] for at in range(0, len(wave), _FLAC_BLOCK)]
    frames = b"".join(_flac_frame(number, block) for number, block in enumerate(blocks))
    digest = hashlib.md5(struct.pack(f"<{len(wave)}h", *wave), usedforsecurity=False).digest()
    # block sizes, frame sizes (unknown), then rate, channels - 1, bits - 1 and samples in 64 bits
    packed = RATE << 44 | 15 << 36 | len(wave)
    about = struct.pack(">HH6xQ", _FLAC_BLOCK, _FLAC_BLOCK, packed) + digest
    return b"fLaC" + struct.pack(">I", 0x80 << 24 | len(about)) + about + frames


def _flac_frame(number: int, block: list[int]) -> bytes:
    # fixed block size; its 16 bits at the end of the header; 24 kHz; mono; 16 bits; the frame as UTF-8
    header = b"\xff\xf8\x77\x08" + chr(number).encode() + struct.pack(">H", len(block) - 1)
    frame = header + bytes([crc8(header), 0x02]) + struct.pack(f">{len(block)}h", *block)
    return frame + struct.pack(">H", crc16(frame))


def _mp3(milliseconds: int, _: int) -> bytes:
    """MPEG-2 layer III at 8 kbit/s: frames of 24 bytes and 576 samples whose side information is nought."""
    return (b"\xff\xf3\x14\xc0" + bytes(20)) * _frames(milliseconds, 576)


def _aac(milliseconds: int, _: int) -> bytes:
    """AAC-LC in ADTS: one channel element without a band, and the end; 1024 samples a frame."""
    size = 11
    header = (0xFFF1 << 40 | 1 << 38 | 6 << 34 | 1 << 30 | size << 13 | 0x7FF << 2).to_bytes(7, "big")
    return (header + b"\x00\x00\x00\x07") * _frames(milliseconds, 1_024)


def _frames(milliseconds: int, samples: int) -> int:
    """Return how many frames of *samples* there are to be: with one to spare, for decoders start late."""
    return -(-RATE * milliseconds // (1000 * samples)) + 1


def _opus(milliseconds: int, _: int) -> bytes:
    """Opus in Ogg (RFC 7845): packets of 20 ms that say "silence"."""
    packets = -(-milliseconds // 20) + 1
    numbers = count()
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 312, 48_000, 0, 0)
    tags = struct.pack("<8sI10sI", b"OpusTags", 10, b"understudy", 0)
    pages = [_ogg_page(next(numbers), [head], 0, 2), _ogg_page(next(numbers), [tags], 0, 0)]
    for first in range(0, packets, _OPUS_PAGE):
        there = min(_OPUS_PAGE, packets - first)
        done = first + there
        pages.append(_ogg_page(next(numbers), [b"\xf8\xff\xfe"] * there, done * 960, 4 * (done == packets)))
    return b"".join(pages)


def _ogg_page(number: int, packets: list[bytes], samples: int, flags: int) -> bytes:
    sizes = bytes(len(packet) for packet in packets)  # none is 255 or longer
    start = struct.pack("<4sBBQII", b"OggS", 0, flags, samples, _SERIAL, number)
    rest = bytes([len(sizes)]) + sizes + b"".join(packets)
    return start + struct.pack("<I", crc32(start + bytes(4) + rest)) + rest


_FORMS: Mapping[str, Callable[[int, int], bytes]] = {
    "wav": _wav,
    "pcm16": _pcm16,
    "flac": _flac,
    "mp3": _mp3,
    "aac": _aac,
    "opus": _opus,
}
FORMATS = tuple(_FORMS)
