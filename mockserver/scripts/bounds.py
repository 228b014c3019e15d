"""What a template may do at most: a budget of steps, and functions that make no more than fits."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jinja2 import Environment, TemplateRuntimeError, pass_environment
from jinja2.filters import do_round, make_attrgetter
from jinja2.runtime import Undefined

from understudy.mockserver.layout import compact

LARGEST = 1_000_000
"""Characters of what a template renders, and of every text on the way."""

_MOST_STEPS = 100_000  # loop turns and calls of one rendering
_LONGEST_RANGE = 10_000
_LARGEST_NUMBER = 4_096  # bits
_MOST_VALUES = 10_000  # in a list or an object that is written out

_LETTERS, _MEMBERS = 1000, 10  # of a text, of a list: so many cost a step
_DEEPEST = 100  # lists in lists
_MOST_DIGITS = 100  # that are rounded to
_HOLDERS = (list, tuple, range, set, frozenset, dict, ItemsView, KeysView, ValuesView)
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"

_left: ContextVar[list[int]] = ContextVar("left")


class TooMuch(TemplateRuntimeError):
    """A template wants more work done, or more made, than there is room for."""


@contextmanager
def budget() -> Iterator[None]:
    """Count what is rendered inside, from nothing."""
    token = _left.set([_MOST_STEPS])
    try:
        yield
    finally:
        _left.reset(token)


def spend(*sized: Any) -> None:
    """Take a step from the budget, and more by the size of what is worked on: one for each thousand
    characters of a text, one for each ten members of anything else that has members."""
    _take(sum(map(_steps, sized)))


def spend_deep(*sized: Any) -> int:
    """Take steps like ``spend``, by all that *sized* hold at any depth, as often as they hold it: for what
    compares or hashes. Return how deep they are."""
    left = _left.get()[0]
    level: list[Any] = list(sized)
    depth = members = letters = 0
    while level:
        depth += 1
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                letters += len(value)
            elif isinstance(value, _HOLDERS):
                members += len(value)
                if members > left * _MEMBERS:
                    _take(left)  # before the members are gathered: they may be more than there is memory for
                if isinstance(value, dict):
                    below += [*value, *value.values()]
                elif not isinstance(value, range):
                    below.extend(value)
        level = below
    _take(members // _MEMBERS + letters // _LETTERS)
    return depth


def spend_letters(number: int) -> None:
    """Take a step, and those of *number* characters."""
    _take(number // _LETTERS)


def _take(more: int) -> None:
    left = _left.get()
    left[0] -= 1 + more
    if left[0] < 0:
        raise TooMuch(f"it takes more than {_MOST_STEPS} loop turns and calls")


def _steps(value: Any) -> int:
    if isinstance(value, str):
        return len(value) // _LETTERS
    return len(value) // _MEMBERS if isinstance(value, _HOLDERS) else 0


def counted(items: Iterable[Any]) -> Iterator[Any]:
    """Yield *items*, each of which costs a step."""
    for item in items:
        spend()
        yield item


def made(*members: Any) -> tuple[Any, ...]:
    """Return the *members* of a list that is made, which has room for so many and nests so deep at most."""
    if spend_deep(members) > _DEEPEST:
        raise TooMuch(f"it nests lists more than {_DEEPEST} deep")
    return members


def shown(value: Any) -> str:
    """Return *value* as ``written``, which costs by its length."""
    found = written(value)
    if _left.get(None) is not None:  # None: Jinja writes out constants while it compiles
        spend(found)
    return found


def written(value: Any) -> str:
    """Return *value* as it stands in the output: texts bare, numbers as JSON, lists and objects as JSON."""
    if isinstance(value, Undefined):
        return str(value)  # raises, naming what is not there
    if isinstance(value, str):
        return value
    return as_json(value)


def as_json(value: Any) -> str:
    left = [_MOST_VALUES]
    plain = _plain(value, left)
    if _left.get(None) is not None:  # None: Jinja writes out constants while it compiles
        _take((_MOST_VALUES - left[0]) // _MEMBERS)
    return compact(plain)


def _plain(value: Any, left: list[int]) -> Any:
    """Return *value* as JSON has it. Counts values, for a list may hold itself many times over."""
    left[0] -= 1
    if left[0] < 0:
        raise TooMuch(f"it writes out more than {_MOST_VALUES} values")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Undefined):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(member, left) for key, member in value.items()}
    if isinstance(value, Iterable):
        return [_plain(item, left) for item in value]
    raise TypeError(f"{type(value).__name__} cannot be written out")


def check_operands(operator: str, left: Any, right: Any) -> None:
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if numbers:
        if isinstance(left, float) or isinstance(right, float):
            return  # these overflow by themselves
        size = (
            left.bit_length() * max(right, 1) if operator == "**" else left.bit_length() + right.bit_length()
        )
        if size > _LARGEST_NUMBER:
            raise TooMuch(f"it calculates with numbers of more than {_LARGEST_NUMBER} bits")
    elif operator == "+" and type(left) is type(right) and isinstance(left, (str, list, tuple)):
        if len(left) + len(right) > (LARGEST if isinstance(left, str) else _MOST_VALUES):
            raise TooMuch("it adds up more than there is room for")
    else:
        kinds = f"{type(left).__name__} {operator} {type(right).__name__}"
        raise TypeError(f"{kinds} is not allowed in a template; ~ joins texts")


def bounded_range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > _LONGEST_RANGE:
        raise TooMuch(f"range is longer than {_LONGEST_RANGE}")
    return found


def join_filter(items: Iterable[Any], between: str = "") -> str:
    """The filter ``join``."""
    return joined(written(between), [written(item) for item in items])


def joined(between: str, texts: list[str]) -> str:
    if sum(map(len, texts)) + len(between) * len(texts) > LARGEST:
        raise TooMuch(f"it joins more than {LARGEST} characters")
    found = between.join(texts)
    spend(found)
    return found


def replace_filter(text: Any, old: str, new: str) -> str:
    """The filter ``replace``."""
    said, old, new = written(text), written(old), written(new)
    if len(said) + said.count(old) * len(new) > LARGEST:
        raise TooMuch(f"replace makes more than {LARGEST} characters")
    return said.replace(old, new)


def batch_filter(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The filter ``batch``, without what fills the last one."""
    if size < 1:
        raise ValueError(f"batch({size}): the size is 1 or more")
    several: list[Any] = []
    for item in items:
        spend()
        several.append(item)
        if len(several) == size:
            yield several
            several = []
    if several:
        yield several


