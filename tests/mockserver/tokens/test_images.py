"""Tokens of images: tiles, or patches, from the size of the picture."""

from __future__ import annotations

import struct
from base64 import b64encode
from typing import Any

import pytest

from understudy.mockserver.tokens.images import image_tokens


def _png(width: int, height: int) -> str:
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
    return "data:image/png;base64," + b64encode(head + bytes(9)).decode()


# FACTS C.4; the one token around patches, and 1.2 for gpt-5.4, are measured
@pytest.mark.parametrize(
    ("model", "image", "expected"),
    [
        ("gpt-4o", {"url": _png(1024, 1024)}, 765),
        ("gpt-4o", {"url": _png(2048, 4096)}, 1105),
        ("gpt-4o", {"url": _png(512, 512), "detail": "high"}, 255),
        ("gpt-4o", {"url": _png(4000, 4000), "detail": "low"}, 85),
        ("gpt-4o-mini", {"url": _png(512, 512)}, 8500),
        ("gpt-5", {"url": _png(512, 512)}, 210),
        ("o3", {"url": "https://example.com/a.png"}, 225),
        ("gpt-4.1-mini", {"url": _png(1024, 1024)}, 1660),
        ("gpt-4.1-mini", {"url": _png(9000, 9000)}, 2466),
        ("gpt-4.1-nano", {"url": _png(540, 360)}, 503),
        ("o4-mini", {"url": _png(640, 480)}, 517),
        ("gpt-5.4", {"url": _png(60, 30)}, 4),
        ("gpt-5.4-mini", {"url": _png(1024, 1024)}, 1660),
        ("gpt-5-4-mini", {"url": _png(1024, 1024)}, 1660),
        ("gpt-5.4", {"url": _png(3200, 3200)}, 1827),
        ("gpt-5.4", {"url": _png(3200, 3200), "detail": "original"}, 12_001),
        ("gpt-5.4", {"url": _png(160, 32)}, 7),  # 5 patches at 1.2 are 6, not the 7 of binary fractions
        ("gpt-4o", {"url": "data:image/png;base64,@@@"}, 255),
        ("gpt-4o", {"url": _png(0, 0)}, 255),
        ("gpt-4o", _png(1024, 1024), 765),  # the bare URL that old clients sent
        ("gpt-4o", {"url": 7}, 255),
        ("gpt-4o", None, 255),
    ],
)
def test_images_cost_tiles_or_patches(model: str, image: Any, expected: int) -> None:
    assert image_tokens(model, image) == expected


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4.1-mini", "gpt-5.4"])
@pytest.mark.parametrize("size", [(1, 1), (1, 100_000), (100_000, 1), (2_147_483_647, 2_147_483_647)])
def test_any_size_has_a_bounded_cost(model: str, size: tuple[int, int]) -> None:
    assert 0 < image_tokens(model, {"url": _png(*size)}) <= 20_000
