"""One whole reply document: completion, model, list, page, receipt. Against schema and rules."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from understudy.contracts.documents import KINDS, contract_of
from understudy.contracts.families import family_of
from understudy.contracts.profiles.profile import Profile
from understudy.contracts.replies.completion_rules import RULES
from understudy.contracts.replies.errors import check_error
from understudy.contracts.replies.rules import breach, members, objects
from understudy.contracts.replies.schemas import schema_violations
from understudy.contracts.violations import Tier, Violation

LATEST = 10_000_000_000
"""Seconds: the year 2286. A time beyond it is in other units."""

Found = tuple[Violation, ...]

_COMPLETION_ID = re.compile(r"chatcmpl-[A-Za-z0-9]{29}\Z")
_CALL_ID = re.compile(r"call_[A-Za-z0-9]{24}\Z")
_FINGERPRINT = re.compile(r"fp_[0-9a-f]{10}\Z")


def check_completion(document: object, *, profile: str | Profile = "openai") -> Found:
    """Return what is wrong with the completion *document*, by the contract of *profile*.

    Raises ValueError for a profile that does not exist.
    """
    profile = contract_of(profile)
    body = members(document)
    if isinstance(body.get("error"), dict | str) and not isinstance(body.get("choices"), list):
        return breach(RULES, "completion.error_body", "$.error", profile, got=body["error"])
    found = schema_violations("completion", document, profile)
    if isinstance(document, dict):
        found += _envelope(document, profile)
        found += check_usage(document.get("usage"), "$.usage", profile, missing=True)
        found += _choices(document, profile)
    return found


def check_document(kind: str, document: object, *, profile: str | Profile = "openai") -> Found:
    """Return what is wrong with *document*, a reply of *kind* (any of ``KINDS`` but request).

    Raises ValueError for a kind or a profile that does not exist.
    """
    if kind == "completion":
        return check_completion(document, profile=profile)
    if kind == "error":
        return check_error(document, profile=profile)
    if kind not in KINDS or kind == "request":
        there_are = ", ".join(name for name in KINDS if name != "request")
        raise ValueError(f"no reply of kind {kind!r}; there are: {there_are}")
    return schema_violations(kind, document, contract_of(profile))


def check_usage(usage: Any, path: str, profile: str, *, missing: bool = False) -> Found:
    """Return what does not add up in *usage*; *missing*: its absence is told too."""
    if not isinstance(usage, dict):
        return breach(RULES, "completion.usage_missing", path, profile) if missing and usage is None else ()
    prompt, completion, total = (
        _count(usage, f"{name}_tokens") for name in ("prompt", "completion", "total")
    )
    reasoning = _count(members(usage.get("completion_tokens_details")), "reasoning_tokens")
    cached = _count(members(usage.get("prompt_tokens_details")), "cached_tokens")
    found: Found = ()
    if None not in (prompt, completion, total) and prompt + completion != total:
        where = f"{path}.total_tokens"
        found += breach(
            RULES, "completion.usage_total", where, profile, total, prompt=prompt, completion=completion
        )
    if None not in (reasoning, completion) and reasoning > completion:
        where = f"{path}.completion_tokens_details.reasoning_tokens"
        found += breach(
            RULES, "completion.reasoning_tokens", where, profile, reasoning, completion=completion
        )
    if None not in (cached, prompt) and cached > prompt:
        where = f"{path}.prompt_tokens_details.cached_tokens"
        found += breach(RULES, "completion.cached_tokens", where, profile, cached, prompt=prompt)
    return found


def check_arguments(text: Any, name: Any, path: str, profile: str, finish_reason: Any) -> Found:
    """Return what is wrong with the arguments of a call; cut short by length is a warning."""
    if not isinstance(text, str):
        return ()
    try:
        arguments = read_json(text)
    except ValueError:
        tier: Tier | None = "warning" if finish_reason == "length" else None
        return breach(RULES, "completion.arguments_json", path, profile, text, tier, name=name)
    if isinstance(arguments, dict):
        return ()
    return breach(RULES, "completion.arguments_object", path, profile, text, name=name)


def read_json(text: str) -> Any:
    """Return the value of *text*, strictly: no NaN. Raises ValueError."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def check_form(rule: str, value: Any, path: str, profile: str) -> Found:
    """Return the breach of *rule* where the string *value* does not have its form."""
    if not isinstance(value, str) or _FORMS[rule].match(value):
        return ()
    return breach(RULES, rule, path, profile, got=value)


