"""Instances of many schemas: those of the JSON Schema test suite, and those of recorded traffic."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from understudy.mockserver.instances.instance import Unsatisfiable, instance

SUITE = Path(
    os.environ.get(
        "UNDERSTUDY_SCHEMA_SUITE",
        Path(__file__).parents[4] / "shared" / "reference" / "json-schema-test-suite",
    )
)
# of the schemas that can be satisfied these are not met, and they cannot be: they refer to documents that
# are to be fetched, and nothing is fetched
LEAVES_THE_DOCUMENT = re.compile("leads out of the schema|Unknown meta-schema")
SEEDS = range(20)


def _cases() -> list[tuple[str, str, Any]]:
    folder = SUITE / "tests" / "draft2020-12"
    return [
        (file.relative_to(folder).as_posix(), case["description"], case["schema"])
        for file in sorted(folder.rglob("*.json"))
        for case in json.loads(file.read_text("utf-8"))
        if any(test["valid"] for test in case["tests"])
    ]


@pytest.fixture(scope="module")
def cases() -> list[tuple[str, str, Any]]:
    if not SUITE.is_dir():
        pytest.skip(f"no JSON Schema test suite at {SUITE} (set UNDERSTUDY_SCHEMA_SUITE)")
    return _cases()


def test_every_schema_of_the_suite_that_stands_alone_is_met(cases: list[tuple[str, str, Any]]) -> None:
    missed = []
    for file, description, schema in cases:
        validator = None
        for seed in SEEDS:
            try:
                value = instance(schema, Random(seed))
            except Unsatisfiable as error:
                missed.append((file, description, seed, str(error)))
                break
            validator = validator or jsonschema_rs.validator_for(schema, validate_formats=True)
            assert validator.is_valid(value), (file, description, seed, value)

    assert [miss for miss in missed if miss[2] or not LEAVES_THE_DOCUMENT.search(miss[3])] == []
    assert len(missed) <= 25  # of 430


def test_another_validator_finds_them_valid_too(cases: list[tuple[str, str, Any]]) -> None:
    judged = 0
    for file, description, schema in cases:
        for seed in range(3):
            try:
                value = instance(schema, Random(seed))
                valid = Draft202012Validator(schema).is_valid(value)
            except (Unsatisfiable, re.error):  # patterns of ECMA-262 that Python cannot read
                break
            assert valid, (file, description, seed, value)
            judged += 1

    assert judged >= 1200


def test_every_schema_of_recorded_traffic_is_met(traffic: Any) -> None:
    schemas: dict[str, Any] = {}
    for row in traffic.rows:
        document = traffic.load(row)["request"]["body"]
        if not isinstance(document, dict):
            continue
        for tool in [*(document.get("tools") or ()), *(document.get("functions") or ())]:
            parameters = tool.get("function", tool).get("parameters")
            if isinstance(parameters, dict):
                schemas[json.dumps(parameters)] = parameters
        wanted = document.get("response_format")
        described = wanted.get("json_schema") if isinstance(wanted, dict) else None
        if isinstance(described, dict) and isinstance(described.get("schema"), dict):
            schemas[json.dumps(described["schema"])] = described["schema"]

    assert len(schemas) > 100
    for schema in schemas.values():
        assert jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(
            instance(schema, Random(1))
        )
