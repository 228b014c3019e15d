"""JSON documents against our JSON Schemas: a fast yes or no, and the reasons where it is no.

``jsonschema`` defines what is valid and finds the reasons; ``jsonschema_rs``, built from the same
document, stands in front of it, some hundred times faster. A test holds the two equal over
recorded traffic. Nothing is ever fetched: a reference that leaves the document is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NoReturn

import jsonschema_rs

from understudy.contracts.profiles.loading import profile as built_in_profile
from understudy.contracts.profiles.profile import Contract, Profile

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

KINDS = (
    "request",
    "completion",
    "chunk",
    "error",
    "model",
    "models",
    "stored_list",
    "message_list",
    "deleted",
)
PROFILES: tuple[Contract, ...] = ("openai", "compatible")
"""The contracts. Every other profile is laid over one of them."""


class Judge:
    """One JSON Schema: a fast yes or no, and the reasons where it is no."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._fast = jsonschema_rs.Draft202012Validator(dict(schema), retriever=_refuse)

    def is_valid(self, document: Any) -> bool:
        """Return whether *document* fits."""
        try:
            return self._fast.is_valid(document)
        except UnicodeEncodeError:
            # half a surrogate pair: JSON text can escape one, Rust's strings cannot hold one
            return not self.errors(document)

    def errors(self, document: Any) -> Sequence[ValidationError]:
        """Return what ``jsonschema`` finds wrong with *document*, in document order."""
        found = self._thorough.iter_errors(document)
        return sorted(found, key=lambda error: [str(part) for part in error.absolute_path])

    @cached_property
    def _thorough(self) -> Draft202012Validator:
        # loaded here: explaining is rare, and the import costs more than starting a server
        from jsonschema import Draft202012Validator, ValidationError, validators
        from referencing import Registry

        def pattern(_: Any, expected: str, value: Any, __: Any) -> Iterator[ValidationError]:
            # ECMA-262 and Rust: `$` is the end of the text; Python alone lets a newline follow it
            if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", expected), value):
                yield ValidationError(f"{value!r} does not match {expected!r}")

        extend: Any = validators.extend  # has no annotations
        checker = extend(Draft202012Validator, {"pattern": pattern})
        validator: Draft202012Validator = checker(self._schema, registry=Registry())
        return validator


def contract_of(profile: str | Profile) -> Contract:
    """Return the contract that judges the replies of *profile*, a value or a built-in name.

    Raises ValueError for another name.
    """
    if profile == "openai":
        return "openai"
    known = built_in_profile(profile) if isinstance(profile, str) else profile
    return known.replies or known.contract


@cache
def schema(kind: str, profile: str = "openai") -> Mapping[str, Any]:
    """Return the JSON Schema of *kind* under *profile*, one of the two contracts.

    Raises ValueError, naming what there is, for a kind or a contract that does not exist.
    """
    if profile not in PROFILES:
        raise ValueError(f"no profile {profile!r}; there are: {', '.join(PROFILES)}")
    if kind not in KINDS:
        raise ValueError(f"no contract for {kind!r}; there are: {', '.join(KINDS)}")
    text = (files("understudy.contracts") / "schemas" / profile / f"{kind}.json").read_text("utf-8")
    document: Mapping[str, Any] = json.loads(text)
    return document


def is_valid(kind: str, document: Any, profile: str = "openai") -> bool:
    """Return whether *document* fits, without saying why not: the hot path."""
    return _judge(kind, profile).is_valid(document)


def schema_errors(kind: str, document: Any, profile: str = "openai") -> Sequence[ValidationError]:
    """Return what ``jsonschema`` finds wrong with *document*, in document order."""
    return _judge(kind, profile).errors(document)


@cache
def _judge(kind: str, profile: str) -> Judge:
    return Judge(schema(kind, profile))


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched: contracts stand alone")
