"""What an image in a prompt costs (FACTS C.4): tiles of 512 pixels, or patches of 32."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, sqrt
from typing import Any

from understudy.mockserver.tokens.picture_sizes import size_of

# model prefix -> tokens of the base and of a tile; the first that fits counts
TILES = {
    "gpt-4o-mini": (2833, 5667),
    "gpt-5": (70, 140),
    "o1": (75, 150),
    "o3": (75, 150),
}
OTHER_TILES = (85, 170)
# model prefix -> factor on the number of patches; 5.4 is measured (two recordings), later ones by analogy
PATCHES = {
    "gpt-4.1-mini": 1.62,
    "gpt-4.1-nano": 2.46,
    "gpt-5-mini": 1.62,
    "gpt-5-nano": 2.46,
    "gpt-5-4-mini": 1.62,
    "gpt-5.4-mini": 1.62,
    "gpt-5.4-nano": 2.46,
    "gpt-5.4": 1.2,
    "gpt-5.5": 1.2,
    "gpt-5.6": 1.2,
    "o4-mini": 1.72,
}
AROUND_PATCHES = 1  # measured: five of five recordings
MOST_PATCHES = 1536
MOST_PATCHES_ORIGINAL = 10_000  # with ``detail: original``
# an image we cannot see is taken to be this large: the most frequent cost in recorded traffic
UNSEEN = (512, 512)


def image_tokens(model: str, image: Any) -> int:
    """Return the tokens of an ``image_url`` member: exact where the data is in the request."""
    url = image.get("url") if isinstance(image, Mapping) else image
    detail = image.get("detail") if isinstance(image, Mapping) else None
    width, height = (size_of(url) if isinstance(url, str) else None) or UNSEEN
    for prefix, factor in PATCHES.items():
        if model.startswith(prefix):
            most = MOST_PATCHES_ORIGINAL if detail == "original" else MOST_PATCHES
            # in hundredths, so that 1.2 times 5 is 6 and no more
            return AROUND_PATCHES + -(-_patches(width, height, most) * round(factor * 100) // 100)
    base, tile = next((cost for prefix, cost in TILES.items() if model.startswith(prefix)), OTHER_TILES)
    return base if detail == "low" else base + tile * _tiles(width, height)


def _tiles(width: int, height: int) -> int:
    shrink = min(1.0, 2048 / max(width, height))
    shrink *= min(1.0, 768 / (min(width, height) * shrink))
    return ceil(round(width * shrink) / 512) * ceil(round(height * shrink) / 512)


def _patches(width: int, height: int, most: int) -> int:
    if ceil(width / 32) * ceil(height / 32) <= most:
        return ceil(width / 32) * ceil(height / 32)
    shrink = sqrt(most * 32 * 32 / (width * height))
    across, down = width * shrink / 32, height * shrink / 32
    shrink *= min(int(across) / across, int(down) / down) if across >= 1 and down >= 1 else 1.0
    return min(most, ceil(width * shrink / 32) * ceil(height * shrink / 32))
