"""The schemas themselves."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from understudy.mockserver.admin.schemas import alone, components


@pytest.mark.parametrize("name", components())
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(dict(alone(name)))


def test_those_of_scenarios_are_taken_over_and_lead_to_one_another() -> None:
    assert "#/$defs/" not in str(components())
    assert {"scenario_rule", "scenario_fault", "scenario_when"} <= set(components())
