"""The checksums that FLAC and Ogg ask for: no reflection, no starting value, unlike those in ``zlib``."""

from __future__ import annotations

from functools import cache


def crc8(data: bytes) -> int:
    """Return the checksum of a FLAC frame's header."""
    return _checksum(data, 8, 0x07)


def crc16(data: bytes) -> int:
    """Return the checksum of a FLAC frame."""
    return _checksum(data, 16, 0x8005)


def crc32(data: bytes) -> int:
    """Return the checksum of an Ogg page."""
    return _checksum(data, 32, 0x04C11DB7)


def _checksum(data: bytes, width: int, polynomial: int) -> int:
    """Return the remainder of *data*, in *width* bits."""
    table = _table(width, polynomial)
    found, mask = 0, (1 << width) - 1
    for byte in data:
        found = (found << 8 & mask) ^ table[found >> width - 8 ^ byte]
    return found


@cache
def _table(width: int, polynomial: int) -> tuple[int, ...]:
    rows = []
    for value in range(256):
        row = value << width - 8
        for _ in range(8):
            row = row << 1 ^ (polynomial if row >> width - 1 & 1 else 0)
        rows.append(row & (1 << width) - 1)
    return tuple(rows)
