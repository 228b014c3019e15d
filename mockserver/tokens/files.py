"""What a file in a prompt costs: an estimate by its pages (FACTS has nothing).

The API reads the text of a page and looks at a picture of it; we do neither.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

# recorded requests with a PDF of one page: 218 to 256 most often; some models billed 955 to 1634
PAGE = 220
_PAGE_OBJECT = re.compile(rb"/Type\s*/Page\b")
_PAGE_COUNT = re.compile(rb"/Count\s+(\d{1,5})\b")  # for files that keep their pages compressed


def file_tokens(file: Any) -> int:
    """Return the tokens of a ``file`` member: by its pages where the data is in the request, else of one."""
    data = file.get("file_data") if isinstance(file, Mapping) else None
    return PAGE * (_pages(data) if isinstance(data, str) else 1)


def _pages(data: str) -> int:
    try:
        raw = base64.b64decode(data.rpartition(",")[2])
    except (binascii.Error, ValueError):
        return 1
    counted = (int(found) for found in _PAGE_COUNT.findall(raw))
    return max(1, len(_PAGE_OBJECT.findall(raw)) or max(counted, default=1))
