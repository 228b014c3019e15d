"""Checksums against their published check values."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from understudy.mockserver.generation.checksums import crc8, crc16, crc32


@pytest.mark.parametrize(
    # "CRC-8/SMBUS", "CRC-16/UMTS" and, without its final inversion, "CRC-32/MPEG-2" from nought
    ("checksum", "expected"),
    [(crc8, 0xF4), (crc16, 0xFEE8), (crc32, 0x89A1897F)],
)
def test_the_check_value_is_found(checksum: Callable[[bytes], int], expected: int) -> None:
    assert checksum(b"123456789") == expected
    assert checksum(b"") == 0
