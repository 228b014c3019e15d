"""A user's file, YAML or JSON, as plain data that knows on which line each value stands.

Profiles and scenario files are read here, so that a mistake is named by file, line and reason.
What is read is bounded: no tags, no objects, no aliases that swell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

LARGEST_TEXT = 16 * 1024 * 1024
"""Characters of a file."""
MOST_VALUES = 1_000_000
"""Values of a file, those behind an alias counted each time it is used."""
DEEPEST = 64
"""Levels of nesting."""

Path: TypeAlias = Sequence[str | int]
Node: TypeAlias = Any  # PyYAML's stubs do not say what each kind of node has
ReadFloat: TypeAlias = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Marked:
    """Plain data (*value*), the name of the file it comes from (*where*), and its lines."""

    value: Any
    where: str
    _root: Node | None = field(repr=False)

    def line_of(self, path: Path) -> int:
        """Return the line, from 1, of the key or item at *path*, or of the nearest there is around it."""
        node, line = self._root, 1
        for part in path:
            found = _step(node, part)
            if found is None:
                break
            line, node = found
        return line

    def mistake(self, path: Path, reason: str) -> str:
        """Return *reason* as a line of a report: ``file:3: $.errors['429']: reason``."""
        return f"{self.where}:{self.line_of(path)}: {json_path(path)}: {reason}"


def read_marked(text: str, where: str, *, read_float: ReadFloat = float) -> Marked:
    """Return the one document in *text*, which is YAML 1.2 or JSON. Keys are text, as written.

    *read_float* makes the value of a decimal number from its text. Raises ValueError
    ``{where}:{line}: reason`` for what is no such text, a key that stands twice, a tag, more than
    ``LARGEST_TEXT`` characters, ``MOST_VALUES`` values or ``DEEPEST`` levels.
    """
    # loaded here: few commands read a user's file, and PyYAML costs more than starting a server
    from understudy.contracts.yaml_text import YAMLError, compose, line_of_error

    if len(text) > LARGEST_TEXT:
        raise ValueError(f"{where}:1: larger than {LARGEST_TEXT} characters")
    try:
        root = compose(text.removeprefix("\ufeff"))
    except (YAMLError, RecursionError, UnicodeEncodeError) as error:
        line, reason = line_of_error(error, text)
        raise ValueError(f"{where}:{line}: {reason}") from None
    return Marked(None if root is None else _Reader(where, read_float).value(root, 0), where, root)


class _Reader:
    """Nodes to plain data, counting what it makes."""

    def __init__(self, where: str, read_float: ReadFloat) -> None:
        self._where = where
        self._left = MOST_VALUES
        self._scalars: Mapping[str, Callable[[str], Any]] = {
            "str": str,
            "null": lambda _: None,
            "bool": lambda text: text.lower() == "true",
            "int": _integer,
            "float": _finite(read_float),
        }

    def value(self, node: Node, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise self._error(node, f"more than {MOST_VALUES} values; is an alias used inside itself?")
        if depth > DEEPEST:
            raise self._error(node, f"nested deeper than {DEEPEST} levels")
        if node.id == "scalar":
            return self._scalar(node)
        tag = node.tag.removeprefix("tag:yaml.org,2002:")
        if tag not in ("map", "seq"):
            raise self._error(node, f"the tag {node.tag} is not allowed; write plain data")
        if node.id == "sequence":
            return [self.value(item, depth + 1) for item in node.value]
        return self._mapping(node, depth)

    def _mapping(self, node: Node, depth: int) -> dict[str, Any]:
        first: dict[str, int] = {}
        members: dict[str, Any] = {}
        for key, value in node.value:
            name = self._key(key)
            if name in first:
                raise self._error(key, f"the key {name!r} stands twice, first on line {first[name]}")
            first[name] = key.start_mark.line + 1
            members[name] = self.value(value, depth + 1)
        return members

    def _key(self, node: Node) -> str:
        if node.id != "scalar":
            raise self._error(node, "a key is a text, not a list or an object")
        if node.value == "<<" and not node.style:
            raise self._error(node, "merge keys (<<) are not part of YAML 1.2; write the members out")
        return self._text(node)

    def _scalar(self, node: Node) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        read = self._scalars.get(kind)
        if read is None:
            raise self._error(node, f"the tag {node.tag} is not allowed; write plain data")
        text = self._text(node)
        try:
            return read(text)
        except (ValueError, ArithmeticError):
            raise self._error(node, f"{short(node.value)} is not a number that can be kept") from None

    def _text(self, node: Node) -> str:
        text: str = node.value
        if text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text):
            return text
        try:  # JSON escapes letters beyond the first plane as two, which are one
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise self._error(node, "half a surrogate pair is no character") from None

    def _error(self, node: Node, reason: str) -> ValueError:
        return ValueError(f"{self._where}:{node.start_mark.line + 1}: {reason}")


def _step(node: Any, part: str | int) -> tuple[int, Node] | None:
    if node is None or node.id == "scalar":
        return None
    if node.id == "sequence":
        inside = isinstance(part, int) and part < len(node.value)
        return (node.value[part].start_mark.line + 1, node.value[part]) if inside else None
    for key, value in node.value:
        if key.value == part:
            return key.start_mark.line + 1, value
    return None


def _integer(text: str) -> int:
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


def _finite(read_float: ReadFloat) -> ReadFloat:
    def read(text: str) -> Any:
        if math.isinf(float(text)):  # a Decimal would hold it, until somebody asks for its digits
            raise ValueError(text)
        return read_float(text)

    return read


def json_path(path: Path) -> str:
    """Return *path* as text: ``$.errors['429'].billed``."""
    text = "$"
    for part in path:
        plain = isinstance(part, str) and part.isidentifier()
        text += f".{part}" if plain else f"[{part!r}]"
    return text


def short(value: Any) -> str:
    """Return *value* as a reader of the file would name it, at most 60 characters long."""
    kinds = {dict: "an object", list: "a list", type(None): "null", bool: str(value).lower()}
    text = kinds.get(type(value)) or (repr(value) if isinstance(value, str) else str(value))
    return text if len(text) <= 60 else f"{text[:59]}…"
