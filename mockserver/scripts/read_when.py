"""What a rule asks, from plain data: the ``when`` of a scenario file, or the arguments of ``Script.when``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from understudy.mockserver.scripts.paths import query
from understudy.mockserver.scripts.rule import At, Named, Shape, ToolResult, When
from understudy.mockserver.scripts.texts import Text, as_text

KEYS = (
    "model",
    "user",
    "system",
    "any_message",
    "turn",
    "tool_result",
    "tools",
    "response_format",
    "stream",
    "headers",
    "metadata",
    "body",
)
_TEXT_KEYS = ("equals", "contains", "regex")
_FORMATS = ("text", "json_object", "json_schema")


def read_when(document: Mapping[str, Any], failed: Callable[[str, ValueError], None]) -> When:
    """Return what *document* asks. *failed* is told of each key that cannot be understood, and why; it
    may raise. A key that failed asks nothing."""
    found: dict[str, Any] = {}
    for key, value in document.items():
        if value is None:
            continue
        try:
            found |= _READ[key](value) if key in _READ else {key: value}
        except ValueError as error:
            failed(key, error)
    return When(**found)


def _texts(value: Any, key: str) -> tuple[str, ...]:
    several = (value,) if isinstance(value, str) else value
    if not isinstance(several, (list, tuple, set, frozenset)):
        raise ValueError(f"{key} is {value!r}, expected a text, or a list of texts")
    for one in several:
        if not isinstance(one, str):
            raise ValueError(f"{key} has {one!r}, expected texts")
    return tuple(several)


def _known(value: Mapping[str, Any], key: str, known: tuple[str, ...]) -> None:
    for name in value:
        if name not in known:
            raise ValueError(f"{key} has no key {name!r}; there are: {', '.join(known)}")


def _mapping(value: Any, key: str, of: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{key} is {value!r}, expected a mapping from {of}")
    for name in value:
        if not isinstance(name, str):
            raise ValueError(f"{key} has the key {name!r}, expected {of.split()[0]}, which are texts")
    return value


def _text(value: Any, key: str) -> Text:
    if not isinstance(value, Mapping):
        return as_text(value, key)
    _known(value, key, _TEXT_KEYS)
    return Text(
        equals=value.get("equals"),
        contains=_texts(value.get("contains", ()), f"{key}.contains"),
        regex=_texts(value.get("regex", ()), f"{key}.regex"),
    )


def _tool_result(value: Any) -> ToolResult:
    if isinstance(value, ToolResult):
        return value
    if isinstance(value, str):
        return ToolResult(tool=value)
    if not isinstance(value, Mapping):
        raise ValueError("tool_result is the name of a tool, or says tool, id, equals, contains or regex")
    _known(value, "tool_result", ("tool", "id", *_TEXT_KEYS))
    for key in ("tool", "id"):
        if not isinstance(value.get(key, ""), str):
            raise ValueError(f"tool_result.{key} is {value[key]!r}, expected a text")
    asked = {key: member for key, member in value.items() if key not in ("tool", "id")}
    return ToolResult(value.get("tool"), value.get("id"), _text(asked, "tool_result"))


def _named(value: Any, key: str, *, lower: bool = False) -> Named:
    return tuple(
        (name.lower() if lower else name, None if text is None else _text(text, f"{key}.{name}"))
        for name, text in _mapping(value, key, "names to texts").items()
    )


def _body(value: Any) -> dict[str, Any]:
    """Return the members of ``When`` for what is asked of the body."""
    found: dict[str, Any] = {}
    _mapping(value, "body", "JSONPaths to values")
    if "schema" in value:
        found["shape"] = Shape(value["schema"])
    found["body"] = tuple(_at(path, asked) for path, asked in value.items() if path != "schema")
    return found


def _at(path: str, asked: Any) -> At:
    where = query(path)
    if isinstance(asked, Text):
        return At(where, text=asked)
    if not isinstance(asked, Mapping):
        return At(where, equals=asked)
    if set(asked) == {"equals"}:
        return At(where, equals=asked["equals"])
    if set(asked) == {"exists"} and isinstance(asked["exists"], bool):
        return At(where, exists=asked["exists"])
    if not set(asked) <= {"equals", "contains", "regex"} or not isinstance(asked.get("equals", ""), str):
        raise ValueError(
            f"{path}: equals, exists, or a text's contains and regex; an object is asked for by equals"
        )
    return At(where, text=_text(asked, path))


def _turn(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(
            f"turn is {value!r}, expected the number of messages of the assistant so far, from 0"
        )
    return value


def _stream(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"stream is {value!r}, expected true or false")
    return value


def _response_format(value: Any) -> str:
    if not isinstance(value, str) or value not in _FORMATS:
        raise ValueError(f"response_format is {value!r}, expected {', '.join(_FORMATS)}")
    return str(value)


_READ: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "model": lambda value: {"model": _texts(value, "model")},
    "user": lambda value: {"user": _text(value, "user")},
    "system": lambda value: {"system": _text(value, "system")},
    "any_message": lambda value: {"any_message": _text(value, "any_message")},
    "turn": lambda value: {"turn": _turn(value)},
    "tool_result": lambda value: {"tool_result": _tool_result(value)},
    "tools": lambda value: {"tools": _texts(value, "tools")},
    "response_format": lambda value: {"response_format": _response_format(value)},
    "stream": lambda value: {"stream": _stream(value)},
    "headers": lambda value: {"headers": _named(value, "headers", lower=True)},
    "metadata": lambda value: {"metadata": _named(value, "metadata")},
    "body": _body,
}
