"""Tools and response formats as the model is shown them: text, whose tokens the prompt then has.

The form is the TypeScript-like one that is visible in token counts of recorded traffic: with it most
recorded requests with tools come out exact, where the cookbook's constants (FACTS C.3) seldom do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES = {"integer": "number", "array": "any[]"}
_NAMED = ("properties", "$defs", "definitions", "patternProperties")
# keywords of a response format that the model is not shown; bounds beside these four are by analogy
_UNSEEN = frozenset(
    (
        "additionalProperties",
        "required",
        "default",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "minLength",
        "maxLength",
    )
)


def tools_text(tools: list[Any]) -> str:
    """Return the block that declares *tools* (members of ``tools`` or of ``functions``)."""
    blocks = ["namespace functions {"]
    for tool in tools:
        declared = _declared(tool)
        if declared is not None:
            blocks.append(_declaration(declared))
    return "# Tools\n\n## functions\n\n" + "\n\n".join([*blocks, "} // namespace functions"])


def format_text(wanted: Mapping[str, Any]) -> str:
    """Return the block that declares a response format of type ``json_schema``."""
    schema = json.dumps(_shown(wanted.get("schema")), separators=(",", ":"), ensure_ascii=False)
    description = wanted.get("description")
    said = f"// {description}\n" if isinstance(description, str) and description else ""
    return f"# Response Formats\n\n## {wanted.get('name')}\n\n{said}{schema}"


def _shown(schema: Any) -> Any:
    """Return *schema* without what is held by other means: required members, bounds and defaults."""
    if isinstance(schema, dict):
        return {
            key: _named(value) if key in _NAMED else _shown(value)
            for key, value in schema.items()
            if key not in _UNSEEN
        }
    return [_shown(item) for item in schema] if isinstance(schema, list) else schema


def _named(schemas: Any) -> Any:
    """As `_shown`, for schemas by name: a property called ``required`` is a property."""
    if not isinstance(schemas, dict):
        return schemas
    return {name: _shown(schema) for name, schema in schemas.items()}


def uncommented(tools: list[Any]) -> int:
    """Return how many *tools* have properties of which none has a comment."""
    found = 0
    for tool in tools:
        properties = _properties(_parameters(_declared(tool)))
        found += bool(properties) and not any(map(_comment, properties.values()))
    return found


def _declared(tool: Any) -> Mapping[str, Any] | None:
    """Return what a member of ``tools`` or ``functions`` declares, None where it is malformed."""
    if not isinstance(tool, dict):
        return None
    inner = tool.get("function", tool.get("custom", tool))
    return inner if isinstance(inner, dict) else None


def _parameters(declared: Any) -> Any:
    return declared.get("parameters") if isinstance(declared, dict) else None


def _properties(schema: Any) -> Mapping[str, Any]:
    found = schema.get("properties") if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else {}


def _declaration(declared: Mapping[str, Any]) -> str:
    description = declared.get("description")
    head = f"// {_undotted(description)}\n" if isinstance(description, str) and description else ""
    parameters = _parameters(declared)
    if not _properties(parameters):
        return f"{head}type {declared.get('name')} = () => any;"
    members = "\n".join(_members(parameters, 0))
    return f"{head}type {declared.get('name')} = (_: {{\n{members}\n}}) => any;"


def _members(schema: Mapping[str, Any], depth: int) -> Iterator[str]:
    required = schema.get("required")
    needed = {name for name in required if isinstance(name, str)} if isinstance(required, list) else ()
    for name, member in _properties(schema).items():
        comment = _comment(member)
        if comment:
            yield f"// {comment}"
        yield f"{name}{'' if name in needed else '?'}: {_type(member, depth)},"


def _comment(member: Any) -> str:
    if not isinstance(member, dict):
        return ""
    said = [text for key in ("title", "description") if isinstance(text := member.get(key), str) and text]
    return _undotted("\n// ".join(said))


def _type(member: Any, depth: int) -> str:
    if not isinstance(member, dict) or depth > 8:
        return "any"
    options = member.get("enum") or member.get("anyOf") or member.get("type")
    if isinstance(options, list):
        return " | ".join(_option(option, depth) for option in options)
    if options == "array" and member.get("items"):
        return _type(member["items"], depth + 1) + "[]"
    if options == "object" and _properties(member):
        return "\n".join(["{", *_members(member, depth + 1), "}"])
    return _TYPES.get(options, options) if isinstance(options, str) else "any"


def _option(option: Any, depth: int) -> str:
    if isinstance(option, dict):
        return _type(option, depth + 1)
    return json.dumps(option, ensure_ascii=False)


def _undotted(text: str) -> str:
    return text.removesuffix(".")
