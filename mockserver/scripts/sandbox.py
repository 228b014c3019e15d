"""The sandbox that templates run in. Imported only where there is a template.

Filters, globals and methods of texts are there by name, each of which makes no more than it is given; every
loop turn, call and calculation is counted and measured (``bounds``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any

from jinja2 import StrictUndefined, TemplateAssertionError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from understudy.mockserver.scripts.bounds import (
    as_json,
    batch_filter,
    bounded_range,
    check_operands,
    join_filter,
    joined,
    replace_filter,
    spend,
    written,
)

_FILTERS = frozenset(
    (
        "abs", "batch", "capitalize", "count", "d", "default", "dictsort", "first", "float", "groupby",
        "int", "items", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr",
        "reverse", "round", "select", "selectattr", "sort", "sum", "title", "trim", "truncate", "unique",
        "upper", "wordcount",
    )
)  # fmt: skip
_TESTS_LEFT_OUT = frozenset(("filter", "test"))
_TEXT_METHODS = frozenset(
    (
        "capitalize", "casefold", "count", "endswith", "find", "index", "isalnum", "isalpha", "isdigit",
        "islower", "isnumeric", "isspace", "isupper", "lower", "lstrip", "partition", "removeprefix",
        "removesuffix", "rfind", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith",
        "strip", "swapcase", "title", "upper",
    )
)  # fmt: skip
_NOT_ALLOWED: Mapping[type[nodes.Node], str] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Block: "block",
}


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja with bounds."""

    intercepted_binops = frozenset(("+", "*", "**", "%", "//", "/", "-"))

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined, autoescape=False, finalize=written, keep_trailing_newline=True
        )
        own: dict[str, Callable[..., Any]] = {
            "batch": batch_filter,
            "join": join_filter,
            "replace": replace_filter,
            "string": written,
            "tojson": as_json,
        }
        chosen = {name: self.filters[name] for name in _FILTERS} | own
        self.filters = {name: _counting(found) for name, found in chosen.items()}
        self.tests = {name: test for name, test in self.tests.items() if name not in _TESTS_LEFT_OUT}
        self.globals = {"range": bounded_range}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for kind, word in _NOT_ALLOWED.items():
            if (found := tree.find(kind)) is not None:
                raise TemplateAssertionError(f"{word} is not allowed in a template", found.lineno, name)
        for loop in tree.find_all(nodes.For):
            if loop.recursive:
                raise TemplateAssertionError("recursive loops are not allowed", loop.lineno, name)
            items: Any = loop.iter  # declared wider than it is
            loop.iter = _calling("counted", [items], loop.lineno)
        return _without_concat(tree)

    def counted(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield *items*, each of which costs a step."""
        for item in items:
            spend()
            yield item

    def concatenated(self, *parts: Any) -> str:
        """Return *parts* as one text: what ``~`` means."""
        return joined("", [written(part) for part in parts])

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805  (as Jinja's)
        spend(getattr(__obj, "__self__", None), *args, *kwargs.values())
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        spend(left, right)
        check_operands(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        # Jinja lets ``format`` through by a door of its own; its widths know no bound
        if getattr(value, "__name__", "") in ("format", "format_map"):
            raise SecurityError("'format' is not allowed in a template")
        return None

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, (str, bytes)):
            return attr in _TEXT_METHODS
        return super().is_safe_attribute(obj, attr, value)


def _counting(found: Callable[..., Any]) -> Callable[..., Any]:
    """Return the filter *found*, each use of which costs by the texts it is given."""

    @wraps(found)  # with the marks by which Jinja knows what a filter is handed
    def counting(*given: Any, **named: Any) -> Any:
        spend(*given)
        return found(*given, **named)

    return counting


def _calling(name: str, given: list[nodes.Expr], line: int) -> nodes.Expr:
    """Return the node that calls our method *name*: an attribute of the environment no template can name."""
    return nodes.Call(nodes.EnvironmentAttribute(name), given, [], None, None, lineno=line)


def _without_concat(tree: nodes.Template) -> nodes.Template:
    """Return *tree* with each ``~`` as a call of ours, which is bounded."""
    several: list[nodes.Node] = [tree, *tree.find_all(nodes.Node)]
    for node in several:
        for name in node.fields:
            value = getattr(node, name)
            if isinstance(value, nodes.Concat):
                setattr(node, name, _calling("concatenated", value.nodes, value.lineno))
            elif isinstance(value, list):
                value[:] = [
                    _calling("concatenated", item.nodes, item.lineno)
                    if isinstance(item, nodes.Concat)
                    else item
                    for item in value
                ]
    return tree
