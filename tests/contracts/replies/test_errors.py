from __future__ import annotations

from typing import Any

import pytest

from understudy.contracts import check_error
from understudy.contracts.replies.errors import RULES

ERROR = {"message": "no", "type": "invalid_request_error", "param": None, "code": "invalid_type"}


@pytest.mark.parametrize("profile", ["openai", "compatible"])
@pytest.mark.parametrize("body", [{"error": ERROR}, {"error": ERROR, "status": 401}])
def test_the_envelope_is_right(body: Any, profile: str) -> None:
    assert check_error(body, profile=profile) == ()


BROKEN: list[tuple[str, Any, dict[str, str]]] = [
    ("openai", {"error": {**ERROR, "message": ""}}, {"error.message_empty": "warning"}),
    ("openai", {"error": {"message": "no"}}, {"error.required": "error"}),
    ("openai", {"error": {**ERROR, "code": 429}}, {"error.type": "error"}),
    ("openai", {"error": "no"}, {"error.type": "error"}),
    ("openai", {"detail": []}, {"error.required": "error"}),
    ("openai", None, {"error.type": "error"}),
    ("compatible", {"detail": "no"}, {"error.envelope": "warning"}),
    ("compatible", {"error": "no"}, {"error.envelope": "warning"}),
    ("compatible", {"error": {**ERROR, "code": 429}}, {"error.code_type": "warning"}),
    ("compatible", {"error": {"message": "no", "code": None}}, {"error.members": "warning"}),
    (
        "compatible",
        [{"error": {"message": "no", "code": 400}}],
        {"error.code_type": "warning", "error.members": "warning"},
    ),
    ("compatible", {}, {"error.minProperties": "error", "error.envelope": "warning"}),
]


@pytest.mark.parametrize(("profile", "body", "tiers"), BROKEN)
def test_a_breach_is_named(profile: str, body: Any, tiers: dict[str, str]) -> None:
    found = check_error(body, profile=profile)

    assert {violation.rule: violation.tier for violation in found} == tiers


def test_the_table_of_this_file_covers_every_rule() -> None:
    assert set(RULES) <= {rule for *_, tiers in BROKEN for rule in tiers}
