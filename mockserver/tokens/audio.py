"""What audio in a prompt costs: by how long it sounds, read from its headers without decoding it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

# measured: four recorded requests (FACTS C.2 names the fields only)
PER_SECOND = 10
AUDIO_PART = 4  # tokens of text around each
UNHEARD = 20  # what cannot be read, and speech that is only named: two seconds of it (our estimate)
_MP3_BITRATES = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1, layer III
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2 and 2.5
}
_MOST_MISSES = 4_096  # bytes that look like a frame and are none, before we give up
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version bits


def audio_tokens(audio: Any) -> int:
    """Return the tokens of an ``input_audio`` member."""
    data = audio.get("data") if isinstance(audio, Mapping) else None
    if not isinstance(data, str):
        return UNHEARD
    try:
        raw = base64.b64decode(data.rpartition(",")[2])
    except (binascii.Error, ValueError):
        return UNHEARD
    seconds = _wav(raw) if raw.startswith(b"RIFF") else _mp3(raw)
    return int(seconds * PER_SECOND + 1e-9) if seconds else UNHEARD


def _wav(raw: bytes) -> float:
    """Return the seconds of a RIFF file: the bytes of its data by the bytes a second of its format."""
    at, rate = 12, 0
    while at + 8 <= len(raw):
        name, size = raw[at : at + 4], int.from_bytes(raw[at + 4 : at + 8], "little")
        if name == b"fmt ":
            rate = int.from_bytes(raw[at + 16 : at + 20], "little")
        if name == b"data":
            held = len(raw) - at - 8  # streamed files say 0 or the greatest number: what is there counts
            return min(size or held, held) / rate if rate else 0.0
        at += 8 + size + size % 2
    return 0.0


def _mp3(raw: bytes) -> float:
    """Return the seconds of the frames of an MP3 file, without what its encoder put around the sound."""
    at, samples, rate, missed = _after_tag(raw), 0, 0, 0
    while at + 4 <= len(raw):
        frame = _frame(raw[at : at + 4])
        if frame is None:
            missed += 1
            at = raw.find(b"\xff", at + 1)
            if at < 0 or missed > _MOST_MISSES:
                break
            continue
        size, length, rate = frame
        samples += length if samples else _first(raw[at : at + size], length)
        at += size
    return samples / rate if rate and samples > 0 else 0.0


def _after_tag(raw: bytes) -> int:
    """Return where an ID3 tag ends; its size is four bytes of seven bits."""
    if not raw.startswith(b"ID3") or len(raw) < 10:
        return 0
    size = 0
    for byte in raw[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _frame(head: bytes) -> tuple[int, int, int] | None:
    """Return size in bytes, samples and samples a second of the layer III frame that *head* begins."""
    version, bits = head[1] >> 3 & 3, head[2]
    rates = _MP3_RATES.get(version)
    if head[0] != 0xFF or head[1] >> 5 != 7 or head[1] >> 1 & 3 != 1 or rates is None:
        return None
    if not 0 < bits >> 4 < 15 or bits >> 2 & 3 == 3:
        return None
    full = version == 3
    rate, length = rates[bits >> 2 & 3], 1152 if full else 576
    return length // 8 * _MP3_BITRATES[full][bits >> 4] * 1000 // rate + (bits >> 1 & 1), length, rate


def _first(frame: bytes, length: int) -> int:
    """Return the samples of the first *frame*: none where it only describes the file, and then less what
    the encoder says it added before and after the sound."""
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    if at < 0:
        return length
    gap = frame[at + 141 : at + 144]  # two numbers of twelve bits
    return -((gap[0] << 4) + (gap[1] >> 4) + ((gap[1] & 15) << 8) + gap[2]) if len(gap) == 3 else 0
