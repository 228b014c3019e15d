"""What a fault may say in a header: what goes out as it is written, and does not frame the body."""

from __future__ import annotations

import re

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_FRAMING = ("content-length", "transfer-encoding", "connection")


def check_header(name: str, value: str) -> None:
    """Raise ValueError where HTTP has no such *name* or *value*, or where the server alone says *name*."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a header; an example: header.x-team=red")
    if name.lower() in _FRAMING:
        raise ValueError(
            f"the header {name} says where a body ends, which is the server's; short_content_length and "
            "long_content_length are faults that lie about it"
        )
    if not _VALUE.fullmatch(value):
        raise ValueError(f"the header {name} is {value!r}, expected Latin-1 text in one line")
