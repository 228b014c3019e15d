"""Profiles from their files: the built-in ones, and those that users lay over them.

The form of a file is ``profile.schema.json``. The built-in files are held to it by a test, so that
a server starts without reading a schema; a user's file is held to it here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from understudy.contracts.profiles.profile import (
    ErrorFact,
    ErrorVariant,
    Field,
    Model,
    Prices,
    Profile,
    Retry,
)
from understudy.contracts.requests.findings import RULES

Document: TypeAlias = Mapping[str, Any]

_FOLDER = "understudy.contracts.profiles"
_OWN = ("title", "about", "source")  # of the file that says them, never of what it extends
_STILL_RULED = (
    "null takes no {0!r} away from the contract openai, which knows it; say what holds for {0!r}, "
    "or take contract: compatible, under which it is noted as undocumented"
)
_REPLY_BY_KEY = ("stream", "draws", "headers")


@cache
def names() -> tuple[str, ...]:
    """Return the names of the built-in profiles, ``openai`` first."""
    found = [entry.name for entry in (files(_FOLDER) / "data").iterdir()]
    stems = [name.removesuffix(".json") for name in found if name.endswith(".json")]
    return tuple(sorted(stems, key=lambda name: (name != "openai", name)))


@cache
def profile(name: str) -> Profile:
    """Return the built-in profile *name*. Raises ValueError, naming what there is."""
    return _profile(_built_in(name))


@cache
def _built_in(name: str) -> Document:
    """Return the data of the built-in profile *name*, laid over what it extends. Raises ValueError."""
    if name not in names():
        raise ValueError(f"no profile {name!r}; there are: {', '.join(names())}")
    text = (files(_FOLDER) / "data" / f"{name}.json").read_text("utf-8")
    return _whole(json.loads(text, parse_float=Decimal))


def read_profile(text: str, where: str) -> Profile:
    """Return the profile in *text*, YAML or JSON, laid over what it extends; *where* names the file.

    Raises ValueError with a line ``file:line: path: reason`` for every mistake.
    """
    # loaded here: only for a user's file
    from understudy.contracts.marked import read_marked
    from understudy.contracts.mistakes import mistakes, nearest

    marked = read_marked(text, where, read_float=Decimal)
    found = mistakes(marked, _schema("profile"), {"reply.schema.json": _schema("reply")})
    extends = "openai" if found else marked.value.get("extends", "openai")
    if extends not in names():
        reason = f"no profile {extends!r}{nearest(extends, names())}; there are: {', '.join(names())}"
        found = (marked.mistake(("extends",), reason),)
    found = found or tuple(marked.mistake(path, reason) for path, reason in _contradictions(marked.value))
    if found:
        raise ValueError("\n".join(found))
    return _profile(_whole(marked.value))


def _profile(document: Document) -> Profile:
    """Return the value of *document*, which is sound and whole."""
    plain = _plain(document)
    made = {
        "fields": tuple(
            Field(**{**entry, **_texts(entry), "name": name}) for name, entry in _entries(plain, "fields")
        ),
        "models": tuple(_model(name, document["models"][name]) for name, _ in _entries(plain, "models")),
        "errors": {status: _error(status, entry) for status, entry in _entries(plain, "errors")},
        "retry": tuple(_retry(entry) for entry in plain.get("retry", ())),
        "roles": tuple(plain.get("roles", ())),
        "waived": frozenset(plain.get("waived", ())),
    }
    return Profile(**{**plain, **made})


def _whole(own: Document) -> Document:
    """Return *own* laid over what it extends: entry by entry, and null takes an entry away."""
    base = _built_in(own["extends"]) if "extends" in own else {}
    whole = {key: value for key, value in base.items() if key not in _OWN}
    whole.update((key, value) for key, value in own.items() if key not in ("extends", "$schema"))
    for part in ("fields", "errors", "notes"):
        if part in whole:
            whole[part] = _laid(base.get(part, {}), own.get(part, {}))
    if "sources" in whole:
        whole["sources"] = _laid(_sources_kept(base, own), own.get("sources", {}))
    if "models" in whole:
        models, mine = base.get("models", {}), own.get("models", {})
        laid = _laid(models, mine)
        # the first glob that fits counts: a profile's own come before those it inherits
        whole["models"] = {name: laid[name] for name in dict.fromkeys((*mine, *models)) if name in laid}
    if "reply" in whole:
        whole["reply"] = _reply(base.get("reply", {}), own.get("reply", {}))
    return whole


def _laid(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    laid = dict(base)
    for name, entry in own.items():
        inherited = base.get(name)
        if isinstance(entry, dict) and isinstance(inherited, dict):
            # who said what was inherited did not say what is changed here
            kept = {key: value for key, value in inherited.items() if key != "source" or not entry}
            laid[name] = {**kept, **entry}
        else:
            laid[name] = entry
    return {name: entry for name, entry in laid.items() if entry is not None}


def _sources_kept(base: Document, own: Document) -> dict[str, Any]:
    """Return the inherited sources of those sections and notes that *own* leaves as they are."""
    said = own.keys() | own.get("notes", {}).keys()
    return {name: source for name, source in base.get("sources", {}).items() if name not in said}


def _reply(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    # a template is replaced whole, since the order of its keys matters; null is data here
    deeper = {key: {**base[key], **own[key]} for key in _REPLY_BY_KEY if key in base and key in own}
    return {**base, **own, **deeper}


def _contradictions(document: Document) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield what no schema can say is wrong with *document*, and where."""
    # loaded here: only for a user's file
    from understudy.contracts.mistakes import nearest

    for index, rule in enumerate(document.get("waived", ())):
        if rule not in RULES:
            yield ("waived", index), f"no rule {rule!r}{nearest(rule, RULES)}"
    whole = _whole(document)
    if whole.get("contract", "openai") == "openai":
        ruled = {field.name for field in profile("openai").fields}
        for name, entry in _entries(document, "fields"):
            if entry is None and name in ruled:
                yield ("fields", name), _STILL_RULED.format(name)
    for name, entry in _entries(whole, "fields"):
        low, high = entry.get("minimum"), entry.get("maximum")
        if low is not None and high is not None and low > high:
            yield ("fields", name, "minimum"), f"{low} is above the maximum, {high}"


def _entries(document: Document, part: str) -> list[tuple[str, dict[str, Any]]]:
    return list(document.get(part, {}).items())


def _texts(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(entry[key]) for key in ("types", "values") if key in entry}


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    prices = entry.get("prices")
    return Model(
        name,
        **{
            **entry,
            "capabilities": tuple(entry.get("capabilities", ())),
            "prices": None if prices is None else Prices(**dict(map(_price, prices.items()))),
        },
    )


def _price(member: tuple[str, Any]) -> tuple[str, Any]:
    name, value = member
    return name, value if name == "source" or value is None else Decimal(value)


def _error(status: str, entry: Mapping[str, Any]) -> ErrorFact:
    variants = tuple(ErrorVariant(**one) for one in entry.get("variants", ()))
    return ErrorFact(status, **{**entry, "variants": variants})


def _retry(entry: Mapping[str, Any]) -> Retry:
    lists = {key: tuple(entry[key]) for key in ("statuses", "waits") if key in entry}
    return Retry(**{**entry, **lists})


def _plain(value: Any) -> Any:
    """Return *value* with numbers as JSON has them: only prices are decimals, and those are read apart."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value


def _schema(kind: str) -> Document:
    text = (files(_FOLDER) / f"{kind}.schema.json").read_text("utf-8")
    schema: Document = json.loads(text)
    return schema