@pass_environment
def sum_filter(environment: Environment, items: Iterable[Any], attribute: Any = None, start: Any = 0) -> Any:
    """The filter ``sum``: of what ``+`` adds."""
    read = make_attrgetter(environment, attribute)
    total = start
    for item in items:
        value = read(item)
        spend(total, value)
        check_operands("+", total, value)
        total = total + value
    return total


def round_filter(value: float, precision: int = 0, method: Any = "common") -> Any:
    """The filter ``round``. Every digit more is a factor of ten, so these are bounded."""
    if abs(precision) > _MOST_DIGITS:
        raise TooMuch(f"round to more than {_MOST_DIGITS} digits")
    return do_round(value, precision, method)


def numbers_only(test: Callable[..., bool]) -> Callable[..., bool]:
    """Return a *test* that divides for numbers only: with a text, ``%`` would write as wide as it says."""

    def dividing(*given: Any) -> bool:
        for one in given:
            if not isinstance(one, (int, float)):
                raise TypeError(f"{type(one).__name__} is no number")
        return test(*given)

    return dividing


def split(text: str, method: str, *given: Any, **named: Any) -> list[str]:
    """Return what *text*'s *method* (split, rsplit, splitlines) makes, in bounded room."""
    if method == "splitlines":
        pieces = sum(map(text.count, _LINE_ENDS)) - text.count("\r\n")
        found = text.splitlines(*given, **named) if pieces <= _MOST_VALUES else []
    else:
        found, pieces = _split(text.split if method == "split" else text.rsplit, *given, **named)
    if pieces > _MOST_VALUES:
        raise TooMuch(f"{method} makes more than {_MOST_VALUES} texts")
    return found


def _split(
    method: Callable[..., list[str]], sep: str | None = None, maxsplit: int = -1
) -> tuple[list[str], int]:
    most = _MOST_VALUES if maxsplit < 0 else min(maxsplit, _MOST_VALUES)
    found = method(sep, most)
    return found, len(found)
