"""Values that satisfy a JSON Schema, drawn from chance: the arguments and answers of generated replies.

A schema is read once into alternatives (``shapes``, ``alternatives``), a value is drawn from one of
them, and ``jsonschema_rs`` says whether it is valid; where it is not, another is drawn. So a value that
comes back is valid always, and where none is found there is an error with the reason.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Mapping
from functools import lru_cache
from random import Random
from typing import Any, NoReturn

import jsonschema_rs

from understudy.mockserver.instances.allowance import Allowance, Exhausted
from understudy.mockserver.instances.alternatives import Alternatives
from understudy.mockserver.instances.drawing import Drawing
from understudy.mockserver.instances.plan import SchemaPlan, Unsatisfiable
from understudy.mockserver.instances.references import References
from understudy.mockserver.instances.shapes import Schema
from understudy.mockserver.instances.strings import Words, plain_words

__all__ = ["Unsatisfiable", "instance"]

_TRIES = 60
_KEPT = 512  # schemas
_KEPT_SIZE = 65_536  # bytes; larger schemas are read again each time


def instance(schema: Mapping[str, Any] | bool, chance: Random, *, words: Words = plain_words) -> Any:
    """Return a value that *schema* accepts, with members in the schema's order.

    Equal schemas and equal chance give equal values. *words* gives the plain texts: it is called with
    chance and the name of the property. Raises Unsatisfiable where no value was found.
    """
    plan, validator = _compiled(schema)
    budget, allowance = plan.budget, Allowance()
    reason = Unsatisfiable("no value that was tried is valid")
    for attempt in range(_TRIES):
        try:
            wild = attempt > 3 and attempt % 2 == 1  # first what is likely, then everything
            value = Drawing(plan, chance, words, allowance, wild=wild).value(plan.root, budget, "")
        except Unsatisfiable as error:
            reason = error
            continue
        except Exhausted as error:
            raise Unsatisfiable(str(error)) from None
        if validator.is_valid(value):
            return value
    raise reason


def _compiled(schema: Schema) -> tuple[SchemaPlan, Any]:
    try:
        document: Any = schema
        key = marshal.dumps(document, 0)  # the quickest way to compare JSON by content
    except ValueError as error:
        raise Unsatisfiable(f"a schema must be JSON: {error}") from None
    return (_remembered if len(key) <= _KEPT_SIZE else _compile)(key)


def _compile(key: bytes) -> tuple[SchemaPlan, Any]:
    schema = marshal.loads(key)  # noqa: S302  (our own bytes, made a moment ago)
    if not isinstance(schema, (dict, bool)):
        raise Unsatisfiable(f"a schema is an object or a boolean, not {json.dumps(schema)[:80]}")
    try:
        validator = jsonschema_rs.validator_for(schema, validate_formats=True, retriever=_refuse)
        return SchemaPlan(schema, Alternatives(schema)), validator
    except jsonschema_rs.ValidationError as error:
        reason, where = error.message, list(error.instance_path)
        if not where:  # then it is no keyword that is wrong, but what one leads to
            reason = References(schema).lost() or reason
        place = f" (at {'/'.join(map(str, where))})" if where else ""
        raise Unsatisfiable(f"not a schema that can be read: {reason[:300]}{place}") from None
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        raise Unsatisfiable(f"not a schema that can be read: {str(error)[:300]}") from None


_remembered = lru_cache(maxsize=_KEPT)(_compile)


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched: schemas stand alone")
