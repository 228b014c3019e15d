"""Width and height of a picture, read from its header: nothing is decoded."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping

Size = tuple[int, int]

# characters of base64 that are read: enough for most headers, and for those behind large metadata
_READS = (4_096, 1_048_576)


def size_of(url: str) -> Size | None:
    """Return the width and height of the picture in the data URI *url*, None where we cannot tell."""
    head, _, data = url.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        return None
    for length in _READS:
        size = _read(data[:length])
        if size is not None or len(data) <= length:
            return size
    return None


def _read(text: str) -> Size | None:
    try:
        raw = base64.b64decode(text[: len(text) // 4 * 4])
    except (binascii.Error, ValueError):
        return None
    size = next((read(raw) for start, read in _FORMATS.items() if raw.startswith(start)), None)
    return size if size is not None and size[0] > 0 and size[1] > 0 else None


def _little(raw: bytes, at: int, length: int) -> int:
    return int.from_bytes(raw[at : at + length], "little")


def _png(raw: bytes) -> Size | None:
    if len(raw) < 24:
        return None
    return int.from_bytes(raw[16:20], "big"), int.from_bytes(raw[20:24], "big")


def _gif(raw: bytes) -> Size | None:
    return (_little(raw, 6, 2), _little(raw, 8, 2)) if len(raw) >= 10 else None


def _bmp(raw: bytes) -> Size | None:
    if len(raw) < 26:
        return None
    height = int.from_bytes(raw[22:26], "little", signed=True)  # below 0: rows from the top
    return _little(raw, 18, 4), abs(height)


def _webp(raw: bytes) -> Size | None:
    """Return the size in the first chunk: lossy, lossless or extended."""
    if raw[8:12] != b"WEBP" or len(raw) < 30:
        return None
    kind = raw[12:16]
    if kind == b"VP8 ":
        return _little(raw, 26, 2) & 0x3FFF, _little(raw, 28, 2) & 0x3FFF
    if kind == b"VP8L":
        bits = _little(raw, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return (_little(raw, 24, 3) + 1, _little(raw, 27, 3) + 1) if kind == b"VP8X" else None


def _jpeg(raw: bytes) -> Size | None:
    """Return the size in the first frame header; segments before it are skipped by their length."""
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        marker = raw[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(raw[at + 7 : at + 9], "big"), int.from_bytes(raw[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
    return None


_FORMATS: Mapping[bytes, Callable[[bytes], Size | None]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"GIF8": _gif,
    b"\xff\xd8": _jpeg,
    b"RIFF": _webp,
    b"BM": _bmp,
}
