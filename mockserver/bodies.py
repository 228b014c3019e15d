"""Bytes to a request that can be answered, or the refusal of the one that cannot."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from understudy.mockserver.chat import Document
from understudy.mockserver.errors import Refusal, not_an_object, not_json, too_deep

_KINDS = {list: "an array", str: "a string", int: "a number", float: "a number", bool: "a boolean"}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_no_constant).decode


def read_document(body: bytes, depth_limit: int) -> Document:
    """Return the JSON object in *body*, nested at most *depth_limit* deep, or raise the Refusal."""
    try:
        document = _decode(body.decode("utf-8"))
    except RecursionError:
        raise Refusal(too_deep(depth_limit)) from None
    except ValueError as error:
        raise Refusal(not_json(_reason(body, error))) from error
    if not isinstance(document, dict):
        raise Refusal(not_an_object(_KINDS.get(type(document), "null")))
    # more brackets than levels allowed is rare, and the only case in which the depth can be too much
    if body.count(b"{") + body.count(b"[") > depth_limit and _depth(document) > depth_limit:
        raise Refusal(too_deep(depth_limit))
    return document


def _reason(body: bytes, error: ValueError) -> str:
    if not body:
        return "The body was empty."
    if isinstance(error, UnicodeDecodeError):
        return f"The body was not UTF-8 at byte {error.start}."
    return f"{error}."


def _depth(document: Any) -> int:
    """Return how many containers stand inside one another, without recursion."""
    deepest, level = 0, [document]
    while level:
        deepest += 1
        inside = (item.values() if isinstance(item, dict) else item for item in level)
        level = [item for items in inside for item in items if isinstance(item, (dict, list))]
    return deepest
