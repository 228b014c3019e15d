"""The members of a recording file, each looked up and checked. What does not fit is a Fault.

The form itself is described in ``recording``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, NoReturn, TypeAlias, get_args

from understudy.mockserver.recordings.differences import shortened
from understudy.mockserver.recordings.replay import CONTENT_TYPES, LAYOUTS

FORMAT: Final = 1
Form: TypeAlias = Literal["body", "sse", "text"]
Order: TypeAlias = tuple[str, str, int, str]
Path: TypeAlias = tuple[str | int, ...]

_KINDS: Mapping[str, tuple[type, ...]] = {
    "an object": (dict,),
    "an array": (list,),
    "a string": (str,),
    "an integer": (int,),
    "any value": (object,),
}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class Fault(Exception):
    """What is wrong, and the path of the member it is wrong with."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path, self.reason = path, reason


class Piece(NamedTuple):
    """One piece of a recorded body: it came *seconds* after the one before, and has *size* bytes."""

    seconds: float
    size: int


def member(document: Any, path: Path, kind: str, *default: Any) -> Any:
    """Return the member at *path*, or *default* where it is absent or null. Raises Fault."""
    value = document
    for depth, step in enumerate(path):
        if not isinstance(value, Mapping):
            _wrong(path[:depth], value, "an object")
        if default and value.get(step) is None:
            return default[0]
        if step not in value:
            raise Fault(path[:depth], f"lacks {step!r}, without which there is nothing to replay")
        value = value[step]
    if isinstance(value, bool) and kind == "an integer":
        _wrong(path, value, kind)
    if not isinstance(value, _KINDS[kind]):
        _wrong(path, value, kind)
    return value


def _wrong(path: Path, value: Any, expected: str) -> NoReturn:
    raise Fault(path, f"is {shortened(value)}, expected {expected}")


def check_format(document: Any) -> None:
    """Raise Fault for a file of a later version than ours."""
    version = member(document, ("format",), "an integer", FORMAT)
    if version > FORMAT:
        raise Fault(("format",), f"is {version}; this version reads up to {FORMAT}: upgrade understudy")
    if version < 1:
        raise Fault(("format",), f"is {version}, expected {FORMAT}")


def status(document: Any) -> int:
    found: int = member(document, ("response", "status"), "an integer")
    if not 200 <= found <= 599:
        raise Fault(("response", "status"), f"is {found}, expected a final status, 200 to 599")
    return found


def body_form(document: Any) -> Form:
    """Return which of the three bodies the reply has. Raises Fault unless it is exactly one."""
    response = member(document, ("response",), "an object")
    found: list[Form] = [form for form in get_args(Form) if response.get(form) is not None]
    if not found and "body" in response:
        return "body"  # a reply that was JSON null
    if len(found) != 1:
        there = f"has {' and '.join(found)}" if found else "has no body"
        raise Fault(("response",), f"{there}, expected exactly one of: {', '.join(get_args(Form))}")
    return found[0]


def layout(document: Any) -> str:
    """Return how the text of a JSON body was laid out: a name in ``LAYOUTS``."""
    path = ("fidelity", "response_form")
    name: str = member(document, path, "a string", "parsed")
    if name in LAYOUTS:
        return name
    if name in CONTENT_TYPES:
        return "parsed"  # said of a stream or a text, which are kept as they were
    known = ", ".join([*LAYOUTS, "sse", "text"])
    raise Fault(path, f"is {name!r}, expected one of: {known}")


def headers(document: Any) -> dict[str, str | list[str]]:
    """Return the reply's headers, names in lower case. Raises Fault for what no header can hold."""
    found = member(document, ("response", "headers"), "an object", {})
    for name, values in found.items():
        path = ("response", "headers", name)
        if not _HEADER_NAME.fullmatch(name):
            raise Fault(path, "is no name for a header")
        for value in values if isinstance(values, list) else [values]:
            if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
                raise Fault(path, "is not a header's value: expected text in one line, or an array of such")
    return {name.lower(): values for name, values in found.items()}


def timing(document: Any) -> tuple[Piece, ...]:
    pieces = member(document, ("response", "timing"), "an array", [])
    for number, piece in enumerate(pieces):
        match piece:
            case [float() | int() as seconds, int() as size] if 0 <= seconds < math.inf and size >= 0:
                continue
        raise Fault(("response", "timing", number), "expected [seconds, bytes], neither below 0")
    return tuple(Piece(float(seconds), size) for seconds, size in pieces)


def order(document: Any, name: str) -> Order:
    """Return what exchanges are sorted by: where they were taken from, else the file's name."""
    source = member(document, ("source",), "an object", {})
    repo, path, index = (source.get(key) for key in ("repo", "path", "index"))
    return (
        repo if isinstance(repo, str) else "",
        path if isinstance(path, str) else "",
        index if isinstance(index, int) else 0,
        name,
    )