_FORMS = {
    "completion.id_form": _COMPLETION_ID,
    "completion.tool_call_id_form": _CALL_ID,
    "completion.fingerprint_form": _FINGERPRINT,
}


def check_envelope_forms(document: Mapping[str, Any], path: str, profile: str) -> Found:
    """Return the unusual forms of *id*, *created* and *system_fingerprint*."""
    family = family_of(str(document.get("model")))
    found: Found = ()
    if not family.uuid_ids:
        found += check_form("completion.id_form", document.get("id"), f"{path}.id", profile)
    fingerprint = document.get("system_fingerprint")
    if fingerprint != "" or not family.fingerprint_blank:
        where = f"{path}.system_fingerprint"
        found += check_form("completion.fingerprint_form", fingerprint, where, profile)
    created = document.get("created")
    if isinstance(created, int | float) and created > LATEST:
        found += breach(RULES, "completion.created_seconds", f"{path}.created", profile, created)
    return found


def _envelope(document: Mapping[str, Any], profile: str) -> Found:
    found: Found = ()
    if document.get("object") != "chat.completion":
        found += breach(RULES, "completion.object", "$.object", profile, document.get("object"))
    return found + check_envelope_forms(document, "$", profile)


def _choices(document: Mapping[str, Any], profile: str) -> Found:
    choices = document.get("choices")
    if not isinstance(choices, list):
        return ()
    if not choices:
        return breach(RULES, "completion.choices_empty", "$.choices", profile)
    found: Found = ()
    indexes = [choice.get("index") for _, choice in objects(choices)]
    if indexes != list(range(len(choices))):
        last = len(choices) - 1
        found += breach(RULES, "completion.choice_index", "$.choices", profile, indexes, last=last)
    for place, choice in objects(choices):
        found += _choice(choice, f"$.choices[{place}]", profile)
    return found


def _choice(choice: Mapping[str, Any], path: str, profile: str) -> Found:
    message, finish = choice.get("message"), choice.get("finish_reason")
    found: Found = ()
    if not finish:
        found += breach(RULES, "completion.finish_missing", f"{path}.finish_reason", profile, finish)
    if not isinstance(message, dict):
        return found + breach(RULES, "completion.message_missing", f"{path}.message", profile)
    path += ".message"
    calls = message.get("tool_calls")
    if finish == "tool_calls" and not calls:
        found += breach(RULES, "completion.finish_tool_calls", path, profile)
    if finish == "function_call" and not message.get("function_call"):
        found += breach(RULES, "completion.finish_function_call", path, profile)
    if finish == "stop" and not any(message.get(name) is not None for name in _SAYINGS):
        found += breach(RULES, "completion.silent", path, profile)
    if message.get("content") and message.get("refusal"):
        found += breach(RULES, "completion.content_and_refusal", f"{path}.refusal", profile)
    function = members(message.get("function_call"))
    where = f"{path}.function_call.arguments"
    found += check_arguments(function.get("arguments"), function.get("name"), where, profile, finish)
    return found + _calls(calls, f"{path}.tool_calls", profile, finish)


_SAYINGS = ("content", "refusal", "tool_calls", "function_call", "audio", "reasoning", "reasoning_content")


def _calls(calls: Any, path: str, profile: str, finish: Any) -> Found:
    found: Found = ()
    seen: set[str] = set()
    for place, call in objects(calls):
        where, call_id = f"{path}[{place}]", call.get("id")
        if isinstance(call_id, str) and call_id:
            found += check_form("completion.tool_call_id_form", call_id, f"{where}.id", profile)
            if call_id in seen:
                found += breach(RULES, "completion.tool_call_id_repeated", f"{where}.id", profile, call_id)
            seen.add(call_id)
        else:
            found += breach(RULES, "completion.tool_call_id_missing", f"{where}.id", profile)
        function = members(call.get("function"))
        arguments, name = function.get("arguments"), function.get("name")
        found += check_arguments(arguments, name, f"{where}.function.arguments", profile, finish)
    return found


def _count(holder: Mapping[str, Any], name: str) -> Any:
    """Return the number *name* of *holder*, None where it is none."""
    value = holder.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
