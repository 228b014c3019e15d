"""YAML and JSON text to a tree of nodes that know their lines. Imported only where a user's file is read.

Scalars are those of YAML 1.2 (``no`` and ``12:30`` are text), and nothing but plain data can be written.
PyYAML's own loaders follow YAML 1.1, let a key stand twice and cannot say where a value stood.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

import yaml
from yaml import YAMLError
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import Resolver
from yaml.scanner import Scanner

try:
    from yaml.cyaml import CParser as _Events  # type: ignore[attr-defined]
except ImportError:  # a PyYAML that was built without libyaml: the same events, some six times slower
    _Events = None  # type: ignore[assignment,misc]

__all__ = ["Node", "YAMLError", "compose", "line_of_error"]

Node: TypeAlias = yaml.Node

_CORE = "tag:yaml.org,2002:"
_NUMERIC = list("-+0123456789")


class _Core(Resolver):
    """The core schema of YAML 1.2, less its special floats: they have no JSON form."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own name)


_Core.add_implicit_resolver(f"{_CORE}null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Core.add_implicit_resolver(
    f"{_CORE}bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Core.add_implicit_resolver(f"{_CORE}int", re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"), _NUMERIC)
_Core.add_implicit_resolver(
    f"{_CORE}float",
    re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
    [*_NUMERIC, "."],
)


class _Slow(Reader, Scanner, Parser, Composer, _Core):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        _Core.__init__(self)


if _Events is None:
    _Fast: Any = _Slow
else:

    class _Quick(Composer, _Events, _Core):
        """libyaml reads, Python composes: libyaml's own composer ends the process on deep nesting."""

        def __init__(self, text: str) -> None:
            _Events.__init__(self, text)
            Composer.__init__(self)
            _Core.__init__(self)

    _Fast = _Quick


def compose(text: str) -> Node | None:
    """Return the root of the one document in *text*, None for an empty one.

    Raises yaml.YAMLError, RecursionError, or UnicodeEncodeError for half a surrogate pair.
    """
    if _is_json(text):
        # libyaml knows no surrogate pairs, and neither reads tabs between tokens. JSON has tabs nowhere else
        return _node(_Slow(text.replace("\t", " ")))
    return _node(_Fast(text))


def line_of_error(error: Exception, text: str) -> tuple[int, str]:
    """Return the line, from 1, and the reason of what ``compose`` raised."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        words = [word for word in (error.context, error.problem) if word]
        last = text.count("\n") + 1  # libyaml may point behind the end
        return (min(mark.line + 1, last) if mark else 1), ", ".join(words) or "not YAML"
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return line, f"the character U+{ord(chr(error.character)):04X} is not allowed"
    if isinstance(error, RecursionError):
        return 1, "nested too deeply"
    return 1, " ".join(str(error).split())


def _node(loader: Any) -> Node | None:
    try:
        node: Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
