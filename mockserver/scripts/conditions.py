"""What a rule asks of a request, key by key: whether it holds, and the words for when it does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from understudy.mockserver.scripts.facts import Facts, Result
from understudy.mockserver.scripts.paths import canonical
from understudy.mockserver.scripts.rule import ANYTHING, At, Named, ToolResult, When
from understudy.mockserver.scripts.texts import Text

_SHOWN = 60  # characters of a value
_GLOB = frozenset("*?[")


class Condition(NamedTuple):
    """One key of a rule. *came* says what the request has there, *expected* what the rule asks. *slow*: it
    looks around or back in texts, and is asked once."""

    key: str
    holds: Callable[[Facts], bool]
    came: Callable[[Facts], str]
    expected: str
    slow: bool = False


def conditions(when: When) -> tuple[Condition, ...]:
    """Return all that *when* asks, what is quickest to tell first."""
    return tuple(_conditions(when))


def is_glob(pattern: str) -> bool:
    """Return whether *pattern* may fit other texts than itself."""
    return not _GLOB.isdisjoint(pattern)


def shown(value: Any) -> str:
    """Return *value* as JSON, of bounded length."""
    if isinstance(value, str) and len(value) > _SHOWN:
        value = value[: _SHOWN - 1] + "…"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 2 * _SHOWN else text[: 2 * _SHOWN - 1] + "…"


def _conditions(when: When) -> Iterator[Condition]:
    yield from _plain(when)
    for key, wanted in (("user", when.user), ("system", when.system)):
        if wanted is not None:
            yield _text(key, wanted)
    if when.any_message is not None:
        yield _any_message(when.any_message)
    if when.tool_result is not None:
        yield _tool_result(when.tool_result)
    yield from _named("headers", when.headers, lambda facts: facts.headers)
    yield from _named("metadata", when.metadata, lambda facts: facts.metadata)
    yield from map(_at, when.body)
    if when.shape is not None:
        fits = when.shape.fits
        yield Condition(
            "body.schema", lambda facts: fits(facts.chat.document), _another_body, "to fit the schema"
        )
    if when.predicate is not None:
        called = when.predicate
        name = getattr(called, "__name__", "a callable")
        yield Condition(
            "predicate", lambda facts: bool(called(facts.chat)), lambda _: "false", f"{name} to hold"
        )


def _plain(when: When) -> Iterator[Condition]:
    """Yield the keys whose values are simply compared."""
    if (turn := when.turn) is not None:
        yield Condition("turn", lambda facts: facts.turn == turn, lambda facts: str(facts.turn), str(turn))
    if (stream := when.stream) is not None:
        expected = shown(stream)
        yield Condition(
            "stream", lambda facts: facts.stream is stream, lambda facts: shown(facts.stream), expected
        )
    if models := when.model:
        yield _model(models)
    if (form := when.response_format) is not None:
        yield Condition(
            "response_format",
            lambda facts: facts.response_format == form,
            lambda facts: facts.response_format,
            form,
        )
    if (tools := when.tools) is not None:
        yield _tools(frozenset(tools))


def _model(models: tuple[str, ...]) -> Condition:
    def fits(facts: Facts) -> bool:
        return any(fnmatchcase(facts.model, pattern) for pattern in models)

    if len(models) == 1 and not is_glob(models[0]):
        return Condition(
            "model", lambda facts: facts.model == models[0], lambda facts: shown(facts.model), models[0]
        )
    return Condition("model", fits, lambda facts: shown(facts.model), " or ".join(models))


def _tools(wanted: frozenset[str]) -> Condition:
    def came(facts: Facts) -> str:
        return ", ".join(sorted(facts.tools)) or "none"

    if not wanted:
        return Condition("tools", lambda facts: not facts.tools, came, "none on offer")
    return Condition("tools", lambda facts: wanted <= facts.tools, came, ", ".join(sorted(wanted)))


def _text(key: str, wanted: Text) -> Condition:
    def came(facts: Facts) -> str:
        text: str | None = getattr(facts, key)
        return f"no {key} message" if text is None else shown(text)

    slow = not wanted.linear
    if key == "user":
        return Condition(key, lambda facts: wanted.fits(facts.user), came, str(wanted), slow)
    return Condition(key, lambda facts: wanted.fits(facts.system), came, str(wanted), slow)


def _any_message(wanted: Text) -> Condition:
    def came(facts: Facts) -> str:
        return f"{len(facts.texts)} messages, none of which does"

    return Condition(
        "any_message",
        lambda facts: wanted.fits_one(reversed(facts.texts)),
        came,
        str(wanted),
        not wanted.linear,
    )


def _tool_result(wanted: ToolResult) -> Condition:
    def fits(result: Result) -> bool:
        return (wanted.tool is None or fnmatchcase(result.name, wanted.tool)) and (
            wanted.id is None or result.id == wanted.id
        )

    def came(facts: Facts) -> str:
        told = [f"{result.name or 'a tool'} ({result.id}): {shown(result.text)}" for result in facts.results]
        return "; ".join(told) or "no result of a tool since the assistant spoke"

    said = [f"of the tool {wanted.tool}"] if wanted.tool is not None else []
    said += [f"of the call {wanted.id}"] if wanted.id is not None else []
    expected = " ".join(["a result", *said, str(wanted.text)])
    return Condition(
        "tool_result",
        lambda facts: wanted.text.fits_one(result.text for result in facts.results if fits(result)),
        came,
        expected,
        not wanted.text.linear,
    )


def _named(key: str, wanted: Named, of: Callable[[Facts], Mapping[str, str]]) -> Iterator[Condition]:
    for name, text in wanted:
        yield _member(f"{key}.{name}", name, text, of)


def _member(key: str, name: str, wanted: Text | None, of: Callable[[Facts], Mapping[str, str]]) -> Condition:
    def came(facts: Facts) -> str:
        return shown(of(facts)[name]) if name in of(facts) else "absent"

    if wanted is None:
        return Condition(key, lambda facts: name not in of(facts), came, "to be absent")
    return Condition(
        key, lambda facts: wanted.fits(of(facts).get(name)), came, str(wanted), not wanted.linear
    )


def _at(wanted: At) -> Condition:
    key, query = f"body[{wanted.query.text!r}]", wanted.query

    def came(facts: Facts) -> str:
        found = facts.nodes(query)
        return ", ".join(map(shown, found[:3])) if found else "absent"

    if wanted.exists is not None:
        return Condition(
            key,
            lambda facts: bool(facts.nodes(query)) is wanted.exists,
            came,
            "to be there" if wanted.exists else "to be absent",
        )
    if (text := wanted.text) is not None:
        return Condition(
            key,
            lambda facts: text.fits_one(value for value in facts.nodes(query) if isinstance(value, str)),
            came,
            str(text),
            not text.linear,
        )
    if wanted.equals is ANYTHING:
        return Condition(key, lambda facts: bool(facts.nodes(query)), came, "to be there")
    expected = canonical(wanted.equals)
    return Condition(
        key, lambda facts: expected in facts.values(query), came, f"to be {shown(wanted.equals)}"
    )


def _another_body(facts: Facts) -> str:
    return f"a body with {', '.join(facts.chat.document)}"[: 2 * _SHOWN]
