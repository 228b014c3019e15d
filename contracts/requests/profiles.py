"""What a profile documents of a request, laid over its contract: fields, ranges, roles, and what is waived.

The fields become one JSON Schema, so that a breach is found and worded as one of the contract is.
What the profile documents just as its contract does costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from understudy.contracts.documents import Judge, schema
from understudy.contracts.profiles.loading import profile as built_in
from understudy.contracts.profiles.profile import Field, Model, Profile
from understudy.contracts.requests.findings import NOTHING, Finding
from understudy.contracts.requests.models import over_output
from understudy.contracts.requests.shape import Misfit, in_words
from understudy.contracts.requests.words import listed
from understudy.contracts.violations import Violation

# attribute of a field -> keyword that says it
_KEYWORDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "min_items": "minItems",
    "max_items": "maxItems",
    "max_length": "maxLength",
}

# rule of the contract -> attribute of a field that takes its place
_SAYS = {
    "invalid_type": "types",
    "invalid_value": "values",
    "integer_below_min_value": "minimum",
    "decimal_below_min_value": "minimum",
    "integer_above_max_value": "maximum",
    "decimal_above_max_value": "maximum",
    "empty_array": "min_items",
    "array_above_max_length": "max_items",
    "string_above_max_length": "max_length",
}


class Overlay:
    """A profile's own demands on a request."""

    def __init__(
        self,
        profile: Profile,
        fields: Sequence[Field],
        roles: Sequence[str],
        models: Collection[Model],
    ) -> None:
        self._profile = profile
        self._models = models
        self._judge = Judge(_schema(fields))
        self._fields = {field.name: field for field in fields}
        self._roles = roles
        self._offers_tools = any(field.name == "tools" for field in profile.fields)
        self._documented = {field.name for field in profile.fields}
        # OpenAI refuses what it does not know; the others are known to let it pass
        self._notes_others = bool(profile.fields) and profile.contract != "openai"
        self._name = profile.title or profile.name
        self._waived = profile.waived

    def misfits(self, document: object) -> Sequence[Misfit]:
        """Return where the documented fields are not as documented."""
        return () if self._judge.is_valid(document) else in_words(self._judge.errors(document))

    def findings(self, document: object, broken: Collection[str]) -> Sequence[Finding]:
        """Return the roles that are not documented, what else is not, and what the model cannot.

        *broken* names the fields that have a misfit already.
        """
        if not isinstance(document, dict):
            return NOTHING
        over = self._over_output(document, broken)
        return [*self._other_roles(document), *self._others(document), *over]

    def kept(self, found: Iterable[Finding], document: object) -> Iterable[Finding]:
        """Return what the contract *found*, without the cap of a model whose own is documented here."""
        if self._output(document) is None:
            return found
        return [finding for finding in found if finding.rule != "output_over_cap"]

    def keeps(self, misfit: Misfit) -> bool:
        """Return whether the contract's *misfit* holds here too: the profile says nothing else itself."""
        name = str(misfit.parts[0]) if misfit.parts else ""
        if misfit.rule == "unknown_parameter" and len(misfit.parts) == 1:
            return name not in self._documented
        if self._roles and misfit.rule == "invalid_value" and misfit.parts[-1:] == ("role",):
            return False
        field = self._fields.get(name) if len(misfit.parts) == 1 else None
        says = getattr(field, _SAYS.get(misfit.rule, ""), None)
        return says is None or says == ()

    def without_waived(self, found: Iterable[Violation]) -> tuple[Violation, ...]:
        """Return *found* without the rules that this API does not have."""
        return tuple(violation for violation in found if violation.rule not in self._waived)

    def _output(self, document: object) -> int | None:
        """Return the most tokens that the profile itself documents for the answers of the model."""
        name = document.get("model") if self._models and isinstance(document, dict) else None
        model = self._profile.model(name) if isinstance(name, str) else None
        return model.output if model in self._models and model is not None else None

    def _over_output(self, document: Mapping[str, Any], broken: Collection[str]) -> Iterator[Finding]:
        cap = self._output(document)
        if cap is None:
            return
        for name in _CAPPED:
            value = document.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float) or name in broken:
                continue
            if value > cap:
                yield over_output(name, value, cap)

    def _other_roles(self, document: Mapping[str, Any]) -> Iterator[Finding]:
        messages = document.get("messages")
        if not self._roles or not isinstance(messages, list):
            return
        for index, message in enumerate(messages):
            role = message.get("role") if isinstance(message, dict) else None
            if not isinstance(role, str) or role in self._roles:
                continue
            param = f"messages[{index}].role"
            if role == "tool" and self._offers_tools and document.get("tools"):
                # tools are documented and the role that answers them is not: no loop would ever end
                yield Finding("undocumented_role", param, f"{self._name} documents no role 'tool'.")
            else:
                yield Finding("invalid_value", param, _NO_ROLE.format(role, listed(self._roles)))

    def _others(self, document: Mapping[str, Any]) -> Iterator[Finding]:
        if self._notes_others:
            for name in document:
                if name not in self._documented:
                    yield Finding("undocumented_parameter", name, f"{self._name} documents no '{name}'.")


_CAPPED = ("max_tokens", "max_completion_tokens")
_NO_ROLE = "Invalid value: '{}'. Supported values are: {}."


@lru_cache(maxsize=32)
def overlay_of(profile: Profile) -> Overlay | None:
    """Return what *profile* demands beyond its contract, None where that is nothing."""
    known = built_in(profile.contract)
    same = set(known.fields)
    fields = [field for field in profile.fields if field not in same]
    roles = profile.roles if set(profile.roles) != set(known.roles) else ()
    # the cap of a model that is as in the contract's profile is its family's
    models = frozenset(model for model in profile.models if model.output) - set(known.models)
    if not fields and not roles and not profile.waived and not models:
        return None
    return Overlay(profile, fields, roles, models)


def _schema(fields: Iterable[Field]) -> dict[str, Any]:
    required = [field.name for field in fields if field.required]
    return {
        "type": "object",
        "required": required,
        "properties": {field.name: _of(field) for field in fields},
    }


def _of(field: Field) -> dict[str, Any]:
    says: dict[str, Any] = {
        keyword: getattr(field, name)
        for name, keyword in _KEYWORDS.items()
        if getattr(field, name) is not None
    }
    if field.types:
        # null counts as absent (FACTS A.1): official clients send it for what was left out
        says["type"] = list(dict.fromkeys(field.types if field.required else (*field.types, "null")))
    if field.values:
        says["enum"] = [*field.values, *(() if field.required else (None,))]
    known = schema("request")["properties"].get(field.name, {})
    if "x-expected" in known and set(known.get("type", ())) == set(says.get("type", ())):
        says["x-expected"] = known["x-expected"]
    return says
