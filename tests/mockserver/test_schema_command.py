"""What ``understudy scenario-schema`` prints."""

from __future__ import annotations

import json

from click.testing import CliRunner
from jsonschema import Draft202012Validator

from understudy.mockserver.cli import main


def test_it_prints_a_schema_that_takes_a_scenario_and_refuses_a_mistake() -> None:
    printed = CliRunner().invoke(main, ["scenario-schema"])
    schema = json.loads(printed.output)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    assert printed.exit_code == 0
    assert validator.is_valid({"rules": [{"when": {"user": "hi"}, "reply": "Hello."}]})
    assert not validator.is_valid({"rules": [{"wen": {"user": "hi"}, "reply": "Hello."}]})
