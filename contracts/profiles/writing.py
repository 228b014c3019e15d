"""A profile back to the data of its file: to be shown, saved, edited and read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from typing import Any

from understudy.contracts.profiles.profile import Profile

# list of a profile -> the member that names its entries in the file
_NAMED = {"fields": "name", "models": "models"}


def document_of(profile: Profile) -> dict[str, Any]:
    """Return *profile* as its file says it, without what is left at its default; nothing is extended."""
    document = _members(profile)
    document["contract"] = profile.contract
    for part, name in _NAMED.items():
        if part in document:
            document[part] = _by(name, document[part])
    if profile.errors:
        document["errors"] = {
            status: _without("status", _members(fact)) for status, fact in profile.errors.items()
        }
    return document


def _members(value: Any) -> dict[str, Any]:
    members = {}
    for one in fields(value):
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        said = getattr(value, one.name)
        if type(said) is not type(default) or said != default:  # False is a default that can be documented
            members[one.name] = _data(said)
    return members


def _data(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if is_dataclass(value):
        return _members(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return {key: _data(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_data(one) for one in value]
    return value


def _by(name: str, entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {entry[name]: _without(name, entry) for entry in entries}


def _without(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != name}
