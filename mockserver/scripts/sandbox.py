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
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment

from understudy.mockserver.scripts.bounds import (
    as_json,
    batch_filter,
    bounded_range,
    check_operands,
    counted,
    join_filter,
    joined,
    made,
    numbers_only,
    replace_filter,
    round_filter,
    shown,
    spend,
    spend_deep,
    spend_letters,
    split,
    sum_filter,
    written,
)
from understudy.mockserver.scripts.variables import NAMES

_FILTERS = frozenset(
    (
        "abs", "batch", "capitalize", "count", "d", "default", "dictsort", "first", "float", "groupby",
        "int", "items", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr",
        "reverse", "select", "selectattr", "sort", "title", "trim", "truncate", "unique",
        "upper", "wordcount",
    )
)  # fmt: skip
_COMPARING = frozenset(
    (
        "dictsort", "groupby", "max", "min", "sort", "unique",
        "==", "eq", "equalto", "!=", "ne", ">", "gt", "greaterthan", ">=", "ge", "<", "lt", "lessthan",
        "<=", "le", "in",
    )
)  # fmt: skip
"""Filters and tests whose work is by all that their values hold."""

_BY_LETTER = frozenset(
    (
        "groupby", "map", "max", "min", "reject", "rejectattr", "select", "selectattr", "sort", "title",
        "unique", "wordcount",
    )
)  # fmt: skip
"""Filters that take a text letter by letter, in Python: each costs as much as twenty."""

