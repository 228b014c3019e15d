"""The query of a list, and one page of it (FACTS G). Knows nothing of what is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from understudy.mockserver.errors import ApiError, Refusal

LIMIT = 20
LARGEST_LIMIT = 100
_MOST_PAIRS = 64  # of a query: room for all sixteen pairs of metadata
_ORDERS = ("asc", "desc")
_INTEGER = "Invalid type for 'limit': expected an integer, but got a string instead."
_BOUND = "Invalid 'limit': integer {side} value. Expected a value {sign} {bound}, but got {value} instead."

Item: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """What a list was asked for. *after* is an id, "" for the start; *metadata* must all be met."""

    after: str = ""
    limit: int = LIMIT
    descending: bool = False
    model: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_query(query: bytes, *, filtered: bool = True) -> Query:
    """Return what the raw *query* asks; *filtered*: it may name ``model`` and ``metadata[…]``.

    Raises Refusal, worded as a request's fields are (FACTS A.7), for what it cannot ask. Of a name
    that comes twice, the last counts.
    """
    known: dict[str, Any] = {}
    metadata: dict[str, str] = {}
    for name, value in _pairs(query):
        key = _metadata_key(name) if filtered else None
        if key is not None:
            metadata[key] = value
        elif name in _READERS and (filtered or name != "model"):
            target, reader = _READERS[name]
            known[target] = reader(value)
        else:
            raise _refusal(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    return Query(**known, metadata=metadata)


def page(items: Iterable[Item], limit: int) -> dict[str, Any]:
    """Return the page of the first *limit* of *items*, which stand in the order asked, after the cursor."""
    data: list[Item] = []
    has_more = False
    for item in items:
        if len(data) == limit:
            has_more = True
            break
        data.append(item)
    ids: Sequence[Any] = [item["id"] for item in data] or [None]
    return {"object": "list", "data": data, "first_id": ids[0], "last_id": ids[-1], "has_more": has_more}


def unknown_cursor(after: str) -> Refusal:
    """Not documented (FACTS G): our own words."""
    return _refusal(f"Invalid value for 'after': no item has the id '{after}'.", "after", "invalid_value")


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query.decode("latin-1"), keep_blank_values=True, errors="replace", max_num_fields=_MOST_PAIRS
        )
    except ValueError:
        message = f"The query has too many parameters: at most {_MOST_PAIRS} are read."
        raise _refusal(message, None, "invalid_value") from None


def _metadata_key(name: str) -> str | None:
    is_one = name.startswith("metadata[") and name.endswith("]")
    return name[len("metadata[") : -1] if is_one else None


def _limit(value: str) -> int:
    try:
        number = int(value) if value.isascii() and len(value) < 20 else None
    except ValueError:
        number = None
    if number is None:
        raise _refusal(_INTEGER, "limit", "invalid_type")
    if number < 1:
        message = _BOUND.format(side="below minimum", sign=">=", bound=1, value=number)
        raise _refusal(message, "limit", "integer_below_min_value")
    if number > LARGEST_LIMIT:
        message = _BOUND.format(side="above maximum", sign="<=", bound=LARGEST_LIMIT, value=number)
        raise _refusal(message, "limit", "integer_above_max_value")
    return number


def _descending(value: str) -> bool:
    if value not in _ORDERS:
        message = f"Invalid value: '{value}'. Supported values are: 'asc' and 'desc'."
        raise _refusal(message, "order", "invalid_value")
    return value == "desc"


_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "after": ("after", str),
    "limit": ("limit", _limit),
    "order": ("descending", _descending),
    "model": ("model", str),
}


def _refusal(message: str, param: str | None, code: str) -> Refusal:
    return Refusal(ApiError(400, message, param=param, code=code))
