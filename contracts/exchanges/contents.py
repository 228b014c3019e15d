"""Content and logprobs against response_format, stop and logprobs of the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.contracts.exchanges.fitting import misfit
from understudy.contracts.exchanges.rules import RULES
from understudy.contracts.replies.completions import read_json
from understudy.contracts.replies.rules import breach, members, objects
from understudy.contracts.violations import Violation

Document = Mapping[str, Any]
Found = tuple[Violation, ...]


def check_content(request: Document, choice: Document, path: str, profile: str) -> Found:
    """Return where the text of *choice* is not what *request* asked for."""
    content = members(choice.get("message")).get("content")
    if not isinstance(content, str):
        return ()
    where = f"{path}.message.content"
    found = _stops(request, content, where, profile)
    # a stop sequence may end the text anywhere, so it need not be whole JSON then
    if content and choice.get("finish_reason") == "stop" and not request.get("stop"):
        found += _format(members(request.get("response_format")), content, where, profile)
    return found


def check_logprobs(request: Document, choice: Document, path: str, profile: str) -> Found:
    """Return where logprobs came unasked, or not as asked."""
    logprobs, path = members(choice.get("logprobs")), f"{path}.logprobs"
    asked = request.get("logprobs") is True
    if logprobs and not asked:
        return breach(RULES, "exchange.logprobs_unasked", path, profile)
    if asked and not logprobs and members(choice.get("message")).get("content"):
        return breach(RULES, "exchange.logprobs_missing", path, profile)
    top = request.get("top_logprobs")
    most = top if isinstance(top, int) else 0
    for place, token in objects(logprobs.get("content")):
        alternatives = token.get("top_logprobs")
        if isinstance(alternatives, list) and len(alternatives) > most:
            where, came = f"{path}.content[{place}].top_logprobs", str(len(alternatives))
            return breach(RULES, "exchange.top_logprobs", where, profile, came, asked=most)
    return ()


def _stops(request: Document, content: str, path: str, profile: str) -> Found:
    stop = request.get("stop")
    found: Found = ()
    for sequence in stop if isinstance(stop, list) else [stop]:
        if isinstance(sequence, str) and sequence and sequence in content:
            found += breach(RULES, "exchange.stop", path, profile, sequence)
    return found


def _format(wanted: Document, content: str, path: str, profile: str) -> Found:
    if wanted.get("type") == "json_object":
        reason = _not_an_object(content)
        return breach(RULES, "exchange.json_object", path, profile, reason) if reason else ()
    if wanted.get("type") != "json_schema":
        return ()
    described = members(wanted.get("json_schema"))
    reason = _unfit(described.get("schema"), content)
    rule = "exchange.strict_json_schema" if described.get("strict") is True else "exchange.json_schema"
    return breach(RULES, rule, path, profile, reason) if reason else ()


def _not_an_object(content: str) -> str | None:
    try:
        return None if isinstance(read_json(content), dict) else content
    except ValueError:
        return content


def _unfit(schema: Any, content: str) -> str | None:
    try:
        value = read_json(content)
    except ValueError as reason:
        return f"not JSON ({reason})"
    return misfit(schema, value)