_TESTS_THAT_DIVIDE = frozenset(("divisibleby", "even", "odd"))
_TESTS_LEFT_OUT = frozenset(("filter", "test"))
_TEXT_METHODS = frozenset(
    (
        "capitalize", "casefold", "count", "endswith", "find", "index", "isalnum", "isalpha", "isdigit",
        "islower", "isnumeric", "isspace", "isupper", "lower", "lstrip", "partition", "removeprefix",
        "removesuffix", "rfind", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith",
        "strip", "swapcase", "title", "upper",
    )
)  # fmt: skip
_LIST_METHODS = frozenset(("count", "index"))
_SPLITTING = frozenset(("rsplit", "split", "splitlines"))
_MEMBERS_OF: tuple[tuple[Any, frozenset[str]], ...] = (
    (str, _TEXT_METHODS),
    (Mapping, frozenset(("get", "items", "keys", "values"))),
    ((list, tuple, range), _LIST_METHODS | {"grouper", "list"}),  # two are those of a group
)
"""What can be read of a value by name, beside the members of a mapping."""

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
            undefined=StrictUndefined, autoescape=False, finalize=shown, keep_trailing_newline=True
        )
        own: dict[str, Callable[..., Any]] = {
            "batch": batch_filter,
            "join": join_filter,
            "replace": replace_filter,
            "round": round_filter,
            "string": written,
            "sum": sum_filter,
            "tojson": as_json,
        }
        chosen = {name: self.filters[name] for name in _FILTERS} | own
        self.filters = {name: _counting(name, found) for name, found in chosen.items()}
        tests: dict[str, Any] = {
            name: test for name, test in self.tests.items() if name not in _TESTS_LEFT_OUT
        }
        tests |= {name: numbers_only(tests[name]) for name in _TESTS_THAT_DIVIDE}
        self.tests = {name: _counting(name, test) for name, test in tests.items()}
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
        blocks: Iterator[Any] = tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock))
        for block in blocks:
            letters = sum(len(data.data) for data in block.find_all(nodes.TemplateData))
            size: list[nodes.Expr] = [nodes.Const(letters)]
            block.body.insert(0, nodes.ExprStmt(_calling("passed", size, block.lineno), lineno=block.lineno))
        tree = _counted_expressions(tree)
        _check_names(tree, name)
        return tree

    def counted(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield *items*, each of which costs a step."""
        return counted(items)

    def passed(self, letters: int) -> None:
        """Count a turn through a part of the template that has so many *letters* of text."""
        spend_letters(letters)

    def compared(self, value: Any) -> Any:
        """Return *value*, which is about to be compared."""
        spend_deep(value)
        return value

    def searched(self, value: Any) -> Any:
        """Return *value*, in which something is about to be looked for."""
        return value if isinstance(value, Mapping) else self.compared(value)

    def listed(self, *members: Any) -> list[Any]:
        """Return *members* as a list: what ``[…]`` means."""
        return list(made(*members))

    def grouped(self, *members: Any) -> tuple[Any, ...]:
        """Return *members*: what ``(…)`` means."""
        return made(*members)

    def mapped(self, *members: Any) -> dict[Any, Any]:
        """Return *members*, keys and values in turn, as an object: what ``{…}`` means."""
        several = made(*members)
        return dict(zip(several[::2], several[1::2], strict=True))

    def sliced(self, value: Any, *bounds: Any) -> Any:
        """Return a slice of *value*, which costs by its own size."""
        found = self.getitem(value, slice(*bounds))
        spend(found)
        return found

    def member(self, value: Any, key: Any) -> Any:
        """Return the member of *value* under *key*, which is hashed."""
        spend_deep(key)
        return self.getitem(value, key)

    def concatenated(self, *parts: Any) -> str:
        """Return *parts* as one text: what ``~`` means."""
        return joined("", [written(part) for part in parts])

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805  (as Jinja's)
        owner, name = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        spend_deep(*args, *kwargs.values())
        (spend_deep if name in _LIST_METHODS else spend)(owner)
        if isinstance(owner, str) and name in _SPLITTING:
            found: Any = split(owner, name, *args, **kwargs)
        else:
            found = super().call(__context, __obj, *args, **kwargs)
        spend(found)
        return found

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
        for kind, names in _MEMBERS_OF:
            if isinstance(obj, kind):
                return attr in names
        # of numbers and functions nothing: ``to_bytes`` makes as much as it is told to
        return isinstance(obj, (LoopContext, Macro)) and super().is_safe_attribute(obj, attr, value)


def _counting(name: str, found: Callable[..., Any]) -> Callable[..., Any]:
    """Return the filter or test *found*, each use of which costs by what it is given and what it makes."""
    cost: Callable[..., Any] = spend_deep if name in _COMPARING else spend

    @wraps(found)  # with the marks by which Jinja knows what a filter is handed
    def counting(*given: Any, **named: Any) -> Any:
        spend()
        cost(*given, *named.values())
        if name in _BY_LETTER:
            spend_letters(20 * sum(len(value) for value in given if isinstance(value, str)))
        made_of = found(*given, **named)
        spend(made_of)
        return counted(made_of) if isinstance(made_of, Iterator) else made_of

    return counting


def _check_names(tree: nodes.Template, name: str | None) -> None:
    """Raise TemplateAssertionError for a name that no template has."""
    if unknown := find_undeclared_variables(tree) - set(NAMES):
        first = next(found for found in tree.find_all(nodes.Name) if found.name in unknown)
        there = ", ".join(NAMES)
        raise TemplateAssertionError(f"{first.name!r} is undefined; there are: {there}", first.lineno, name)


def _calling(name: str, given: list[nodes.Expr], line: int) -> nodes.Expr:
    """Return the node that calls our method *name*: an attribute of the environment no template can name."""
    return nodes.Call(nodes.EnvironmentAttribute(name), given, [], None, None, lineno=line)


def _counted_expressions(tree: nodes.Template) -> nodes.Template:
    """Return *tree* with what Python would do uncounted as calls of ours."""
    several: list[nodes.Node] = [tree, *tree.find_all(nodes.Node)]
    for node in several:
        for name in node.fields:
            value = getattr(node, name)
            if isinstance(value, list):
                value[:] = [_ours(item) for item in value]
            else:
                setattr(node, name, _ours(value))
    return tree


def _ours(node: Any) -> Any:
    """Return the call that stands for *node*, or *node* where it costs nothing."""
    turn = _TURNED.get(type(node))
    return node if turn is None else turn(node)


def _compare(node: nodes.Compare) -> nodes.Expr:
    node.expr = _calling("compared", [_ours(node.expr)], node.lineno)
    for operand in node.ops:
        name = "searched" if operand.op in ("in", "notin") else "compared"
        operand.expr = _calling(name, [_ours(operand.expr)], node.lineno)
    return node


def _tuple(node: nodes.Tuple) -> nodes.Expr:
    return node if node.ctx == "store" else _calling("grouped", node.items, node.lineno)


def _dict(node: nodes.Dict) -> nodes.Expr:
    return _calling("mapped", [part for pair in node.items for part in (pair.key, pair.value)], node.lineno)


def _getitem(node: nodes.Getitem) -> nodes.Expr:
    if isinstance(node.arg, nodes.Const):
        return node
    if not isinstance(node.arg, nodes.Slice):
        return _calling("member", [node.node, node.arg], node.lineno)
    bounds = [node.arg.start, node.arg.stop, node.arg.step]
    given = [nodes.Const(None) if bound is None else bound for bound in bounds]
    return _calling("sliced", [node.node, *given], node.lineno)


_TURNED: Mapping[type[Any], Callable[[Any], nodes.Expr]] = {
    nodes.Compare: _compare,
    nodes.Concat: lambda node: _calling("concatenated", node.nodes, node.lineno),
    nodes.Dict: _dict,
    nodes.Getitem: _getitem,
    nodes.List: lambda node: _calling("listed", node.items, node.lineno),
    nodes.Tuple: _tuple,
}
