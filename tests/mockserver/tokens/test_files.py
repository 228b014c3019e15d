"""Tokens of files: an estimate by pages."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from understudy.mockserver.tokens.files import PAGE, file_tokens

TWO = b"%PDF-1.4 <</Type/Pages/Count 2>> <</Type/Page /Parent 1 0 R>> <</Type /Page>>"
PACKED = b"%PDF-1.5 <</Type/Pages /Count 7>> stream"


def _uri(raw: bytes) -> str:
    return "data:application/pdf;base64," + b64encode(raw).decode()


@pytest.mark.parametrize(
    ("file", "pages"),
    [
        ({"file_data": _uri(TWO)}, 2),
        ({"file_data": b64encode(TWO).decode()}, 2),
        ({"file_data": _uri(PACKED)}, 7),
        ({"file_data": _uri(b"no PDF")}, 1),
        ({"file_data": "ab=cd====="}, 1),
        ({"file_data": 5}, 1),
        ({"file_id": "file-1"}, 1),
        (None, 1),
    ],
)
def test_a_file_costs_by_its_pages(file: Any, pages: int) -> None:
    assert file_tokens(file) == pages * PAGE
