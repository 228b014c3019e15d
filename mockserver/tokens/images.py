"""What an image in a prompt costs (FACTS C.4): tiles of 512 pixels, or patches of 32."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from math import ceil, sqrt
from typing import Any

# model prefix -> tokens of the base and of a tile; the first that fits counts
TILES = {
    "gpt-4o-mini": (2833, 5667),
    "gpt-5": (70, 140),
    "o1": (75, 150),
    "o3": (75, 150),
}
OTHER_TILES = (85, 170)
# model prefix -> factor on the number of patches
PATCHES = {
    "gpt-4.1-mini": 1.62,
    "gpt-5-mini": 1.62,
    "gpt-4.1-nano": 2.46,
    "gpt-5-nano": 2.46,
    "o4-mini": 1.72,
}
MOST_PATCHES = 1536
# an image we cannot see is taken to be this large: the most frequent cost in recorded traffic
UNSEEN = (512, 512)
_HEADER = 65_536  # characters of base64 that are read in search of the size


def image_tokens(model: str, image: Any) -> int:
    """Return the tokens of an ``image_url`` member: exact where the data is in the request."""
    url = image.get("url") if isinstance(image, Mapping) else None
    low = isinstance(image, Mapping) and image.get("detail") == "low"
    width, height = _size(url) if isinstance(url, str) else UNSEEN
    for prefix, factor in PATCHES.items():
        if model.startswith(prefix):
            return ceil(_patches(width, height) * factor)
    base, tile = next((cost for prefix, cost in TILES.items() if model.startswith(prefix)), OTHER_TILES)
    return base if low else base + tile * _tiles(width, height)


def _tiles(width: int, height: int) -> int:
    shrink = min(1.0, 2048 / max(width, height))
    shrink *= min(1.0, 768 / (min(width, height) * shrink))
    return ceil(round(width * shrink) / 512) * ceil(round(height * shrink) / 512)


def _patches(width: int, height: int) -> int:
    if ceil(width / 32) * ceil(height / 32) <= MOST_PATCHES:
        return ceil(width / 32) * ceil(height / 32)
    shrink = sqrt(MOST_PATCHES * 32 * 32 / (width * height))
    across, down = width * shrink / 32, height * shrink / 32
    shrink *= min(int(across) / across, int(down) / down) if across >= 1 and down >= 1 else 1.0
    return min(MOST_PATCHES, ceil(width * shrink / 32) * ceil(height * shrink / 32))


def _size(url: str) -> tuple[int, int]:
    """Return the width and height of the image in a data URI, `UNSEEN` where we cannot tell."""
    head, _, data = url.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        return UNSEEN
    try:
        raw = base64.b64decode(data[:_HEADER][: len(data[:_HEADER]) // 4 * 4])
    except (binascii.Error, ValueError):
        return UNSEEN
    width, height = _png(raw) or _gif(raw) or _jpeg(raw) or UNSEEN
    return (width, height) if width and height else UNSEEN


def _png(raw: bytes) -> tuple[int, int] | None:
    if not raw.startswith(b"\x89PNG\r\n\x1a\n") or len(raw) < 24:
        return None
    return int.from_bytes(raw[16:20], "big"), int.from_bytes(raw[20:24], "big")


def _gif(raw: bytes) -> tuple[int, int] | None:
    if not raw.startswith(b"GIF8") or len(raw) < 10:
        return None
    return int.from_bytes(raw[6:8], "little"), int.from_bytes(raw[8:10], "little")


def _jpeg(raw: bytes) -> tuple[int, int] | None:
    """Return the size in the first frame header; segments before it are skipped by their length."""
    at = 2 if raw.startswith(b"\xff\xd8") else len(raw)
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        marker = raw[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(raw[at + 7 : at + 9], "big"), int.from_bytes(raw[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
    return None
