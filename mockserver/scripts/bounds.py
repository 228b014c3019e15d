"""What a template may do at most: a budget of steps, and functions that make no more than fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jinja2 import TemplateRuntimeError
from jinja2.runtime import Undefined

from understudy.mockserver.layout import compact

LARGEST = 1_000_000
"""Characters of what a template renders, and of every text on the way."""

_MOST_STEPS = 100_000  # loop turns and calls of one rendering
_LONGEST_RANGE = 10_000
_LARGEST_NUMBER = 4_096  # bits
_MOST_VALUES = 10_000  # in a list or an object that is written out

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
    left = _left.get()
    left[0] -= 1 + sum(map(_steps, sized))
    if left[0] < 0:
        raise TooMuch(f"it takes more than {_MOST_STEPS} loop turns and calls")


def _steps(value: Any) -> int:
    if isinstance(value, str):
        return len(value) // 1000
    return len(value) // 10 if isinstance(value, (list, tuple, range, dict, set, frozenset)) else 0


def written(value: Any) -> str:
    """Return *value* as it stands in the output: texts bare, numbers as JSON, lists and objects as JSON."""
    if isinstance(value, Undefined):
        return str(value)  # raises, naming what is not there
    if isinstance(value, str):
        return value
    return as_json(value)


def as_json(value: Any) -> str:
    left = [_MOST_VALUES]
    return compact(_plain(value, left))


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
