"""Error bodies: the envelope of four members, and what clients lose where it is another."""

from __future__ import annotations

from typing import Any

from understudy.contracts.documents import contract_of
from understudy.contracts.profiles.profile import Profile
from understudy.contracts.replies.rules import Rule, Rules, breach, members
from understudy.contracts.replies.schemas import schema_violations
from understudy.contracts.violations import Violation

_ENVELOPE = '{"error": {"message": string, "type": string, "param": string or null, "code": string or null}}'

RULES: Rules = {
    "error.envelope": Rule(
        None,
        "warning",
        "the body has no 'error' object, got {got}",
        _ENVELOPE,
        "put the error in an envelope; without it clients have no type, param and code",
        "FACTS D.1, F.2",
    ),
    "error.message_empty": Rule(
        "warning",
        "warning",
        "the error says nothing",
        "a message for people",
        "say what was wrong in error.message",
        "FACTS D.1",
    ),
    "error.code_type": Rule(
        None,
        "warning",
        "error.code is {got}, expected a string or null",
        "code: string or null",
        "send the code as a string: typed clients refuse a number",
        "FACTS I.13",
    ),
    "error.members": Rule(
        None,
        "warning",
        "the error lacks {names}",
        _ENVELOPE,
        "send all four members, null where they do not apply",
        "FACTS D.1, I.13",
    ),
}


def check_error(
    document: object, *, profile: str | Profile = "openai", root: str = "$"
) -> tuple[Violation, ...]:
    """Return what is wrong with the body of an error reply, by the contract of *profile*.

    Paths begin with *root*. Raises ValueError for a profile that does not exist.
    """
    profile = contract_of(profile)
    found = schema_violations("error", document, profile, root)
    body: Any = document
    if isinstance(body, list) and body:
        body = body[0]  # Gemini wraps its error in an array
    error = members(body).get("error")
    if not isinstance(error, dict):
        return (*found, *breach(RULES, "error.envelope", root, profile, got=body))
    if not error.get("message"):
        found += breach(RULES, "error.message_empty", f"{root}.error.message", profile, error.get("message"))
    if not isinstance(error.get("code"), str | None):
        found += breach(RULES, "error.code_type", f"{root}.error.code", profile, got=error["code"])
    missing = [name for name in ("message", "type", "param", "code") if name not in error]
    if missing:
        found += breach(RULES, "error.members", f"{root}.error", profile, names=", ".join(missing))
    return found
