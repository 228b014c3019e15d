"""What the OpenAPI document shows as bodies is taken (what it shows as replies: test_openapi)."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mockserver.admin import examples


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/rules", examples.RULES_GIVEN),
        ("POST", "/rules", examples.RULE_GIVEN),
        ("POST", "/faults", examples.FAULTS_GIVEN),
        ("PUT", "/limits", examples.LIMITS_GIVEN),
        ("PUT", "/seed", examples.SEED),
    ],
)
def test_it_is_taken(admin: Any, method: str, path: str, body: Any) -> None:
    assert admin(method, path, body)[0] == 200
